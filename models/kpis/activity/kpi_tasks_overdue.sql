select
    scope_type,
    scope_id,
    period_type,
    period_start,
    count(*)::double as numerator,
    null::double as denominator,
    numerator as value,
    count(*) as sample_size
from {{ ref('fct_activities') }}
inner join {{ ref('dim_scopes') }} as scopes
    on due_assignment_id = scopes.rep_assignment_id
inner join {{ ref('dim_periods') }} on due_date between period_start and period_end
where is_task and is_overdue
group by all
