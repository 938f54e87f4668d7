{# What became of the latest version of every delivered record. #}
{% for entity, models in {
    'accounts': ['salesforce__accounts', 'hubspot__accounts', 'flat__accounts'],
    'leads': ['salesforce__leads', 'hubspot__leads', 'flat__leads'],
    'opportunities': [
        'salesforce__opportunities', 'hubspot__opportunities', 'flat__opportunities',
    ],
    'opportunity_lines': [
        'salesforce__opportunity_lines', 'hubspot__opportunity_lines',
        'flat__opportunity_lines',
    ],
    'products': ['salesforce__products', 'hubspot__products', 'flat__products'],
    'quotes': ['salesforce__quotes', 'hubspot__quotes', 'flat__quotes'],
    'contracts': ['salesforce__contracts', 'flat__contracts'],
    'purchases': ['salesforce__orders', 'flat__purchases'],
    'subscriptions': ['flat__subscriptions'],
    'activities': [
        'salesforce__tasks', 'salesforce__events', 'hubspot__calls', 'hubspot__emails',
        'hubspot__meetings', 'hubspot__tasks', 'flat__activities',
    ],
    'campaigns': ['salesforce__campaigns', 'flat__campaigns'],
    'surveys': ['flat__surveys'],
}.items() -%}
{% set outer_last = loop.last -%}
{% for model in models -%}
select
    '{{ entity }}' as entity,
    source,
    '{{ model.split('__')[1] }}' as object,
    count(*) as records,
    count_if(is_deleted)::bigint as deleted,
    count_if(not is_deleted and exclusion_reason is not null)::bigint as excluded,
    count_if(not is_deleted and exclusion_reason is null)::bigint as kept
from {{ ref('stg_' ~ model) }}
group by source
{% if not (loop.last and outer_last) %}union all
{% endif %}
{%- endfor %}
{%- endfor %}
