with products as (
    select *
    from {{ source('flat', 'products') }}
    {{ latest_record(['source', 'product_id']) }}
)

select
    source,
    source || ':' || product_id as product_id,
    product_id as native_id,
    name,
    family,
    {{ to_decimal('list_price') }} as list_price,
    {{ to_decimal('unit_cost') }} as unit_cost,
    coalesce({{ to_boolean('is_deleted') }}, false) or not is_current as is_deleted,
    exclusion_reason
from products
