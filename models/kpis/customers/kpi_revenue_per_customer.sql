with customers as (
    select
        scope_type,
        scope_id,
        period_type,
        period_start,
        count(*) as customers
    from {{ ref('fct_customer_periods') }}
    inner join {{ ref('account_scopes') }} using (account_id)
    where is_customer_in_period
    group by all
),

purchases as (
    select
        scope_type,
        scope_id,
        period_type,
        period_start,
        sum(amount)::double as amount
    from {{ ref('fct_purchases') }} as purchases
    inner join {{ ref('account_scopes') }} as scopes
        on coalesce(purchases.account_id, '(none)') = scopes.account_id
    inner join {{ ref('dim_date_periods') }} on purchase_date = date_day
    group by all
)

select
    scope_type,
    scope_id,
    period_type,
    period_start,
    coalesce(amount, 0) as numerator,
    customers::double as denominator,
    numerator / nullif(denominator, 0) as value,
    customers as sample_size
from customers
left join purchases using (scope_type, scope_id, period_type, period_start)
where scope_type in ('company', 'customer_region', 'segment')
