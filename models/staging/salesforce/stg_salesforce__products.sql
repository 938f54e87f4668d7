with products as (
    select *
    from {{ source('salesforce', 'product2') }}
    {{ latest_record(['source', salesforce_id('id')], modified_at='systemmodstamp') }}
)

select
    source,
    {{ salesforce_key('id') }} as product_id,
    {{ salesforce_id('id') }} as native_id,
    name::varchar as name,
    family::varchar as family,
    null::decimal(28, 8) as list_price,
    null::decimal(28, 8) as unit_cost,
    coalesce({{ to_boolean('isdeleted') }}, false) or not is_current as is_deleted,
    exclusion_reason
from products
