select
    scope_type,
    scope_id,
    period_type,
    period_start,
    coalesce(sum(amount) filter (where is_won), 0)::double as numerator,
    sum(amount)::double as denominator,
    numerator / nullif(denominator, 0) as value,
    count(*) as sample_size
from {{ ref('fct_opportunities') }}
inner join {{ ref('dim_scopes') }} on closed_by_assignment_id = rep_assignment_id
inner join {{ ref('dim_date_periods') }} on closed_date = date_day
where is_closed and amount is not null
group by all
