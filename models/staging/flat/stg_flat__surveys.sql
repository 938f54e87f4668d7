with surveys as (
    select *
    from {{ source('flat', 'surveys') }}
    {{ latest_record(['source', 'response_id']) }}
)

select
    source,
    source || ':' || response_id as response_id,
    account_id as account_ref,
    {{ to_instant('responded_at') }} as responded_at,
    {{ to_decimal('score') }} as score,
    {{ to_decimal('scale_max') }} as scale_max,
    coalesce({{ to_boolean('is_deleted') }}, false) or not is_current as is_deleted,
    exclusion_reason
from surveys
