{# Where no hire date is given, the first day on which a deal, lead or activity has
   the rep as owner. #}
with settings as (
    select as_of_date from {{ source('landing', 'settings') }}
),

owned_days as (
    select
        owners.rep_id,
        min(greatest(
            owners.owned_from_date,
            coalesce(deals.created_date, closes.closed_date, settings.as_of_date)
        )) as first_day
    from {{ ref('int_opportunity_owners') }} as owners
    inner join {{ ref('int_opportunities') }} as deals
        on owners.opportunity_id = deals.opportunity_id
    left join {{ ref('int_opportunity_closes') }} as closes
        on deals.opportunity_id = closes.opportunity_id
    cross join settings
    group by owners.rep_id
    union all
    select
        owners.rep_id,
        min(greatest(owners.owned_from_date, leads.created_date)) as first_day
    from {{ ref('int_lead_owners') }} as owners
    inner join {{ ref('int_leads') }} as leads
        on owners.lead_id = leads.lead_id
    group by owners.rep_id
    union all
    select
        rep_id,
        min(activity_date) as first_day
    from {{ ref('int_activities') }}
    group by rep_id
),

first_days as (
    select
        rep_id,
        min(first_day) as first_day
    from owned_days
    group by rep_id
),

employed as (
    select
        reps.*,
        coalesce(reps.hire_date, first_days.first_day) as hired_date,
        least(
            coalesce(reps.leave_date, settings.as_of_date), settings.as_of_date
        ) as last_known_date
    from {{ ref('int_reps') }} as reps
    cross join settings
    left join first_days
        on reps.rep_id = first_days.rep_id
),

first_contacts as (
    select
        employed.rep_id,
        min(activities.activity_date) as first_contact_date
    from employed
    inner join {{ ref('fct_activities') }} as activities
        on
            employed.rep_id = activities.rep_id
            and employed.hired_date <= activities.activity_date
    cross join settings
    where
        activities.is_outreach
        and activities.is_with_prospect
        and activities.activity_type in ('call', 'email', 'meeting')
        and activities.activity_date <= settings.as_of_date
    group by employed.rep_id
),

first_wins as (
    select
        employed.rep_id,
        min(deals.closed_date) as first_win_date
    from employed
    inner join {{ ref('fct_opportunities') }} as deals
        on
            employed.rep_id = deals.closed_by_rep_id
            and employed.hired_date <= deals.closed_date
    cross join settings
    where deals.is_won and deals.closed_date <= settings.as_of_date
    group by employed.rep_id
)

select
    employed.rep_id,
    employed.rep_name,
    present.role,
    present.team,
    present.region,
    present.manager,
    coalesce(hired_into.rep_assignment_id, '(none)') as hired_into_assignment_id,
    employed.hire_date is null as is_hire_date_derived,
    employed.hired_date as hire_date,
    employed.leave_date,
    first_contacts.first_contact_date,
    first_wins.first_win_date
from employed
left join {{ ref('dim_rep_assignments') }} as present
    on
        employed.rep_id = present.rep_id
        and employed.last_known_date >= present.valid_from
        and employed.last_known_date < present.valid_to
left join {{ ref('dim_rep_assignments') }} as hired_into
    on
        employed.rep_id = hired_into.rep_id
        and employed.hired_date >= hired_into.valid_from
        and employed.hired_date < hired_into.valid_to
left join first_contacts
    on employed.rep_id = first_contacts.rep_id
left join first_wins
    on employed.rep_id = first_wins.rep_id
