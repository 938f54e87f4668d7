with contracts as (
    select *
    from {{ source('salesforce', 'contract') }}
    {{ latest_record(['source', salesforce_id('id')], modified_at='systemmodstamp') }}
)

select
    source,
    {{ salesforce_key('id') }} as contract_id,
    {{ salesforce_key('accountid') }} as account_ref,
    null::varchar as opportunity_ref,
    {{ salesforce_key('ownerid') }} as owner_ref,
    status::varchar as status,
    statuscode as status_code,
    {{ to_date('startdate') }} as start_date,
    {{ to_date('enddate') }} as end_date,
    {{ to_integer('contractterm') }} as term_months,
    null::decimal(28, 8) as total_value,
    upper(currencyisocode) as currency,
    coalesce({{ to_boolean('isdeleted') }}, false) or not is_current as is_deleted,
    exclusion_reason
from contracts
