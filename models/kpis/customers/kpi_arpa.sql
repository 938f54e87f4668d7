select
    scope_type,
    scope_id,
    period_type,
    period_start,
    sum(mrr_at_end)::double as numerator,
    count(*)::double as denominator,
    numerator / nullif(denominator, 0) as value,
    count(*) as sample_size
from {{ ref('fct_customer_periods') }}
inner join {{ ref('account_scopes') }} using (account_id)
where mrr_at_end <> 0 and scope_type in ('company', 'customer_region', 'segment')
group by all
