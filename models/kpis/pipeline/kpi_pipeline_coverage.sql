select
    scope_type,
    scope_id,
    period_type,
    period_start,
    coalesce(expected_amount, 0)::double as numerator,
    quota::double as denominator,
    numerator / nullif(denominator, 0) as value,
    quotas as sample_size
from {{ ref('fct_quota_periods') }}
left join {{ ref('fct_pipeline_periods') }}
    using (scope_type, scope_id, period_type, period_start)
where exists (
    select 1 from {{ ref('fct_opportunities') }}
    where has_history_source
)
