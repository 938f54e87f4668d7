with issued as (
    select
        scope_type,
        scope_id,
        period_type,
        period_start,
        count(*) as quotes
    from {{ ref('fct_quotes') }}
    inner join {{ ref('dim_scopes') }} using (rep_assignment_id)
    inner join {{ ref('dim_date_periods') }} on issued_date = date_day
    group by all
)

select
    scope_type,
    scope_id,
    period_type,
    period_start,
    coalesce(wins.numerator, 0) as numerator,
    issued.quotes::double as denominator,
    coalesce(wins.numerator, 0) / nullif(issued.quotes, 0) as value,
    issued.quotes as sample_size
from issued
left join {{ ref('kpi_win_rate') }} as wins
    using (scope_type, scope_id, period_type, period_start)
