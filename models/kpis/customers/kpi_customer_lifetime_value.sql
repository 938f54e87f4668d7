select
    scope_type,
    scope_id,
    period_type,
    period_start,
    null::double as numerator,
    null::double as denominator,
    sum(purchase_amount)::double / nullif(sum(valued_purchases), 0)
    * sum(purchases) / nullif(count(purchases), 0)
    * sum(lifespan_days) / nullif(count(lifespan_days), 0) / 365.25 as value,
    null::bigint as sample_size
from {{ ref('fct_customer_lifespans') }}
inner join {{ ref('account_scopes') }} using (account_id)
where
    period_type in ('quarter', 'year')
    and scope_type in ('company', 'customer_region', 'segment')
group by all
