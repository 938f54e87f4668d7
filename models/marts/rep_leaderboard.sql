{% set measures = [
    ('attainment', 'desc'), ('sales', 'desc'), ('deals_won', 'desc'),
    ('pipeline_created', 'desc'), ('open_pipeline', 'desc'), ('new_leads', 'desc'),
    ('sales_cycle_days', 'asc'), ('activities', 'desc'),
] %}

with employed as (
    select
        rep_periods.rep_id,
        rep_periods.period_type,
        rep_periods.period_start,
        -- Where a rep changes teams within the period, the last one.
        max_by(
            rep_periods.rep_assignment_id, assignments.valid_from
        ) as rep_assignment_id
    from {{ ref('fct_rep_periods') }} as rep_periods
    inner join {{ ref('dim_rep_assignments') }} as assignments
        on rep_periods.rep_assignment_id = assignments.rep_assignment_id
    where rep_periods.is_there_in_period
    group by rep_periods.rep_id, rep_periods.period_type, rep_periods.period_start
),

figures as (
    select
        scope_id as rep_id,
        period_type,
        period_start,
        max(value) filter (where kpi = 'quota_attainment') as attainment,
        max(value) filter (where kpi = 'sales') as sales,
        max(numerator) filter (where kpi = 'win_rate') as deals_won,
        max(value) filter (where kpi = 'pipeline_created') as pipeline_created,
        max(value) filter (where kpi = 'pipeline_value') as open_pipeline,
        max(value) filter (where kpi = 'new_leads') as new_leads,
        max(value) filter (where kpi = 'sales_cycle_days') as sales_cycle_days,
        sum(value) filter (
            where
            kpi in ('calls_and_emails', 'meetings_held', 'demos_and_onboarding_calls')
        ) as activities
    from {{ ref('kpi_values') }}
    where scope_type = 'rep'
    group by scope_id, period_type, period_start
),

measured as (
    select
        employed.rep_id,
        employed.period_type,
        employed.period_start,
        employed.rep_assignment_id,
        figures.attainment,
        figures.sales,
        -- Without a decided deal there is no win rate, but there are sales, of 0.
        case
            when figures.sales is not null then coalesce(figures.deals_won, 0)
        end as deals_won,
        figures.pipeline_created,
        figures.open_pipeline,
        figures.new_leads,
        figures.sales_cycle_days,
        figures.activities
    from employed
    left join figures
        on
            employed.rep_id = figures.rep_id
            and employed.period_type = figures.period_type
            and employed.period_start = figures.period_start
),

ranked as (
    select
        {% for measure, direction in measures -%}
        case
            when {{ measure }} is not null
                then rank() over (
                    partition by period_type, period_start
                    order by {{ measure }} {{ direction }} nulls last
                )
        end::integer as {{ measure }}_rank,
        {% endfor -%}
        *
    from measured
)

select
    ranked.rep_id,
    ranked.period_type,
    ranked.period_start,
    periods.period_end,
    periods.period_name,
    periods.is_complete,
    reps.rep_name,
    assignments.team,
    assignments.region,
    assignments.role,
    ranked.attainment,
    ranked.attainment_rank,
    ranked.sales,
    ranked.sales_rank,
    ranked.deals_won,
    ranked.deals_won_rank,
    ranked.pipeline_created,
    ranked.pipeline_created_rank,
    ranked.open_pipeline,
    ranked.open_pipeline_rank,
    ranked.new_leads,
    ranked.new_leads_rank,
    ranked.sales_cycle_days,
    ranked.sales_cycle_days_rank,
    ranked.activities,
    ranked.activities_rank
from ranked
inner join {{ ref('dim_periods') }} as periods
    on
        ranked.period_type = periods.period_type
        and ranked.period_start = periods.period_start
inner join {{ ref('dim_reps') }} as reps
    on ranked.rep_id = reps.rep_id
inner join {{ ref('dim_rep_assignments') }} as assignments
    on ranked.rep_assignment_id = assignments.rep_assignment_id
