with expected as (
    select
        scope_type,
        scope_id,
        period_type,
        period_start,
        sum(amount)::double as amount
    from {{ ref('fct_pipeline_snapshots') }}
    inner join {{ ref('dim_scopes') }} using (rep_assignment_id)
    inner join {{ ref('dim_periods') }}
        on snapshot_date = last_day and expected_close_date <= period_end
    where snapshot = 'closing'
    group by all
)

select
    scope_type,
    scope_id,
    period_type,
    period_start,
    coalesce(amount, 0) as numerator,
    (quota - sales_towards_quota)::double as denominator,
    numerator / nullif(denominator, 0) as value,
    quotas as sample_size
from {{ ref('fct_quota_periods') }}
inner join {{ ref('dim_periods') }} using (period_type, period_start)
left join expected using (scope_type, scope_id, period_type, period_start)
where is_current and quota > sales_towards_quota
