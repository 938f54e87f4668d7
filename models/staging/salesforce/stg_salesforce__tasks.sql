with tasks as (
    select *
    from {{ source('salesforce', 'task') }}
    {{ latest_record(['source', salesforce_id('id')], modified_at='systemmodstamp') }}
)

select
    source,
    {{ salesforce_key('id') }} as task_id,
    {{ salesforce_key('whoid') }} as who_ref,
    {{ salesforce_key('whatid') }} as what_ref,
    {{ salesforce_key('accountid') }} as account_ref,
    {{ salesforce_key('ownerid') }} as owner_ref,
    {{ salesforce_key('createdbyid') }} as created_by_ref,
    type::varchar as type,
    tasksubtype as task_subtype,
    status::varchar as status,
    {{ to_boolean('isclosed') }} as is_closed,
    {{ to_date('activitydate') }} as due_date,
    {{ to_instant('completeddatetime') }} as completed_at,
    calltype as call_type,
    {{ to_decimal('calldurationinseconds') }} as duration_seconds,
    coalesce({{ to_boolean('isrecurrence') }}, false) as is_series,
    {{ to_instant('createddate') }} as created_at,
    coalesce({{ to_boolean('isdeleted') }}, false) or not is_current as is_deleted,
    exclusion_reason
from tasks
