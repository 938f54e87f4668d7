{# Accounts by period: customer or not and with which MRR on the day before it and at
   its end, and what they bought in it. Both ends are at the end day's rate, so that no
   rate looks like churn. #}
with customers as (
    select
        periods.period_type,
        periods.period_start,
        intervals.account_id,
        bool_or(
            periods.day_before between intervals.customer_from_date
            and intervals.customer_to_date
        ) as is_customer_at_start,
        bool_or(
            periods.last_day between intervals.customer_from_date
            and intervals.customer_to_date
        ) as is_customer_at_end,
        bool_or(intervals.customer_to_date >= periods.period_start)
            as is_customer_in_period
    from {{ ref('dim_periods') }} as periods
    inner join {{ ref('fct_customer_intervals') }} as intervals
        on
            periods.last_day >= intervals.customer_from_date
            and periods.day_before <= intervals.customer_to_date
    group by all
),

recurring as (
    select
        periods.period_type,
        periods.period_start,
        coalesce(subscriptions.account_id, '(none)') as account_id,
        sum({{ in_reporting_currency('subscriptions.original_mrr', 'rates.rate') }})
        filter (
            where
            periods.day_before between subscriptions.start_date
            and subscriptions.end_date
        )::decimal(28, 8) as mrr_at_start,
        sum({{ in_reporting_currency('subscriptions.original_mrr', 'rates.rate') }})
        filter (
            where
            periods.last_day between subscriptions.start_date
            and subscriptions.end_date
        )::decimal(28, 8) as mrr_at_end,
        count_if(
            periods.last_day between subscriptions.start_date
            and subscriptions.end_date
        ) as subscriptions_at_end
    from {{ ref('dim_periods') }} as periods
    inner join {{ ref('fct_subscriptions') }} as subscriptions
        on
            periods.last_day >= subscriptions.start_date
            and periods.day_before <= subscriptions.end_date
    left join {{ ref('int_exchange_rates') }} as rates
        on
            subscriptions.currency = rates.currency
            and periods.last_day >= rates.valid_from
            and periods.last_day < rates.valid_to
    group by all
),

purchases as (
    select
        date_periods.period_type,
        date_periods.period_start,
        coalesce(purchases.account_id, '(none)') as account_id,
        sum(purchases.amount)::decimal(28, 8) as purchase_amount
    from {{ ref('fct_purchases') }} as purchases
    inner join {{ ref('dim_date_periods') }} as date_periods
        on purchases.purchase_date = date_periods.date_day
    group by all
)

select
    period_type,
    period_start,
    account_id,
    case when customers.is_customer_in_period then account_id end as customer_id,
    coalesce(customers.is_customer_at_start, false) as is_customer_at_start,
    coalesce(customers.is_customer_at_end, false) as is_customer_at_end,
    coalesce(customers.is_customer_in_period, false) as is_customer_in_period,
    coalesce(recurring.mrr_at_start, 0) as mrr_at_start,
    coalesce(recurring.mrr_at_end, 0) as mrr_at_end,
    coalesce(recurring.subscriptions_at_end, 0)::bigint as subscriptions_at_end,
    purchases.purchase_amount
from customers
full outer join recurring using (period_type, period_start, account_id)
full outer join purchases using (period_type, period_start, account_id)
