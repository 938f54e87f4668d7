{# States cut by owner changes. The state at the end of a day is the interval with
   valid_from_date <= day < valid_to_date; at its start, the one of the day before. #}
select
    states.opportunity_id,
    row_number() over (
        partition by states.opportunity_id
        order by states.state_number, owners.change_number
    ) as interval_number,
    owners.rep_id,
    states.stage,
    states.outcome,
    states.amount as original_amount,
    opportunities.currency,
    states.probability,
    states.expected_close_date,
    opportunities.created_date,
    opportunities.has_history_source,
    greatest(states.valid_from_at, owners.owned_from_at) as valid_from_at,
    least(states.valid_to_at, owners.owned_to_at) as valid_to_at,
    greatest(states.valid_from_date, owners.owned_from_date) as valid_from_date,
    least(states.valid_to_date, owners.owned_to_date) as valid_to_date
from {{ ref('int_opportunity_states') }} as states
inner join {{ ref('int_opportunities') }} as opportunities
    on states.opportunity_id = opportunities.opportunity_id
inner join {{ ref('int_opportunity_owners') }} as owners
    on
        states.opportunity_id = owners.opportunity_id
        and states.valid_from_at < owners.owned_to_at
        and states.valid_to_at > owners.owned_from_at
