with expected as (
    select
        scope_type,
        scope_id,
        period_type,
        period_start,
        sum(weighted_amount)::double as weighted_amount
    from {{ ref('fct_pipeline_expected') }}
    inner join {{ ref('dim_scopes') }} using (rep_assignment_id)
    group by all
)

select
    scope_type,
    scope_id,
    period_type,
    period_start,
    null::double as numerator,
    null::double as denominator,
    greatest(1 - abs(value - coalesce(weighted_amount, 0)) / abs(value), 0) as value,
    null::bigint as sample_size
from {{ ref('kpi_sales') }}
left join expected using (scope_type, scope_id, period_type, period_start)
where
    value <> 0
    and exists (
        select 1 from {{ ref('fct_opportunities') }}
        where has_history_source
    )
