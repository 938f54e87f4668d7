with purchases as (
    select *
    from {{ source('flat', 'purchases') }}
    {{ latest_record(['source', 'purchase_id']) }}
)

select
    source,
    source || ':' || purchase_id as purchase_id,
    account_id as account_ref,
    opportunity_id as opportunity_ref,
    {{ rep_reference('rep') }} as owner_ref,
    {{ to_instant('purchased_at') }} as purchased_at,
    {{ to_decimal('amount') }} as amount,
    upper(currency) as currency,
    coalesce({{ to_boolean('is_deleted') }}, false) or not is_current as is_deleted,
    exclusion_reason
from purchases
