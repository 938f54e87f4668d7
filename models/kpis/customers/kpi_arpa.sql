with paying as (
    select
        scope_type,
        scope_id,
        period_type,
        period_start,
        count(*) as accounts
    from {{ ref('fct_customer_periods') }}
    inner join {{ ref('account_scopes') }} using (account_id)
    where mrr_at_end > 0
    group by all
)

select
    scope_type,
    scope_id,
    period_type,
    period_start,
    mrr.value as numerator,
    accounts::double as denominator,
    mrr.value / nullif(accounts, 0) as value,
    accounts as sample_size
from paying
inner join {{ ref('kpi_mrr') }} as mrr
    using (scope_type, scope_id, period_type, period_start)
