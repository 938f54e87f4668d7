{# Logged hours. Which of them are selling depends on the rep's role that day: the
   configuration says it role by role, else the seed. #}
with selling as (
    select
        role,
        lower(activity) as activity
    from {{ source('landing', 'config_selling_activities') }}
    union all
    select
        role,
        lower(activity) as activity
    from {{ ref('selling_activities') }}
    where
        role not in (
            select configured.role
            from {{ source('landing', 'config_selling_activities') }} as configured
        )
),

roles as (
    select distinct role from selling
)

select
    reps.rep_id,
    coalesce(assignments.rep_assignment_id, '(none)') as rep_assignment_id,
    time_log.log_date,
    time_log.activity,
    time_log.hours,
    selling.activity is not null as is_selling
from {{ ref('stg_flat__time_log') }} as time_log
inner join {{ ref('int_rep_references') }} as keys
    on time_log.rep_ref = keys.reference
inner join {{ ref('int_reps') }} as reps
    on keys.rep_id = reps.rep_id
left join {{ ref('dim_rep_assignments') }} as assignments
    on
        reps.rep_id = assignments.rep_id
        and time_log.log_date >= assignments.valid_from
        and time_log.log_date < assignments.valid_to
left join roles
    on assignments.role = roles.role
left join selling
    on
        coalesce(roles.role, 'default') = selling.role
        and lower(time_log.activity) = selling.activity
where not time_log.is_deleted and time_log.exclusion_reason is null
