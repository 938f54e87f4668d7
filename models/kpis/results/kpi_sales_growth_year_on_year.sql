select
    earlier.scope_type,
    earlier.scope_id,
    earlier.period_type,
    periods.period_start,
    coalesce(sales.value, 0) - earlier.value as numerator,
    earlier.value as denominator,
    (coalesce(sales.value, 0) - earlier.value) / earlier.value as value,
    null::bigint as sample_size
from {{ ref('kpi_sales') }} as earlier
inner join {{ ref('dim_periods') }} as periods
    on
        earlier.period_type = periods.period_type
        and earlier.period_start = periods.year_ago_period_start
left join {{ ref('kpi_sales') }} as sales
    on
        earlier.scope_type = sales.scope_type
        and earlier.scope_id = sales.scope_id
        and periods.period_type = sales.period_type
        and periods.period_start = sales.period_start
where earlier.value <> 0
