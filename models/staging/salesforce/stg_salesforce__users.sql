with users as (
    select *
    from {{ source('salesforce', 'user') }}
    {{ latest_record(['source', salesforce_id('id')], modified_at='systemmodstamp') }}
)

select
    source,
    {{ salesforce_key('id') }} as user_id,
    {{ salesforce_id('id') }} as native_id,
    coalesce(
        nullif(trim(concat_ws(' ', firstname, lastname)), ''), username
    ) as name,
    lower(email) as email,
    coalesce(lower(usertype) = 'standard', true) as is_person,
    {{ to_boolean('isactive') }} as is_active,
    {{ salesforce_key('userroleid') }} as role_ref,
    title as role,
    team,
    division as region,
    {{ salesforce_key('managerid') }} as manager_ref,
    {{ to_date('hire_date') }} as hire_date,
    {{ to_date('leave_date') }} as leave_date,
    {{ to_instant('createddate') }} as created_at,
    not is_current as is_deleted,
    exclusion_reason
from users
