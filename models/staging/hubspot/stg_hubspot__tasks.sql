with tasks as (
    select *
    from {{ source('hubspot', 'tasks') }}
    {{ latest_record(
        ['source', 'hs_object_id'],
        modified_at='coalesce(hs_lastmodifieddate, updatedat)',
        in_milliseconds=true,
    ) }}
)

select
    source,
    source || ':task-' || hs_object_id as task_id,
    hs_object_id as native_id,
    {{ hubspot_owner_ref('hubspot_owner_id') }} as owner_ref,
    hs_task_type as type,
    upper(hs_task_status) as status,
    {{ to_instant_ms('hs_task_completion_date') }} as completed_at,
    hs_object_source as object_source,
    {{ to_instant_ms('hs_timestamp') }} as due_at,
    {{ to_instant_ms('coalesce(hs_createdate, createdat)') }} as created_at,
    coalesce({{ to_boolean('archived') }}, false) or not is_current as is_deleted,
    exclusion_reason
from tasks
