select
    scope_type,
    scope_id,
    period_type,
    period_start,
    forecast - sales as numerator,
    sales as denominator,
    (forecast - sales) / nullif(sales, 0) as value,
    deals as sample_size
from {{ ref('fct_forecast_periods') }}
