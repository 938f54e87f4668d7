{# How long every account has been a customer by the end of a period: from its first
   day as one to its last loss, gaps included, or through the period's end. #}
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
