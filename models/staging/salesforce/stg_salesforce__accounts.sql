with accounts as (
    select *
    from {{ source('salesforce', 'account') }}
    {{ latest_record(['source', salesforce_id('id')], modified_at='systemmodstamp') }}
)

select
    source,
    {{ salesforce_key('id') }} as account_id,
    {{ salesforce_id('id') }} as native_id,
    name::varchar as name,
    region,
    billingcountry as country,
    industry::varchar as industry,
    segment,
    {{ salesforce_key('ownerid') }} as owner_ref,
    {{ to_instant('createddate') }} as created_at,
    {{ salesforce_key('masterrecordid') }} as merged_into_ref,
    coalesce({{ to_boolean('isdeleted') }}, false) or not is_current as is_deleted,
    exclusion_reason,
    custom_fields
from accounts
