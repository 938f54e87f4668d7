with costs as (
    select *
    from {{ source('flat', 'costs') }}
    {{ latest_record(['source', to_month('month'), 'lower(category)', 'item']) }}
)

select
    source,
    {{ to_month('month') }} as cost_month,
    lower(category) as category,
    item,
    {{ to_decimal('amount') }} as amount,
    upper(currency) as currency,
    coalesce({{ to_boolean('is_deleted') }}, false) or not is_current as is_deleted,
    exclusion_reason
from costs
