{# Which records belong together, those that were merged away being their survivors. #}
{% set singular = {
    'deals': 'deal', 'contacts': 'contact', 'companies': 'company',
    'line_items': 'line_item', 'quotes': 'quote', 'calls': 'call', 'emails': 'email',
    'meetings': 'meeting', 'tasks': 'task',
} %}
{% set pairs = [
    ('deals', 'companies'), ('contacts', 'companies'), ('deals', 'contacts'),
    ('deals', 'line_items'), ('deals', 'quotes'),
] %}
{% for engagement in ['calls', 'emails', 'meetings', 'tasks'] -%}
{% for object in ['contacts', 'companies', 'deals'] -%}
{% do pairs.append((engagement, object)) %}
{% endfor -%}
{% endfor %}

with associations as (
    {% for from_object, to_object in pairs -%}
    select
        source,
        '{{ from_object }}' as from_object,
        {{ singular[from_object] }}_id as from_id,
        '{{ to_object }}' as to_object,
        {{ singular[to_object] }}_id as to_id,
        {{ to_boolean('is_primary') if (from_object, to_object) in pairs[:2]
            else 'null::boolean' }} as is_primary,
        {{ to_boolean('archived') }} as is_removed,
        is_current,
        delivery_order,
        file,
        row_number
    from {{ source('hubspot', from_object ~ '_' ~ to_object) }}
    {% if not loop.last %}union all
    {% endif %}
    {%- endfor %}
),

latest_associations as (
    select * from associations
    {{ latest_record(['source', 'from_object', 'from_id', 'to_object', 'to_id']) }}
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
