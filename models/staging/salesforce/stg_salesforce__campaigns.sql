with campaigns as (
    select *
    from {{ source('salesforce', 'campaign') }}
    {{ latest_record(['source', salesforce_id('id')], modified_at='systemmodstamp') }}
)

select
    source,
    {{ salesforce_key('id') }} as campaign_id,
    {{ salesforce_id('id') }} as native_id,
    name::varchar as name,
    {{ to_date('startdate') }} as start_date,
    {{ to_date('enddate') }} as end_date,
    {{ to_decimal('actualcost') }} as cost,
    upper(currencyisocode) as currency,
    null::varchar as lead_source,
    coalesce({{ to_boolean('isdeleted') }}, false) or not is_current as is_deleted,
    exclusion_reason
from campaigns
