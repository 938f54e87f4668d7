with accounts as (
    select *
    from {{ source('flat', 'accounts') }}
    {{ latest_record(['source', 'account_id']) }}
)

select
    source,
    source || ':' || account_id as account_id,
    account_id as native_id,
    name,
    region,
    country,
    industry,
    segment,
    {{ rep_reference('rep') }} as owner_ref,
    {{ to_instant('created_at') }} as created_at,
    null::varchar as merged_into_ref,
    coalesce({{ to_boolean('is_deleted') }}, false) or not is_current as is_deleted,
    exclusion_reason,
    custom_fields
from accounts
