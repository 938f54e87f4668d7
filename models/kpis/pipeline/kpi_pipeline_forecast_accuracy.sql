select
    scope_type,
    scope_id,
    period_type,
    period_start,
    null::double as numerator,
    null::double as denominator,
    greatest(
        1 - abs(sales - expected_weighted_amount)::double / abs(sales)::double, 0
    ) as value,
    null::bigint as sample_size
from {{ ref('fct_pipeline_periods') }}
where sales <> 0
