with quotes as (
    select *
    from {{ source('flat', 'quotes') }}
    {{ latest_record(['source', 'quote_id']) }}
)

select
    source,
    source || ':' || quote_id as quote_id,
    opportunity_id as opportunity_ref,
    {{ rep_reference('rep') }} as owner_ref,
    status,
    {{ to_decimal('amount') }} as amount,
    upper(currency) as currency,
    {{ to_instant('issued_at') }} as issued_at,
    coalesce({{ to_boolean('is_deleted') }}, false) or not is_current as is_deleted,
    exclusion_reason
from quotes
