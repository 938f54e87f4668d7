{# Which records belong together, by files of pairs or by what the API tells of a
   record; those that were merged away are their survivors. The API tells a pair several
   times, once for each of its labels. #}
{% set pairs = [
    ('deals', 'deal', 'companies', 'company'),
    ('contacts', 'contact', 'companies', 'company'),
    ('deals', 'deal', 'contacts', 'contact'),
    ('deals', 'deal', 'line_items', 'line_item'),
    ('deals', 'deal', 'quotes', 'quote'),
] %}
{# The record that tells of them, the API's name of the others, and whether the pair is
   known the other way round. #}
{% set told = [
    ('deals', 'companies', false), ('deals', 'contacts', false),
    ('deals', 'line items', false), ('deals', 'quotes', false),
    ('contacts', 'companies', false), ('contacts', 'deals', true),
    ('line_items', 'deals', true), ('quotes', 'deals', true),
] %}
{% for engagement in ['call', 'email', 'meeting', 'task'] -%}
{% for objects, object in [
    ('contacts', 'contact'), ('companies', 'company'), ('deals', 'deal'),
] -%}
{% do pairs.append((engagement ~ 's', engagement, objects, object)) %}
{% do told.append((engagement ~ 's', objects, false)) %}
{% endfor -%}
{% endfor %}

with records as (
    {% for object in [
        'deals', 'contacts', 'line_items', 'quotes', 'calls', 'emails', 'meetings', 'tasks',
    ] -%}
    select
        source,
        '{{ object }}' as object,
        hs_object_id,
        case when json_valid(associations) then associations end as associations,
        is_current,
        delivery_order
    from {{ source('hubspot', object) }}
    {{ latest_record(
        ['source', 'hs_object_id'],
        'coalesce(lastmodifieddate, updatedat)' if object == 'contacts'
        else 'coalesce(hs_lastmodifieddate, updatedat)',
        in_milliseconds=true,
    ) }}
    {% if not loop.last %}union all
    {% endif %}
    {%- endfor %}
),

told_by_records as (
    {% for object, others, is_reversed in told -%}
    select
        source,
        '{{ 'deals' if is_reversed else object }}' as from_object,
        hs_object_id,
        '{{ object if is_reversed else others | replace(' ', '_') }}' as to_object,
        {{ is_reversed }} as is_reversed,
        unnest(json_extract(associations, '$."{{ others }}".results[*]')) as other,
        is_current,
        delivery_order
    from records
    where object = '{{ object }}'
    {% if not loop.last %}union all
    {% endif %}
    {%- endfor %}
),

associations as (
    {% for from_object, from_key, to_object, to_key in pairs -%}
    select
        source,
        '{{ from_object }}' as from_object,
        {{ from_key }}_id as from_id,
        '{{ to_object }}' as to_object,
        {{ to_key }}_id as to_id,
        {{ to_boolean('is_primary') if loop.index <= 2 else 'null::boolean' }}
            as is_primary,
        {{ to_boolean('archived') }} as is_removed,
        is_current,
        delivery_order
    from {{ source('hubspot', from_object ~ '_' ~ to_object) }}
    union all
    {% endfor -%}
    select
        source,
        from_object,
        case when is_reversed then other ->> 'id' else hs_object_id end as from_id,
        to_object,
        case when is_reversed then hs_object_id else other ->> 'id' end as to_id,
        (other ->> 'type') in ('deal_to_company', 'contact_to_company') as is_primary,
        false as is_removed,
        is_current,
        delivery_order
    from told_by_records
),

latest_associations as (
    select * from associations
    qualify
        delivery_order = max(delivery_order) over (
            partition by source, from_object, from_id, to_object, to_id
        )
)

select
    latest_associations.source,
    latest_associations.from_object,
    coalesce(from_merged.survivor_id, latest_associations.from_id) as from_id,
    latest_associations.to_object,
    coalesce(to_merged.survivor_id, latest_associations.to_id) as to_id,
    bool_or(coalesce(latest_associations.is_primary, false)) as is_primary,
    max(latest_associations.delivery_order) as delivery_order
from latest_associations
left join {{ ref('stg_hubspot__merged_records') }} as from_merged
    on
        latest_associations.source = from_merged.source
        and latest_associations.from_object = from_merged.object
        and latest_associations.from_id = from_merged.merged_id
left join {{ ref('stg_hubspot__merged_records') }} as to_merged
    on
        latest_associations.source = to_merged.source
        and latest_associations.to_object = to_merged.object
        and latest_associations.to_id = to_merged.merged_id
where
    latest_associations.is_current
    and not coalesce(latest_associations.is_removed, false)
group by all
