select
    scope_type,
    scope_id,
    period_type,
    period_start,
    null::double as numerator,
    null::double as denominator,
    median(cycle_days)::double as value,
    count(*) as sample_size
from {{ ref('fct_opportunities') }}
inner join {{ ref('dim_scopes') }} on closed_by_assignment_id = rep_assignment_id
inner join {{ ref('dim_date_periods') }} on closed_date = date_day
where is_won and cycle_days is not null
group by all
