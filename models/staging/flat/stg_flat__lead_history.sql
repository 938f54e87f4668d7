with changes as (
    select *
    from {{ source('flat', 'lead_history') }}
    {{ latest_record(['source', 'lead_id', to_instant('changed_at')]) }}
)

select
    source,
    lead_id as lead_ref,
    null::varchar as change_id,
    {{ to_instant('changed_at') }} as changed_at,
    status,
    null::varchar as previous_status,
    {{ rep_reference('rep') }} as owner_ref,
    null::varchar as previous_owner_ref
from changes
where
    not coalesce({{ to_boolean('is_deleted') }}, false)
