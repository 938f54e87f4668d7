{# Both ends of a month are at the rate of its last day, so what rates changed since
   the end of the month before stands in a column of its own. #}
with first_payments as (
    select
        coalesce(account_id, '(none)') as account_id,
        min(start_date) as start_date
    from {{ ref('fct_subscriptions') }}
    where original_mrr > 0 and start_date <= end_date
    group by coalesce(account_id, '(none)')
),

months as (
    select
        customers.account_id,
        customers.period_start as month_start,
        periods.period_end as month_end,
        periods.is_complete,
        customers.mrr_at_start as opening_mrr,
        customers.mrr_at_end as closing_mrr,
        coalesce(previous.mrr_at_end, 0) as previous_closing_mrr,
        first_payments.start_date < periods.period_start as has_paid_before
    from {{ ref('fct_customer_periods') }} as customers
    inner join {{ ref('dim_periods') }} as periods
        on
            customers.period_type = periods.period_type
            and customers.period_start = periods.period_start
    left join {{ ref('fct_customer_periods') }} as previous
        on
            customers.account_id = previous.account_id
            and customers.period_type = previous.period_type
            and periods.previous_period_start = previous.period_start
    left join first_payments
        on customers.account_id = first_payments.account_id
    where
        customers.period_type = 'month'
        and (customers.mrr_at_start <> 0 or customers.mrr_at_end <> 0)
),

movements as (
    select
        *,
        closing_mrr - opening_mrr as change,
        case
            when opening_mrr = 0 and has_paid_before then 'reactivation'
            when opening_mrr = 0 then 'new'
            when closing_mrr = 0 then 'churn'
            when closing_mrr > opening_mrr then 'expansion'
            when closing_mrr < opening_mrr then 'contraction'
            else 'none'
        end as movement
    from months
)

select
    movements.account_id,
    movements.month_start,
    movements.month_end,
    movements.is_complete,
    coalesce(accounts.account_name, 'No account') as account_name,
    accounts.customer_region,
    accounts.segment,
    movements.movement,
    movements.opening_mrr::decimal(28, 8) as opening_mrr,
    {% for movement in [
        'new', 'expansion', 'contraction', 'churn', 'reactivation',
    ] -%}
    case
        when movements.movement = '{{ movement }}'
            then {{ '-' if movement in ['contraction', 'churn'] }}movements.change
        else 0
    end::decimal(28, 8) as {{ movement }}_mrr,
    {% endfor -%}
    movements.closing_mrr::decimal(28, 8) as closing_mrr,
    (movements.opening_mrr - movements.previous_closing_mrr)::decimal(28, 8)
        as exchange_rate_change
from movements
left join {{ ref('dim_accounts') }} as accounts
    on movements.account_id = accounts.account_id
