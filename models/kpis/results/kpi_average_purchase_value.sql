select
    scope_type,
    scope_id,
    period_type,
    period_start,
    sum(amount)::double as numerator,
    count(*)::double as denominator,
    numerator / nullif(denominator, 0) as value,
    count(*) as sample_size
from {{ ref('fct_purchases') }} as purchases
inner join {{ ref('account_scopes') }} as scopes
    on coalesce(purchases.account_id, '(none)') = scopes.account_id
inner join {{ ref('dim_date_periods') }} on purchase_date = date_day
where
    amount is not null
    and scope_type in ('company', 'customer_region', 'customer')
group by all
