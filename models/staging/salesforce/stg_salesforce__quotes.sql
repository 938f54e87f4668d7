with quotes as (
    select *
    from {{ source('salesforce', 'quote') }}
    {{ latest_record(['source', salesforce_id('id')], modified_at='systemmodstamp') }}
)

select
    source,
    {{ salesforce_key('id') }} as quote_id,
    {{ salesforce_key('opportunityid') }} as opportunity_ref,
    {{ salesforce_key('ownerid') }} as owner_ref,
    status::varchar as status,
    coalesce(
        {{ to_decimal('grandtotal') }}, {{ to_decimal('totalprice') }}
    ) as amount,
    upper(currencyisocode) as currency,
    {{ to_instant('createddate') }} as issued_at,
    coalesce({{ to_boolean('isdeleted') }}, false) or not is_current as is_deleted,
    exclusion_reason
from quotes
