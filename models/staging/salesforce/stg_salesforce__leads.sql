with leads as (
    select *
    from {{ source('salesforce', 'lead') }}
    {{ latest_record(['source', salesforce_id('id')], modified_at='systemmodstamp') }}
)

select
    source,
    {{ salesforce_key('id') }} as lead_id,
    {{ salesforce_id('id') }} as native_id,
    status::varchar as status,
    leadsource as lead_source,
    {{ salesforce_key('ownerid') }} as owner_ref,
    null::varchar as campaign_ref,
    {{ salesforce_key('convertedaccountid') }} as account_ref,
    {{ salesforce_key('convertedcontactid') }} as contact_ref,
    {{ salesforce_key('convertedopportunityid') }} as opportunity_ref,
    null::varchar as referred_by_account_ref,
    {{ to_boolean('isconverted') }} as is_converted,
    null::timestamp as qualified_at,
    null::timestamp as converted_at,
    {{ to_date('converteddate') }} as converted_date,
    {{ to_instant('createddate') }} as created_at,
    {{ salesforce_key('masterrecordid') }} as merged_into_ref,
    coalesce({{ to_boolean('isdeleted') }}, false) or not is_current as is_deleted,
    exclusion_reason,
    custom_fields
from leads
