with calls as (
    select *
    from {{ source('hubspot', 'calls') }}
    {{ latest_record(
        ['source', 'hs_object_id'],
        modified_at='coalesce(hs_lastmodifieddate, updatedat)',
        in_milliseconds=true,
    ) }}
)

select
    source,
    source || ':call-' || hs_object_id as call_id,
    hs_object_id as native_id,
    {{ hubspot_owner_ref('hubspot_owner_id') }} as owner_ref,
    hs_activity_type as type,
    upper(hs_call_direction) as direction,
    upper(hs_call_status) as status,
    {{ to_decimal('hs_call_duration') }} as duration_milliseconds,
    hs_object_source as object_source,
    {{ to_instant_ms('hs_timestamp') }} as called_at,
    {{ to_instant_ms('coalesce(hs_createdate, createdat)') }} as created_at,
    coalesce({{ to_boolean('archived') }}, false) or not is_current as is_deleted,
    exclusion_reason
from calls
