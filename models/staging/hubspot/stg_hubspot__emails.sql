with emails as (
    select *
    from {{ source('hubspot', 'emails') }}
    {{ latest_record(
        ['source', 'hs_object_id'],
        modified_at='coalesce(hs_lastmodifieddate, updatedat)',
        in_milliseconds=true,
    ) }}
)

select
    source,
    source || ':email-' || hs_object_id as email_id,
    hs_object_id as native_id,
    {{ hubspot_owner_ref('hubspot_owner_id') }} as owner_ref,
    upper(hs_email_direction) as direction,
    upper(hs_email_status) as status,
    hs_sequence_id as sequence_id,
    hs_object_source as object_source,
    {{ to_instant_ms('hs_timestamp') }} as sent_at,
    {{ to_instant_ms('coalesce(hs_createdate, createdat)') }} as created_at,
    coalesce({{ to_boolean('archived') }}, false) or not is_current as is_deleted,
    exclusion_reason
from emails
