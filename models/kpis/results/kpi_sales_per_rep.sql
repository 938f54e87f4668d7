with reps as (
    select
        scope_type,
        scope_id,
        period_type,
        period_start,
        count(distinct rep_id) as reps
    from {{ ref('fct_rep_periods') }}
    inner join {{ ref('dim_scopes') }} using (rep_assignment_id)
    where is_there_in_period and scope_type in ('company', 'region', 'team')
    group by all
)

select
    scope_type,
    scope_id,
    period_type,
    period_start,
    coalesce(sales.value, 0) as numerator,
    reps::double as denominator,
    coalesce(sales.value, 0) / reps as value,
    reps as sample_size
from reps
left join {{ ref('kpi_sales') }} as sales
    using (scope_type, scope_id, period_type, period_start)
