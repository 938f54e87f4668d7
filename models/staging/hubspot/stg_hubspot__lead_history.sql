-- Lifecycle stages by the dates that the contact carries; lead statuses and owners by
-- the history of its properties.
with changes as (
    select *
    from {{ source('hubspot', 'contacts_history') }}
    {{ latest_record(['source', 'id', 'property', to_instant_ms('timestamp')]) }}
),

lifecycle_stages as (
    {% for stage in [
        'lead', 'marketingqualifiedlead', 'salesqualifiedlead', 'opportunity',
        'customer', 'evangelist',
    ] -%}
    select
        source,
        contact_id as lead_ref,
        contact_id || ':{{ loop.index }}-{{ stage }}' as change_id,
        {{ stage }}_at as changed_at,
        '{{ stage }}' as status
    from {{ ref('stg_hubspot__contacts') }}
    where {{ stage }}_at is not null
    {% if not loop.last %}union all
    {% endif %}
    {%- endfor %}
),

told_changes as (
    select
        source,
        source || ':' || id as lead_ref,
        source || ':' || id || ':' || property || '@' || changed_at::varchar
            as change_id,
        changed_at,
        property,
        value
    from (
        select
            *,
            {{ to_instant_ms('timestamp') }} as changed_at
        from changes
    ) as dated_changes
)

select
    source,
    lead_ref,
    change_id,
    changed_at,
    status,
    null::varchar as previous_status,
    null::varchar as owner_ref,
    null::varchar as previous_owner_ref
from lifecycle_stages
union all
select
    source,
    lead_ref,
    change_id,
    changed_at,
    value as status,
    null as previous_status,
    null as owner_ref,
    null as previous_owner_ref
from told_changes
where property in ('lifecyclestage', 'hs_lead_status')
union all
select
    source,
    lead_ref,
    change_id,
    changed_at,
    null as status,
    null as previous_status,
    {{ hubspot_owner_ref('value') }} as owner_ref,
    null as previous_owner_ref
from told_changes
where property = 'hubspot_owner_id'
