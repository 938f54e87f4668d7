-- Whom a contact was merged into; nothing of the person goes on.
with contacts as (
    select *
    from {{ source('salesforce', 'contact') }}
    {{ latest_record(['source', salesforce_id('id')], modified_at='systemmodstamp') }}
)

select
    source,
    {{ salesforce_key('id') }} as contact_id,
    {{ salesforce_key('masterrecordid') }} as merged_into_ref,
    coalesce({{ to_boolean('isdeleted') }}, false) or not is_current as is_deleted,
    exclusion_reason
from contacts
