with contacts as (
    select *
    from {{ source('hubspot', 'contacts') }}
    {{ latest_record(
        ['source', 'hs_object_id'],
        modified_at='coalesce(lastmodifieddate, updatedat)',
        in_milliseconds=true,
    ) }}
)

select
    contacts.source,
    contacts.source || ':' || contacts.hs_object_id as contact_id,
    contacts.hs_object_id as native_id,
    lower(contacts.lifecyclestage) as lifecycle_stage,
    contacts.hs_analytics_source as lead_source,
    {{ hubspot_owner_ref('contacts.hubspot_owner_id', 'contacts.source') }}
        as owner_ref,
    contacts.source || ':' || trim(split_part(contacts.associatedcompanyid, ';', 1))
        as account_ref,
    {% for stage in [
        'lead', 'marketingqualifiedlead', 'salesqualifiedlead', 'opportunity',
        'customer', 'evangelist',
    ] -%}
    {{ to_instant_ms('contacts.hs_lifecyclestage_' ~ stage ~ '_date') }}
        as {{ stage }}_at,
    {% endfor -%}
    {{ to_instant_ms('coalesce(contacts.createdate, contacts.createdat)') }}
        as created_at,
    contacts.source || ':' || merged.survivor_id as merged_into_ref,
    coalesce({{ to_boolean('contacts.archived') }}, false)
    or not contacts.is_current
    or merged.survivor_id is not null as is_deleted,
    contacts.exclusion_reason,
    contacts.custom_fields
from contacts
left join {{ ref('stg_hubspot__merged_records') }} as merged
    on
        contacts.source = merged.source
        and contacts.hs_object_id = merged.merged_id
        and merged.object = 'contacts'
