-- A line names its product itself or, in older exports, by its price book entry alone.
with opportunity_lines as (
    select *
    from {{ source('salesforce', 'opportunity_line_item') }}
    {{ latest_record(['source', salesforce_id('id')], modified_at='systemmodstamp') }}
),

pricebook_entries as (
    select *
    from {{ source('salesforce', 'pricebook_entry') }}
    {{ latest_record(['source', salesforce_id('id')], modified_at='systemmodstamp') }}
),

line_products as (
    select
        *,
        {{ salesforce_key('product2id') }} as own_product_ref,
        {{ salesforce_key('pricebookentryid') }} as pricebook_entry_ref
    from opportunity_lines
),

entry_products as (
    select
        {{ salesforce_key('id') }} as pricebook_entry_id,
        {{ salesforce_key('product2id') }} as product_ref
    from pricebook_entries
),

lines_with_products as (
    select
        line_products.*,
        coalesce(line_products.own_product_ref, entry_products.product_ref)
            as product_ref
    from line_products
    left join entry_products
        on line_products.pricebook_entry_ref = entry_products.pricebook_entry_id
)

select
    source,
    {{ salesforce_key('id') }} as line_id,
    {{ salesforce_key('opportunityid') }} as opportunity_ref,
    product_ref,
    {{ to_decimal('quantity') }} as quantity,
    {{ to_decimal('unitprice') }} as unit_price,
    {{ to_decimal('listprice') }} as list_price,
    {{ to_share('discount', whole=100) }} as discount_share,
    {{ to_decimal('totalprice') }} as total_price,
    null::decimal(28, 8) as unit_cost,
    null::decimal(28, 8) as total_cost,
    upper(currencyisocode) as currency,
    coalesce({{ to_boolean('isdeleted') }}, false) or not is_current as is_deleted,
    exclusion_reason
from lines_with_products
