select
    scope_type,
    scope_id,
    period_type,
    period_start,
    null::double as numerator,
    null::double as denominator,
    clv.value / nullif(cac.value, 0) as value,
    null::bigint as sample_size
from {{ ref('kpi_customer_lifetime_value') }} as clv
inner join {{ ref('kpi_customer_acquisition_cost') }} as cac
    using (scope_type, scope_id, period_type, period_start)
