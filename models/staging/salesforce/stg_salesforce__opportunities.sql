with opportunities as (
    select *
    from {{ source('salesforce', 'opportunity') }}
    {{ latest_record(['source', salesforce_id('id')], modified_at='systemmodstamp') }}
)

select
    source,
    {{ salesforce_key('id') }} as opportunity_id,
    {{ salesforce_id('id') }} as native_id,
    name::varchar as name,
    stagename as stage,
    type as opportunity_type,
    leadsource as lead_source,
    coalesce(forecastcategory, forecastcategoryname) as forecast_category,
    nextstep as next_step,
    null::varchar as lost_reason,
    {{ salesforce_key('ownerid') }} as owner_ref,
    {{ salesforce_key('accountid') }} as account_ref,
    {{ salesforce_key('campaignid') }} as campaign_ref,
    null::varchar as product_ref,
    {{ salesforce_key('contractid') }} as contract_ref,
    {{ to_boolean('iswon') }} as is_won,
    {{ to_boolean('isclosed') }} as is_closed,
    {{ to_decimal('amount') }} as amount,
    upper(currencyisocode) as currency,
    {{ to_share('probability', whole=100) }} as probability,
    {{ to_date('closedate') }} as close_date,
    null::integer as term_months,
    {{ to_instant('createddate') }} as created_at,
    {{ to_date('lastactivitydate') }} as last_activity_date,
    coalesce({{ to_boolean('isdeleted') }}, false) or not is_current as is_deleted,
    exclusion_reason,
    custom_fields
from opportunities
