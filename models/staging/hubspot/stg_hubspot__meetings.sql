with meetings as (
    select *
    from {{ source('hubspot', 'meetings') }}
    {{ latest_record(
        ['source', 'hs_object_id'],
        modified_at='coalesce(hs_lastmodifieddate, updatedat)',
        in_milliseconds=true,
    ) }}
)

select
    source,
    source || ':meeting-' || hs_object_id as meeting_id,
    hs_object_id as native_id,
    {{ hubspot_owner_ref('hubspot_owner_id') }} as owner_ref,
    hs_activity_type as type,
    upper(hs_meeting_outcome) as outcome,
    {{ to_instant_ms('hs_meeting_start_time') }} as starts_at,
    {{ to_instant_ms('hs_meeting_end_time') }} as ends_at,
    hs_object_source as object_source,
    {{ to_instant_ms('hs_timestamp') }} as met_at,
    {{ to_instant_ms('coalesce(hs_createdate, createdat)') }} as created_at,
    coalesce({{ to_boolean('archived') }}, false) or not is_current as is_deleted,
    exclusion_reason
from meetings
