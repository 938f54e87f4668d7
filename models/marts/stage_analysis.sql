with visits as (
    select
        *,
        case
            when left_date is null then null
            when next_outcome = 'lost' then 'lost'
            when next_outcome = 'won' or next_order > stage_order then 'moved on'
            when next_order < stage_order then 'moved back'
            else 'moved aside'
        end as exit_kind
    from {{ ref('fct_opportunity_stages') }}
),

stages as (
    select distinct
        stage,
        stage_order
    from visits
),

-- Moving on past stages in which the deal has never been; won, past all that follow.
skips as (
    select
        stages.stage,
        visits.left_date
    from visits
    inner join stages
        on
            visits.stage_order < stages.stage_order
            and (visits.next_outcome = 'won' or visits.next_order > stages.stage_order)
    left join {{ ref('fct_opportunity_stages') }} as earlier
        on
            visits.opportunity_id = earlier.opportunity_id
            and stages.stage = earlier.stage
            and visits.visit_number > earlier.visit_number
    where visits.exit_kind = 'moved on' and earlier.opportunity_id is null
),

events as (
    select
        stage,
        'entered' as event,
        entered_date as event_date,
        amount_at_entry,
        null::integer as duration_days
    from visits
    union all
    select
        stage,
        exit_kind as event,
        left_date as event_date,
        null as amount_at_entry,
        duration_days
    from visits
    where exit_kind is not null
    union all
    select
        stage,
        'skipped' as event,
        left_date as event_date,
        null as amount_at_entry,
        null as duration_days
    from skips
)

select
    events.stage,
    date_periods.period_type,
    date_periods.period_start,
    stages.stage_order,
    any_value(periods.period_end) as period_end,
    any_value(periods.period_name) as period_name,
    any_value(periods.is_complete) as is_complete,
    count_if(events.event = 'entered')::bigint as entered,
    count_if(events.event not in ('entered', 'skipped'))::bigint as exited,
    count_if(events.event = 'moved on')::bigint as moved_on,
    count_if(events.event = 'moved back')::bigint as moved_back,
    count_if(events.event = 'moved aside')::bigint as moved_aside,
    count_if(events.event = 'lost')::bigint as lost,
    count_if(events.event = 'skipped')::bigint as skipped,
    sum(events.amount_at_entry)::decimal(28, 8) as value_at_entry,
    avg(events.duration_days::double) as mean_days_in_stage,
    median(events.duration_days)::double as median_days_in_stage,
    percentile_cont(0.9) within group (order by events.duration_days)::double
        as p90_days_in_stage
from events
inner join {{ ref('dim_date_periods') }} as date_periods
    on events.event_date = date_periods.date_day
inner join {{ ref('dim_periods') }} as periods
    on
        date_periods.period_type = periods.period_type
        and date_periods.period_start = periods.period_start
inner join stages
    on events.stage = stages.stage
group by
    events.stage, date_periods.period_type, date_periods.period_start,
    stages.stage_order
