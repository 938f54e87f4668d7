select
    scope_type,
    scope_id,
    period_type,
    period_start,
    null::double as numerator,
    null::double as denominator,
    greatest(1 - abs(sales - forecast) / nullif(sales, 0), 0) as value,
    null::bigint as sample_size
from {{ ref('fct_forecast_periods') }}
