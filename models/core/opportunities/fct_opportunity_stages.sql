{# Visits of deals to open stages: changes within a stage do not end a visit. Only of
   sources that deliver history. #}
with states as (
    select
        states.opportunity_id,
        states.state_number,
        states.stage,
        states.outcome,
        states.amount,
        opportunities.currency,
        states.valid_from_date,
        states.valid_to_date,
        states.valid_to_at,
        stages.stage_order,
        lag(states.stage) over by_time as previous_stage,
        lag(states.outcome) over by_time as previous_outcome,
        bool_or(states.outcome = 'won') over later_on as is_won_later,
        max(stages.stage_order) filter (where states.outcome = 'open') over later_on
            as highest_later_order,
        min(states.outcome) over next_one as next_outcome,
        min(stages.stage_order) over next_one as next_order
    from {{ ref('int_opportunity_states') }} as states
    inner join {{ ref('int_opportunities') }} as opportunities
        on states.opportunity_id = opportunities.opportunity_id
    cross join {{ source('landing', 'settings') }} as settings
    left join {{ ref('dim_stages') }} as stages
        on states.stage = stages.stage
    where
        opportunities.has_history_source
        and opportunities.created_at is not null
        and states.valid_from_date <= settings.as_of_date
    window
        by_time as (
            partition by states.opportunity_id order by states.state_number
        ),
        later_on as (
            partition by states.opportunity_id order by states.state_number
            rows between 1 following and unbounded following
        ),
        next_one as (
            partition by states.opportunity_id order by states.state_number
            rows between 1 following and 1 following
        )
),

marked as (
    select
        *,
        (previous_stage is distinct from stage)
        or (previous_outcome is distinct from outcome) as is_entry
    from states
),

numbered as (
    select
        *,
        count_if(is_entry) over (
            partition by opportunity_id order by state_number
            rows between unbounded preceding and current row
        ) as visit_number
    from marked
),

visits as (
    select
        opportunity_id,
        visit_number::integer as visit_number,
        stage,
        stage_order,
        currency,
        max(amount) filter (where is_entry) as original_amount,
        min(valid_from_date) as entered_date,
        max(valid_to_date) as left_date,
        max(valid_to_at) as left_at,
        bool_or(
            coalesce(is_won_later, false)
            or coalesce(highest_later_order > stage_order, false)
        ) as has_moved_on,
        max_by(next_outcome, state_number) as next_outcome,
        max_by(next_order, state_number) as next_order
    from numbered
    where outcome = 'open'
    group by opportunity_id, visit_number, stage, stage_order, currency
)

select
    visits.opportunity_id,
    visits.visit_number,
    visits.stage,
    visits.stage_order,
    {{ in_reporting_currency('visits.original_amount', 'rates.rate') }}
        as amount_at_entry,
    visits.entered_date,
    case when visits.left_date < date '9999-12-31' then visits.left_date end
        as left_date,
    case
        when visits.left_date < date '9999-12-31'
            then {{ dbt.datediff(
                'visits.entered_date', 'visits.left_date', 'day'
            ) }}
    end::integer as duration_days,
    visits.has_moved_on,
    visits.next_outcome,
    visits.next_order,
    owners.rep_id as left_by_rep_id,
    coalesce(assignments.rep_assignment_id, '(none)') as left_by_assignment_id
from visits
-- A visit not left yet ends with the last owner's interval, so in none.
left join {{ ref('int_opportunity_owners') }} as owners
    on
        visits.opportunity_id = owners.opportunity_id
        and visits.left_at >= owners.owned_from_at
        and visits.left_at < owners.owned_to_at
left join {{ ref('dim_rep_assignments') }} as assignments
    on
        owners.rep_id = assignments.rep_id
        and visits.left_date >= assignments.valid_from
        and visits.left_date < assignments.valid_to
left join {{ ref('int_exchange_rates') }} as rates
    on
        visits.currency = rates.currency
        and visits.entered_date >= rates.valid_from
        and visits.entered_date < rates.valid_to
