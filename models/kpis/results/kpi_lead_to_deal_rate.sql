with pipeline as (
    select
        scope_type,
        scope_id,
        period_type,
        period_start,
        count(*) as deals
    from {{ ref('fct_pipeline_deals') }}
    inner join {{ ref('dim_scopes') }} using (rep_assignment_id)
    group by all
)

select
    scope_type,
    scope_id,
    period_type,
    period_start,
    coalesce(wins.numerator, 0) as numerator,
    pipeline.deals::double as denominator,
    coalesce(wins.numerator, 0) / nullif(pipeline.deals, 0) as value,
    pipeline.deals as sample_size
from pipeline
left join {{ ref('kpi_win_rate') }} as wins
    using (scope_type, scope_id, period_type, period_start)
