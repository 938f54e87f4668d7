with reps as (
    select *
    from {{ source('flat', 'reps') }}
    {{ latest_record(['source', 'rep_id', to_date('valid_from')]) }}
)

select
    source,
    source || ':' || rep_id as rep_id,
    rep_id as native_id,
    name,
    lower(email) as email,
    role,
    {{ rep_reference('manager') }} as manager_ref,
    team,
    region,
    {{ to_date('hire_date') }} as hire_date,
    {{ to_date('leave_date') }} as leave_date,
    {{ to_date('valid_from') }} as valid_from,
    coalesce({{ to_boolean('is_deleted') }}, false) or not is_current as is_deleted,
    exclusion_reason
from reps
