-- A line names its product itself or, in older exports, by its price book entry alone.
with pricebook_entries as (
    select
        {{ salesforce_key('id') }} as pricebook_entry_id,
        {{ salesforce_key('product2id') }} as product_ref
    from {{ source('salesforce', 'pricebook_entry') }}
    {{ latest_record(['source', salesforce_id('id')], modified_at='systemmodstamp') }}
),

lines as (
    select
        source,
        {{ salesforce_key('id') }} as line_id,
        {{ salesforce_key('opportunityid') }} as opportunity_ref,
        {{ salesforce_key('product2id') }} as product_ref,
        {{ salesforce_key('pricebookentryid') }} as pricebook_entry_ref,
        {{ to_decimal('quantity') }} as quantity,
        {{ to_decimal('unitprice') }} as unit_price,
        {{ to_decimal('listprice') }} as list_price,
        {{ to_share('discount', whole=100) }} as discount_share,
        {{ to_decimal('totalprice') }} as total_price,
        upper(currencyisocode) as currency,
        coalesce({{ to_boolean('isdeleted') }}, false) or not is_current as is_deleted,
        exclusion_reason
    from {{ source('salesforce', 'opportunity_line_item') }}
    {{ latest_record(['source', salesforce_id('id')], modified_at='systemmodstamp') }}
)

select
    lines.source,
    lines.line_id,
    lines.opportunity_ref,
    coalesce(lines.product_ref, pricebook_entries.product_ref) as product_ref,
    lines.quantity,
    lines.unit_price,
    lines.list_price,
    lines.discount_share,
    lines.total_price,
    null::decimal(28, 8) as unit_cost,
    null::decimal(28, 8) as total_cost,
    lines.currency,
    lines.is_deleted,
    lines.exclusion_reason
from lines
left join pricebook_entries
    on lines.pricebook_entry_ref = pricebook_entries.pricebook_entry_id
