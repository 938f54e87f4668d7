with quotes as (
    select *
    from {{ source('hubspot', 'quotes') }}
    {{ latest_record(
        ['source', 'hs_object_id'],
        modified_at='coalesce(hs_lastmodifieddate, updatedat)',
        in_milliseconds=true,
    ) }}
),

deals as (
    select
        source,
        from_id as deal_id,
        to_id as quote_id
    from {{ ref('stg_hubspot__associations') }}
    where from_object = 'deals' and to_object = 'quotes'
    qualify row_number() over (
        partition by source, to_id
        order by delivery_order desc, length(from_id) desc, from_id desc
    ) = 1
)

select
    quotes.source,
    quotes.source || ':' || quotes.hs_object_id as quote_id,
    quotes.source || ':' || deals.deal_id as opportunity_ref,
    {{ hubspot_owner_ref('quotes.hubspot_owner_id', 'quotes.source') }}
        as owner_ref,
    quotes.hs_status as status,
    {{ to_decimal('quotes.hs_quote_amount') }} as amount,
    upper(quotes.hs_currency) as currency,
    {{ to_instant_ms('coalesce(quotes.hs_createdate, quotes.createdat)') }}
        as issued_at,
    coalesce({{ to_boolean('quotes.archived') }}, false)
    or not quotes.is_current as is_deleted,
    quotes.exclusion_reason
from quotes
left join deals
    on quotes.source = deals.source and quotes.hs_object_id = deals.quote_id
