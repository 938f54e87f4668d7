with campaign_members as (
    select *
    from {{ source('salesforce', 'campaign_member') }}
    {{ latest_record(['source', salesforce_id('id')], modified_at='systemmodstamp') }}
)

select
    source,
    {{ salesforce_key('id') }} as campaign_member_id,
    {{ salesforce_key('campaignid') }} as campaign_ref,
    {{ salesforce_key('leadid') }} as lead_ref,
    {{ salesforce_key('contactid') }} as contact_ref,
    {{ to_instant('createddate') }} as created_at,
    coalesce({{ to_boolean('isdeleted') }}, false) or not is_current as is_deleted,
    exclusion_reason
from campaign_members
