{# How long every account has been a customer by the end of a period, from its first day
   as one to its last loss, gaps included, or through the period's end; and what it bought
   in the twelve months up to then. #}
with lifespans as (
    select
        periods.period_type,
        periods.period_start,
        intervals.account_id,
        {{ dbt.datediff(
            'min(intervals.customer_from_date)',
            'max(least(intervals.customer_to_date, periods.last_day))', 'day'
        ) }} + 1 as lifespan_days
    from {{ ref('fct_customer_intervals') }} as intervals
    inner join {{ ref('dim_accounts') }} as accounts
        on intervals.account_id = accounts.account_id
    inner join {{ ref('dim_periods') }} as periods
        on intervals.customer_from_date <= periods.last_day
    group by periods.period_type, periods.period_start, intervals.account_id
),

purchases as (
    select
        periods.period_type,
        periods.period_start,
        purchases.account_id,
        count(*) as purchases,
        count(purchases.amount) as valued_purchases,
        sum(purchases.amount)::decimal(28, 8) as purchase_amount
    from {{ ref('fct_purchases') }} as purchases
    inner join {{ ref('dim_periods') }} as periods
        on
            purchases.purchase_date <= periods.last_day
            and purchases.purchase_date >= {{ dbt.dateadd(
                'month', -12, dbt.dateadd('day', 1, 'periods.last_day')
            ) }}
    where purchases.account_id is not null
    group by periods.period_type, periods.period_start, purchases.account_id
)

select
    period_type,
    period_start,
    account_id,
    lifespans.lifespan_days,
    purchases.purchases,
    purchases.valued_purchases,
    purchases.purchase_amount
from lifespans
full outer join purchases using (period_type, period_start, account_id)
