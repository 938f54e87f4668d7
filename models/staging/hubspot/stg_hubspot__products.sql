with products as (
    select *
    from {{ source('hubspot', 'products') }}
    {{ latest_record(
        ['source', 'hs_object_id'],
        modified_at='coalesce(hs_lastmodifieddate, updatedat)',
        in_milliseconds=true,
    ) }}
)

select
    source,
    source || ':' || hs_object_id as product_id,
    hs_object_id as native_id,
    name,
    hs_product_type as family,
    {{ to_decimal('price') }} as list_price,
    {{ to_decimal('hs_cost_of_goods_sold') }} as unit_cost,
    coalesce({{ to_boolean('archived') }}, false) or not is_current as is_deleted,
    exclusion_reason
from products
