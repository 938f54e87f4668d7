select
    scope_type,
    scope_id,
    period_type,
    period_start,
    coalesce(sum(purchase_amount), 0)::double as numerator,
    count(customer_id)::double as denominator,
    numerator / nullif(denominator, 0) as value,
    count(customer_id) as sample_size
from {{ ref('fct_customer_periods') }}
inner join {{ ref('account_scopes') }} using (account_id)
where scope_type in ('company', 'customer_region', 'segment')
group by all
having count(customer_id) > 0
