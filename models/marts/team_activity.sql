{# Every week of employment, also an idle one, and every other week in which something
   was done or due. Weeks begin on Monday. #}
with settings as (
    select as_of_date from {{ source('landing', 'settings') }}
),

employed_weeks as (
    select distinct
        reps.rep_id,
        dates.week_start
    from {{ ref('dim_reps') }} as reps
    inner join {{ ref('dim_dates') }} as dates
        on
            reps.hire_date <= dates.date_day
            and coalesce(reps.leave_date >= dates.date_day, true)
    where dates.is_elapsed and {{ is_delivered('activities') }}
),

done as (
    select
        coalesce(activities.rep_id, '(none)') as rep_id,
        dates.week_start,
        count_if(activities.is_outreach and activities.activity_type = 'call') as calls,
        count_if(activities.is_outreach and activities.activity_type = 'email')
            as emails,
        count_if(activities.is_done and activities.activity_type = 'meeting')
            as meetings,
        count_if(
            activities.is_done and activities.activity_type in ('demo', 'onboarding')
        ) as demos
    from {{ ref('fct_activities') }} as activities
    inner join {{ ref('dim_dates') }} as dates
        on activities.activity_date = dates.date_day
    where dates.is_elapsed
    group by all
),

due as (
    select
        coalesce(activities.rep_id, '(none)') as rep_id,
        dates.week_start,
        count(*) as tasks_due,
        count_if(activities.is_done) as tasks_done,
        count_if(activities.is_overdue) as tasks_overdue
    from {{ ref('fct_activities') }} as activities
    inner join {{ ref('dim_dates') }} as dates
        on activities.due_date = dates.date_day
    where activities.is_task
    group by all
),

rep_weeks as (
    select
        rep_id,
        week_start
    from employed_weeks
    union
    select
        rep_id,
        week_start
    from done
    where calls + emails + meetings + demos > 0
    union
    select
        rep_id,
        week_start
    from due
),

weeks as (
    select
        rep_id,
        week_start,
        {{ dbt.dateadd('day', 6, 'week_start') }}::date as week_end
    from rep_weeks
)

select
    weeks.rep_id,
    weeks.week_start,
    weeks.week_end,
    weeks.week_end < settings.as_of_date as is_complete,
    coalesce(reps.rep_name, 'Unassigned') as rep_name,
    assignments.team,
    assignments.region,
    coalesce(due.tasks_due, 0)::bigint as tasks_due,
    coalesce(due.tasks_done, 0)::bigint as tasks_done,
    coalesce(due.tasks_overdue, 0)::bigint as tasks_overdue,
    coalesce(done.calls, 0)::bigint as calls,
    coalesce(done.emails, 0)::bigint as emails,
    coalesce(done.meetings, 0)::bigint as meetings,
    coalesce(done.demos, 0)::bigint as demos
from weeks
cross join settings
left join {{ ref('dim_reps') }} as reps
    on weeks.rep_id = reps.rep_id
left join {{ ref('dim_rep_assignments') }} as assignments
    on
        weeks.rep_id = assignments.rep_id
        and least(weeks.week_end, settings.as_of_date) >= assignments.valid_from
        and least(weeks.week_end, settings.as_of_date) < assignments.valid_to
left join due
    on weeks.rep_id = due.rep_id and weeks.week_start = due.week_start
left join done
    on weeks.rep_id = done.rep_id and weeks.week_start = done.week_start
