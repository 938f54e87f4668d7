with settings as (
    select as_of_date from {{ source('landing', 'settings') }}
),

open_deals as (
    select
        snapshots.*,
        settings.as_of_date
    from {{ ref('fct_pipeline_snapshots') }} as snapshots
    inner join settings
        on snapshots.snapshot_date = settings.as_of_date
    where snapshots.snapshot = 'closing'
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
),

deals as (
    select
        open_deals.opportunity_id,
        deals.opportunity_name,
        deals.source,
        open_deals.rep_id,
        coalesce(reps.rep_name, 'Unassigned') as rep_name,
        assignments.team,
        assignments.region,
        deals.account_id,
        coalesce(accounts.account_name, 'No account') as account_name,
        deals.opportunity_type,
        deals.lead_source,
        deals.forecast_category,
        open_deals.stage,
        deals.next_step,
        sources.has_next_steps,
        open_deals.amount,
        open_deals.probability,
        open_deals.weighted_amount,
        present_visits.days_in_stage,
        won_visits.p75_days as won_deals_p75_days_in_stage,
        deals.times_pushed,
        open_deals.age_days,
        deals.created_date,
        open_deals.expected_close_date,
        {{ dbt.datediff(
            'open_deals.expected_close_date', 'open_deals.as_of_date', 'day'
        ) }} as days_overdue,
        case
            when {{ is_delivered('activities') }} then contacts.last_contact_date
            when deals.last_activity_date <= open_deals.as_of_date
                then deals.last_activity_date
        end as last_contact_date,
        reps.leave_date < open_deals.as_of_date as has_owner_left,
        open_deals.as_of_date
    from open_deals
    inner join {{ ref('fct_opportunities') }} as deals
        on open_deals.opportunity_id = deals.opportunity_id
    inner join sources
        on deals.source = sources.source
    left join {{ ref('dim_reps') }} as reps
        on open_deals.rep_id = reps.rep_id
    left join {{ ref('dim_rep_assignments') }} as assignments
        on open_deals.rep_assignment_id = assignments.rep_assignment_id
    left join {{ ref('dim_accounts') }} as accounts
        on deals.account_id = accounts.account_id
    left join present_visits
        on open_deals.opportunity_id = present_visits.opportunity_id
    left join won_visits
        on open_deals.stage = won_visits.stage
    left join contacts
        on open_deals.opportunity_id = contacts.opportunity_id
),

dated as (
    select
        *,
        {{ dbt.datediff('last_contact_date', 'as_of_date', 'day') }}
            as days_since_contact
    from deals
)

select
    opportunity_id,
    opportunity_name,
    rep_id,
    rep_name,
    team,
    region,
    account_id,
    account_name,
    opportunity_type,
    lead_source,
    forecast_category,
    stage,
    next_step,
    nullif(
        concat_ws(
            '; ',
            case when rep_id is null then 'no owner' end,
            case when has_owner_left then 'owner has left' end,
            case
                when days_overdue > 0 then 'overdue by ' || days_overdue || ' days'
            end,
            case when expected_close_date is null then 'no expected close date' end,
            case when times_pushed >= 2 then 'pushed ' || times_pushed || ' times' end,
            case
                when days_since_contact > 30
                    then 'no contact for ' || days_since_contact || ' days'
                when
                    last_contact_date is null
                    and age_days > 30
                    and {{ is_delivered('activities') }}
                    then 'no contact recorded'
            end,
            case
                when days_in_stage > won_deals_p75_days_in_stage
                    then
                        'in stage ' || days_in_stage || ' days, won deals take '
                        || round(won_deals_p75_days_in_stage)::integer
            end,
            case when has_next_steps and next_step is null then 'no next step' end,
            case when amount is null then 'no amount' end
        ),
        ''
    ) as risk_reasons,
    amount,
    probability,
    weighted_amount,
    times_pushed,
    days_in_stage::integer as days_in_stage,
    won_deals_p75_days_in_stage,
    age_days,
    case
        when expected_close_date is not null then greatest(days_overdue, 0)
    end::integer as days_overdue,
    days_since_contact::integer as days_since_contact,
    created_date,
    expected_close_date,
    last_contact_date,
    as_of_date
from dated
