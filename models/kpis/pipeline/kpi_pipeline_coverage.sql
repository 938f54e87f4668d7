with expected as (
    select
        scope_type,
        scope_id,
        period_type,
        period_start,
        sum(amount)::double as amount
    from {{ ref('fct_pipeline_expected') }}
    inner join {{ ref('dim_scopes') }} using (rep_assignment_id)
    group by all
)

select
    scope_type,
    scope_id,
    period_type,
    period_start,
    coalesce(amount, 0) as numerator,
    quota::double as denominator,
    numerator / nullif(denominator, 0) as value,
    quotas as sample_size
from {{ ref('fct_quota_periods') }}
left join expected using (scope_type, scope_id, period_type, period_start)
where exists (
    select 1 from {{ ref('fct_opportunities') }}
    where has_history_source
)
