with changes as (
    select *
    from {{ source('hubspot', 'deals_history') }}
    {{ latest_record(['source', 'id', 'property', to_instant_ms('timestamp')]) }}
)

select
    changes.source,
    changes.source || ':' || changes.id as opportunity_ref,
    changes.source || ':' || changes.id || '@'
    || {{ to_instant_ms('changes.timestamp') }}::varchar as change_id,
    {{ to_instant_ms('changes.timestamp') }} as changed_at,
    {{ hubspot_owner_ref('changes.value', 'changes.source') }} as owner_ref,
    null::varchar as previous_owner_ref
from changes
left join {{ ref('stg_hubspot__merged_records') }} as merged
    on
        changes.source = merged.source
        and changes.id = merged.merged_id
        and merged.object = 'deals'
where changes.property = 'hubspot_owner_id' and merged.merged_id is null
