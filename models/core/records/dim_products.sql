select
    product_id,
    source,
    name as product_name,
    family as product_family,
    list_price,
    unit_cost
from ({{ union_staged('products') }})
where not is_deleted and exclusion_reason is null
union all
select
    'flat:' || reference as product_id,
    'flat' as source,
    reference as product_name,
    null as product_family,
    null as list_price,
    null as unit_cost
from {{ ref('int_named_records') }}
where entity = 'product'
