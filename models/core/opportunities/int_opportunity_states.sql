{# Every state of a deal, in order: stage, outcome, amount, probability and expected
   close date, each from the change that brought it. Deals that history does not
   tell of get the states that their record allows. #}
with settings as (
    select as_of_date from {{ source('landing', 'settings') }}
),

opportunities as (
    select
        opportunities.*,
        closes.closed_date,
        closes.close_basis
    from {{ ref('int_opportunities') }} as opportunities
    left join {{ ref('int_opportunity_closes') }} as closes
        on opportunities.opportunity_id = closes.opportunity_id
),

whole_history as (
    select
        history.*,
        last_value(history.outcome) over (
            partition by history.opportunity_id
            order by history.change_number
            rows between unbounded preceding and unbounded following
        ) as last_outcome
    from {{ ref('int_opportunity_history') }} as history
    where history.is_void is not true
),

history as (
    select
        whole_history.*,
        whole_history.change_number = max(whole_history.change_number) over (
            partition by whole_history.opportunity_id
        ) as is_last
    from whole_history
    inner join opportunities
        on whole_history.opportunity_id = opportunities.opportunity_id
    cross join settings
    -- Where history closes a deal that is open now, only what it tells up to the
    -- as-of date is heard.
    where
        opportunities.outcome <> 'open'
        or whole_history.last_outcome = 'open'
        or whole_history.changed_date <= settings.as_of_date
),

told as (
    select
        history.opportunity_id,
        history.change_number as state_number,
        history.changed_at,
        history.changed_date,
        history.stage,
        history.outcome,
        history.amount,
        history.probability,
        history.expected_close_date
    from history
    inner join opportunities
        on history.opportunity_id = opportunities.opportunity_id
    -- What happens after the close date of a deal that closes by its record is void.
    where
        opportunities.created_at is not null
        and (
            opportunities.close_basis is distinct from 'history ends in another state'
            or history.changed_date <= opportunities.closed_date
        )
),

-- Without history an open deal is since its creation as it is now; a closed one
-- was open until its close date, in no known stage.
assumed_since_creation as (
    select
        opportunity_id,
        1 as state_number,
        created_at as changed_at,
        created_date as changed_date,
        case when outcome = 'open' then stage else '(none)' end as stage,
        'open' as outcome,
        amount,
        case when outcome = 'open' then probability end as probability,
        close_date as expected_close_date
    from opportunities
    where
        created_at is not null
        -- Closed before its creation, a deal was never open.
        and (outcome = 'open' or closed_date >= created_date)
        and opportunity_id not in (
            select told_deals.opportunity_id from history as told_deals
        )
),

closed_by_record as (
    select
        opportunity_id,
        1000000 as state_number,
        {{ start_of_business_day("closed_date + interval 1 day") }} as changed_at,
        closed_date as changed_date,
        stage,
        outcome,
        amount,
        probability,
        close_date as expected_close_date
    from opportunities
    where
        created_at is not null
        and closed_date is not null
        and close_basis in ('no history', 'history ends in another state')
),

-- Open now, whatever history says, or since nobody knows when.
open_by_record as (
    select
        opportunities.opportunity_id,
        1000000 as state_number,
        greatest(
            {{ start_of_business_day('settings.as_of_date') }}, history.changed_at
        ) as changed_at,
        settings.as_of_date as changed_date,
        opportunities.stage,
        opportunities.outcome,
        opportunities.amount,
        opportunities.probability,
        opportunities.close_date as expected_close_date
    from opportunities
    cross join settings
    left join history
        on opportunities.opportunity_id = history.opportunity_id and history.is_last
    where
        opportunities.outcome = 'open'
        and (opportunities.created_at is null or history.outcome <> 'open')
),

states as (
    select * from told
    union all
    select * from assumed_since_creation
    union all
    select * from closed_by_record
    union all
    select * from open_by_record
)

select
    opportunity_id,
    row_number() over (
        partition by opportunity_id order by state_number
    ) as state_number,
    stage,
    outcome,
    amount,
    probability,
    expected_close_date,
    changed_at as valid_from_at,
    changed_date as valid_from_date,
    coalesce(
        lead(changed_at) over following_state, timestamp '9999-12-31'
    ) as valid_to_at,
    coalesce(
        lead(changed_date) over following_state, date '9999-12-31'
    ) as valid_to_date
from states
window following_state as (partition by opportunity_id order by state_number)
