with events as (
    select *
    from {{ source('salesforce', 'event') }}
    {{ latest_record(['source', salesforce_id('id')], modified_at='systemmodstamp') }}
)

select
    source,
    {{ salesforce_key('id') }} as event_id,
    {{ salesforce_key('whoid') }} as who_ref,
    {{ salesforce_key('whatid') }} as what_ref,
    {{ salesforce_key('accountid') }} as account_ref,
    {{ salesforce_key('ownerid') }} as owner_ref,
    {{ salesforce_key('createdbyid') }} as created_by_ref,
    type::varchar as type,
    {{ to_instant('activitydatetime') }} as starts_at,
    {{ to_date('activitydate') }} as event_date,
    {{ to_decimal('durationinminutes') }} as duration_minutes,
    coalesce({{ to_boolean('ischild') }}, false) as is_child,
    coalesce({{ to_boolean('isrecurrence') }}, false) as is_series,
    {{ to_instant('createddate') }} as created_at,
    coalesce({{ to_boolean('isdeleted') }}, false) or not is_current as is_deleted,
    exclusion_reason
from events
