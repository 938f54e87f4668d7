{# Employment by period and assignment: who was there on the day before, on any day,
   on the last one. The base of the people metrics and of the filled gaps. #}
select
    periods.period_type,
    periods.period_start,
    reps.rep_id,
    assignments.rep_assignment_id,
    reps.hire_date <= periods.day_before
    and coalesce(reps.leave_date >= periods.day_before, true)
    and periods.day_before >= assignments.valid_from
    and periods.day_before < assignments.valid_to as is_there_at_start,
    greatest(reps.hire_date, assignments.valid_from, periods.period_start)
    <= least(
        coalesce(reps.leave_date, periods.last_day),
        {{ dbt.dateadd('day', -1, 'assignments.valid_to') }},
        periods.last_day
    ) as is_there_in_period,
    reps.hire_date <= periods.last_day
    and coalesce(reps.leave_date >= periods.last_day, true)
    and periods.last_day >= assignments.valid_from
    and periods.last_day < assignments.valid_to as is_there_at_end,
    reps.hire_date <= periods.last_day
    and coalesce(reps.leave_date >= periods.last_day, true) as is_employed_at_end
from {{ ref('dim_reps') }} as reps
inner join {{ ref('dim_rep_assignments') }} as assignments
    on reps.rep_id = assignments.rep_id
inner join {{ ref('dim_periods') }} as periods
    on
        assignments.valid_from <= periods.last_day
        and assignments.valid_to >= periods.period_start
        and reps.hire_date <= periods.last_day
        and coalesce(reps.leave_date >= periods.day_before, true)
