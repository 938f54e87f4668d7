select
    earlier.scope_type,
    earlier.scope_id,
    earlier.period_type,
    periods.period_start,
    coalesce(leads.value, 0) - earlier.value as numerator,
    earlier.value as denominator,
    (coalesce(leads.value, 0) - earlier.value) / earlier.value as value,
    null::bigint as sample_size
from {{ ref('kpi_sales_qualified_leads') }} as earlier
inner join {{ ref('dim_periods') }} as periods
    on
        earlier.period_type = periods.period_type
        and earlier.period_start = periods.previous_period_start
left join {{ ref('kpi_sales_qualified_leads') }} as leads
    on
        earlier.scope_type = leads.scope_type
        and earlier.scope_id = leads.scope_id
        and periods.period_type = leads.period_type
        and periods.period_start = leads.period_start
where
    earlier.value <> 0
    and earlier.period_type in ('month', 'quarter')
    and earlier.scope_type in ('company', 'region', 'team', 'rep')
