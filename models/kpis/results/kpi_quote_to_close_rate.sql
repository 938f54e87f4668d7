with quotes as (
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
    coalesce(deals, 0)::double as numerator,
    quotes::double as denominator,
    numerator / nullif(denominator, 0) as value,
    quotes as sample_size
from quotes
left join won using (scope_type, scope_id, period_type, period_start)
