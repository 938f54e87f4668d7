{# Where a rep has quotas of several lengths for a month, the shortest rules. The
   month counts for the team of its first day, a joiner's for that of the first day
   of employment. #}
with months as (
    select * from {{ ref('int_quota_months') }}
    where scope_type = 'rep'
    qualify row_number() over (
        partition by scope_id, month_start
        order by months_long, first_month, amount
    ) = 1
)

select
    reps.rep_id || '@' || months.month_start::varchar as quota_id,
    reps.rep_id,
    assignments.rep_assignment_id,
    months.month_start as quota_month,
    months.amount
from months
inner join {{ ref('dim_reps') }} as reps
    on months.scope_id = reps.rep_id
inner join {{ ref('dim_rep_assignments') }} as assignments
    on
        reps.rep_id = assignments.rep_id
        and greatest(months.month_start, coalesce(reps.hire_date, months.month_start))
        >= assignments.valid_from
        and greatest(months.month_start, coalesce(reps.hire_date, months.month_start))
        < assignments.valid_to
