with sales as (
    select * from {{ ref('kpi_sales') }}
    union all
    select * from {{ ref('kpi_sales_by_product') }}
)

select
    scope_type,
    scope_id,
    period_type,
    period_start,
    coalesce(sales.value, 0) as numerator,
    target as denominator,
    coalesce(sales.value, 0) / nullif(target, 0) as value,
    targets as sample_size
from {{ ref('fct_targets') }}
left join sales using (scope_type, scope_id, period_type, period_start)
where
    kpi = 'sales'
    and scope_type in ('company', 'region', 'team', 'rep', 'product')
