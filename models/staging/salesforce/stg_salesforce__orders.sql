with orders as (
    select *
    from {{ source('salesforce', 'order') }}
    {{ latest_record(['source', salesforce_id('id')], modified_at='systemmodstamp') }}
)

select
    source,
    {{ salesforce_key('id') }} as order_id,
    {{ salesforce_key('accountid') }} as account_ref,
    {{ salesforce_key('opportunityid') }} as opportunity_ref,
    {{ salesforce_key('ownerid') }} as owner_ref,
    status::varchar as status,
    statuscode as status_code,
    {{ to_date('effectivedate') }} as effective_date,
    {{ to_instant('activateddate') }} as activated_at,
    {{ to_decimal('totalamount') }} as amount,
    upper(currencyisocode) as currency,
    coalesce({{ to_boolean('isdeleted') }}, false) or not is_current as is_deleted,
    exclusion_reason
from orders
