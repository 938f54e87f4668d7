with subscriptions as (
    select *
    from {{ source('flat', 'subscriptions') }}
    {{ latest_record(['source', 'subscription_id']) }}
)

select
    source,
    source || ':' || subscription_id as subscription_id,
    account_id as account_ref,
    {{ to_date('start_date') }} as start_date,
    {{ to_date('end_date') }} as end_date,
    {{ to_decimal('mrr') }} as mrr,
    upper(currency) as currency,
    coalesce({{ to_boolean('is_deleted') }}, false) or not is_current as is_deleted,
    exclusion_reason
from subscriptions
