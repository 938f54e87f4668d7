with leads as (
    select *
    from {{ source('flat', 'leads') }}
    {{ latest_record(['source', 'lead_id']) }}
)

select
    source,
    source || ':' || lead_id as lead_id,
    lead_id as native_id,
    status,
    lead_source,
    {{ rep_reference('rep') }} as owner_ref,
    campaign_id as campaign_ref,
    account_id as account_ref,
    null::varchar as contact_ref,
    opportunity_id as opportunity_ref,
    referred_by_account_id as referred_by_account_ref,
    {{ to_boolean('is_converted') }} as is_converted,
    {{ to_instant('qualified_at') }} as qualified_at,
    {{ to_instant('converted_at') }} as converted_at,
    {{ business_date(to_instant('converted_at')) }} as converted_date,
    {{ to_instant('created_at') }} as created_at,
    null::varchar as merged_into_ref,
    coalesce({{ to_boolean('is_deleted') }}, false) or not is_current as is_deleted,
    exclusion_reason,
    custom_fields
from leads
