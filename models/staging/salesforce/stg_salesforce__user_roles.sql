with user_roles as (
    select *
    from {{ source('salesforce', 'user_role') }}
    {{ latest_record(['source', salesforce_id('id')], modified_at='systemmodstamp') }}
)

select
    source,
    {{ salesforce_key('id') }} as user_role_id,
    name::varchar as name
from user_roles
