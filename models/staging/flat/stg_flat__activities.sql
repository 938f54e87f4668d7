with activities as (
    select *
    from {{ source('flat', 'activities') }}
    {{ latest_record(['source', 'activity_id']) }}
)

select
    source,
    source || ':' || activity_id as activity_id,
    type,
    lower(direction) as direction,
    {{ rep_reference('rep') }} as owner_ref,
    lead_id as lead_ref,
    account_id as account_ref,
    opportunity_id as opportunity_ref,
    {{ to_instant('created_at') }} as created_at,
    {{ to_date('due_date') }} as due_date,
    {{ to_instant('done_at') }} as done_at,
    {{ to_boolean('is_done') }} as is_done,
    {{ to_decimal('minutes') }} as minutes,
    {{ to_boolean('is_automated') }} as is_automated,
    coalesce({{ to_boolean('is_deleted') }}, false) or not is_current as is_deleted,
    exclusion_reason
from activities
