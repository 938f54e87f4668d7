select
    scope_type,
    scope_id,
    period_type,
    period_start,
    sales_towards_quota::double as numerator,
    quota::double as denominator,
    numerator / nullif(denominator, 0) as value,
    quotas::bigint as sample_size
from {{ ref('fct_quota_periods') }}
