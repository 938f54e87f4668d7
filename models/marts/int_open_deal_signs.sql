{# What tells whether an open deal is at risk, from the visits to its stage, its
   activities and what its source delivers. #}
with settings as (
    select as_of_date from {{ source('landing', 'settings') }}
),

present_visits as (
    select
        visits.opportunity_id,
        max({{ dbt.datediff('visits.entered_date', 'settings.as_of_date', 'day') }})
            as days_in_stage
    from {{ ref('fct_opportunity_stages') }} as visits
    cross join settings
    where
        visits.entered_date <= settings.as_of_date
        and coalesce(visits.left_date > settings.as_of_date, true)
    group by visits.opportunity_id
),

won_visits as (
    select
        visits.stage,
        percentile_cont(0.75) within group (order by visits.duration_days)::double
            as p75_days
    from {{ ref('fct_opportunity_stages') }} as visits
    inner join {{ ref('fct_opportunities') }} as deals
        on visits.opportunity_id = deals.opportunity_id
    where deals.is_won_by_now
    group by visits.stage
),

contacts as (
    select
        activities.opportunity_id,
        max(activities.activity_date) as last_contact_date
    from {{ ref('fct_activities') }} as activities
    cross join settings
    where
        activities.is_done
        and activities.activity_date <= settings.as_of_date
        and activities.activity_type in (
            'call', 'email', 'meeting', 'demo', 'onboarding'
        )
        and (
            activities.direction = 'inbound'
            or activities.direction = 'outbound' and activities.is_by_person
        )
    group by activities.opportunity_id
),

-- Where a source never tells a next step, its absence is no sign of risk.
sources as (
    select
        source,
        count(next_step) > 0 as has_next_steps
    from {{ ref('fct_opportunities') }}
    group by source
)

select
    open_deals.opportunity_id,
    sources.has_next_steps and deals.next_step is null as lacks_next_step,
    present_visits.days_in_stage::integer as days_in_stage,
    won_visits.p75_days as won_deals_p75_days_in_stage,
    case
        when {{ is_delivered('activities') }} then contacts.last_contact_date
        when deals.last_activity_date <= settings.as_of_date
            then deals.last_activity_date
    end as last_contact_date
from {{ ref('fct_pipeline_snapshots') }} as open_deals
inner join settings
    on open_deals.snapshot_date = settings.as_of_date
inner join {{ ref('fct_opportunities') }} as deals
    on open_deals.opportunity_id = deals.opportunity_id
inner join sources
    on deals.source = sources.source
left join present_visits
    on open_deals.opportunity_id = present_visits.opportunity_id
left join won_visits
    on open_deals.stage = won_visits.stage
left join contacts
    on open_deals.opportunity_id = contacts.opportunity_id
where open_deals.snapshot = 'closing'
