with product_costs as (
    select *
    from {{ source('flat', 'product_costs') }}
    {{ latest_record(['source', 'product_id', to_date('valid_from')]) }}
)

select
    source,
    product_id as product_ref,
    {{ to_date('valid_from') }} as valid_from,
    {{ to_decimal('unit_cost') }} as unit_cost,
    upper(currency) as currency,
    coalesce({{ to_boolean('is_deleted') }}, false) or not is_current as is_deleted,
    exclusion_reason
from product_costs
