with changes as (
    select *
    from {{ source('flat', 'opportunity_history') }}
    {{ latest_record(['source', 'opportunity_id', to_instant('changed_at')]) }}
)

select
    source,
    opportunity_id as opportunity_ref,
    null::varchar as change_id,
    {{ to_instant('changed_at') }} as changed_at,
    {{ rep_reference('rep') }} as owner_ref,
    null::varchar as previous_owner_ref
from changes
where
    not coalesce({{ to_boolean('is_deleted') }}, false)
    and rep is not null
