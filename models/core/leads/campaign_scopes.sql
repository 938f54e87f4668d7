{# What a campaign counts for: the company, itself, its own lead source. #}
{% for scope_type, scope_id in [
    ('company', "'company'"), ('campaign', 'campaign_id'),
    ('lead_source', "coalesce(lead_source, '(none)')"),
] -%}
select
    campaign_id,
    '{{ scope_type }}' as scope_type,
    {{ scope_id }} as scope_id
from {{ ref('dim_campaigns') }}
{% if not loop.last %}union all
{% endif %}
{%- endfor %}
