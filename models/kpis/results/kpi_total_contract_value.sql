select
    scope_type,
    scope_id,
    period_type,
    period_start,
    sum(total_value)::double as numerator,
    null::double as denominator,
    numerator as value,
    count(*) as sample_size
from {{ ref('fct_contracts') }}
inner join {{ ref('dim_scopes') }} on closed_by_assignment_id = rep_assignment_id
inner join {{ ref('dim_periods') }} on start_date between period_start and period_end
where total_value is not null
group by all
