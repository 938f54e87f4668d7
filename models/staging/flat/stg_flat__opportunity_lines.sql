with opportunity_lines as (
    select *
    from {{ source('flat', 'opportunity_lines') }}
    {{ latest_record(['source', 'line_id']) }}
)

select
    source,
    source || ':' || line_id as line_id,
    opportunity_id as opportunity_ref,
    product_id as product_ref,
    {{ to_decimal('quantity') }} as quantity,
    {{ to_decimal('unit_price') }} as unit_price,
    {{ to_decimal('list_price') }} as list_price,
    {{ to_share('discount') }} as discount_share,
    {{ to_decimal('total_price') }} as total_price,
    {{ to_decimal('unit_cost') }} as unit_cost,
    {{ to_decimal('total_cost') }} as total_cost,
    null::varchar as currency,
    coalesce({{ to_boolean('is_deleted') }}, false) or not is_current as is_deleted,
    exclusion_reason
from opportunity_lines
