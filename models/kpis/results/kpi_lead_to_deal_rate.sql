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
),

won as (
    select
        scope_type,
        scope_id,
        period_type,
        period_start,
        count(*) as deals
    from {{ ref('fct_opportunities') }}
    inner join {{ ref('dim_scopes') }} on closed_by_assignment_id = rep_assignment_id
    inner join {{ ref('dim_date_periods') }} on closed_date = date_day
    where is_won
    group by all
)

select
    scope_type,
    scope_id,
    period_type,
    period_start,
    coalesce(won.deals, 0)::double as numerator,
    pipeline.deals::double as denominator,
    numerator / nullif(denominator, 0) as value,
    pipeline.deals as sample_size
from pipeline
left join won using (scope_type, scope_id, period_type, period_start)
