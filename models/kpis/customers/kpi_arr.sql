select
    scope_type,
    scope_id,
    period_type,
    period_start,
    12 * numerator as numerator,
    denominator,
    12 * value as value,
    sample_size
from {{ ref('kpi_mrr') }}
