with opportunities as (
    select
        opportunities.*,
        settings.as_of_date,
        closes.closed_at,
        closes.closed_date,
        closes.close_basis
    from {{ ref('int_opportunities') }} as opportunities
    cross join {{ source('landing', 'settings') }} as settings
    left join {{ ref('int_opportunity_closes') }} as closes
        on opportunities.opportunity_id = closes.opportunity_id
),

history as (
    select
        opportunity_id,
        min_by(amount, change_number) as first_amount,
        count(*) as changes
    from {{ ref('int_opportunity_history') }}
    group by opportunity_id
),

pushes as (
    select
        opportunity_id,
        count(*) as times_pushed
    from (
        select
            opportunity_id,
            expected_close_date > lag(expected_close_date) over (
                partition by opportunity_id order by change_number
            ) and outcome = 'open' as is_push
        from {{ ref('int_opportunity_history') }}
    )
    where is_push
    group by opportunity_id
),

owners as (
    select
        opportunities.opportunity_id,
        min_by(owners.rep_id, owners.change_number) filter (
            where owners.change_number = 0
        ) as created_by_rep_id,
        -- Closed on a known instant, the owner of that instant; else of that day's end.
        max_by(owners.rep_id, owners.change_number) filter (
            where
            case
                when opportunities.closed_at is not null
                    then
                        owners.owned_from_at <= opportunities.closed_at
                        and opportunities.closed_at < owners.owned_to_at
                else
                    owners.owned_from_date <= opportunities.closed_date
                    and opportunities.closed_date < owners.owned_to_date
            end
        ) as closed_by_rep_id
    from opportunities
    inner join {{ ref('int_opportunity_owners') }} as owners
        on opportunities.opportunity_id = owners.opportunity_id
    group by opportunities.opportunity_id
)

select
    opportunities.opportunity_id,
    opportunities.source,
    opportunities.opportunity_name,
    opportunities.account_id,
    opportunities.campaign_id,
    opportunities.owner_rep_id,
    owners.created_by_rep_id,
    owners.closed_by_rep_id,
    coalesce(created_by.rep_assignment_id, '(none)') as created_by_assignment_id,
    coalesce(closed_by.rep_assignment_id, '(none)') as closed_by_assignment_id,
    opportunities.stage,
    opportunities.opportunity_type,
    opportunities.lead_source,
    opportunities.forecast_category,
    opportunities.next_step,
    opportunities.lost_reason,
    opportunities.close_basis,
    opportunities.outcome,
    opportunities.outcome = 'open' as is_open,
    opportunities.outcome <> 'open' as is_closed,
    opportunities.outcome = 'won' as is_won,
    opportunities.outcome = 'lost' as is_lost,
    opportunities.outcome = 'won'
    and coalesce(opportunities.closed_date <= opportunities.as_of_date, true)
        as is_won_by_now,
    opportunities.has_history_source,
    history.changes is not null as has_history,
    {{ in_reporting_currency('opportunities.amount', 'close_rates.rate') }} as amount,
    opportunities.amount as original_amount,
    opportunities.currency,
    {{ in_reporting_currency(
        'case when history.changes is null then opportunities.amount'
        ' else coalesce(history.first_amount, opportunities.own_amount) end',
        'creation_rates.rate'
    ) }} as first_amount,
    opportunities.probability,
    opportunities.term_months,
    opportunities.created_at,
    opportunities.created_date,
    opportunities.close_date as expected_close_date,
    opportunities.closed_at,
    opportunities.closed_date,
    case
        when opportunities.closed_date >= opportunities.created_date
            then {{ dbt.datediff(
                'opportunities.created_date', 'opportunities.closed_date', 'day'
            ) }}
    end::integer as cycle_days,
    coalesce(pushes.times_pushed, 0)::integer as times_pushed,
    {{ custom_columns('opportunities', 'opportunities') }}
    opportunities.last_activity_date
from opportunities
left join history
    on opportunities.opportunity_id = history.opportunity_id
left join pushes
    on opportunities.opportunity_id = pushes.opportunity_id
left join owners
    on opportunities.opportunity_id = owners.opportunity_id
left join {{ ref('dim_rep_assignments') }} as created_by
    on
        owners.created_by_rep_id = created_by.rep_id
        and opportunities.created_date >= created_by.valid_from
        and opportunities.created_date < created_by.valid_to
left join {{ ref('dim_rep_assignments') }} as closed_by
    on
        owners.closed_by_rep_id = closed_by.rep_id
        and opportunities.closed_date >= closed_by.valid_from
        and opportunities.closed_date < closed_by.valid_to
left join {{ ref('int_exchange_rates') }} as close_rates
    on
        opportunities.currency = close_rates.currency
        and coalesce(opportunities.closed_date, opportunities.as_of_date)
        >= close_rates.valid_from
        and coalesce(opportunities.closed_date, opportunities.as_of_date)
        < close_rates.valid_to
left join {{ ref('int_exchange_rates') }} as creation_rates
    on
        opportunities.currency = creation_rates.currency
        and opportunities.created_date >= creation_rates.valid_from
        and opportunities.created_date < creation_rates.valid_to
