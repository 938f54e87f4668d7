select
    scope_type,
    scope_id,
    period_type,
    period_start,
    coalesce(expected_by_end_amount, 0)::double as numerator,
    (quota - sales_towards_quota)::double as denominator,
    numerator / nullif(denominator, 0) as value,
    quotas as sample_size
from {{ ref('fct_quota_periods') }}
inner join {{ ref('dim_periods') }} using (period_type, period_start)
left join {{ ref('fct_pipeline_periods') }}
    using (scope_type, scope_id, period_type, period_start)
where is_current and quota > sales_towards_quota
