-- Lines of deals; those of quotes alone are copies of them. A discount is given in
-- percent or as an amount per unit.
with line_items as (
    select *
    from {{ source('hubspot', 'line_items') }}
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
        to_id as line_item_id
    from {{ ref('stg_hubspot__associations') }}
    where from_object = 'deals' and to_object = 'line_items'
    qualify row_number() over (
        partition by source, to_id
        order by delivery_order desc, length(from_id) desc, from_id desc
    ) = 1
)

select
    line_items.source,
    line_items.source || ':' || line_items.hs_object_id as line_id,
    line_items.source || ':' || deals.deal_id as opportunity_ref,
    line_items.source || ':' || line_items.hs_product_id as product_ref,
    {{ to_decimal('line_items.quantity') }} as quantity,
    case
        when line_items.hs_discount_percentage is null
            then
                {{ to_decimal('line_items.price') }}
                - coalesce({{ to_decimal('line_items.discount') }}, 0)
        else {{ to_decimal('line_items.price') }}
    end as unit_price,
    {{ to_decimal('line_items.price') }} as list_price,
    {{ to_share('line_items.hs_discount_percentage', whole=100) }} as discount_share,
    {{ to_decimal('line_items.amount') }} as total_price,
    {{ to_decimal('line_items.hs_cost_of_goods_sold') }} as unit_cost,
    null::decimal(28, 8) as total_cost,
    upper(line_items.hs_line_item_currency_code) as currency,
    coalesce({{ to_boolean('line_items.archived') }}, false)
    or not line_items.is_current as is_deleted,
    line_items.exclusion_reason
from line_items
inner join deals
    on
        line_items.source = deals.source
        and line_items.hs_object_id = deals.line_item_id
