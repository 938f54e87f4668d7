select
    scope_type,
    scope_id,
    period_type,
    period_start,
    null::double as numerator,
    null::double as denominator,
    case
        when sales <> 0
            then greatest(1 - abs(sales - forecast) / abs(sales), 0)
    end as value,
    null::bigint as sample_size
from {{ ref('fct_forecast_periods') }}
