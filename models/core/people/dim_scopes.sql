{% for scope_type, scope_id in [
    ('rep', 'rep_id'), ('team', 'team'), ('region', 'region'), ('company', "'company'"),
] -%}
select
    rep_assignment_id,
    '{{ scope_type }}' as scope_type,
    coalesce({{ scope_id }}, '(none)') as scope_id
from {{ ref('dim_rep_assignments') }}
{% if not loop.last %}union all
{% endif %}
{%- endfor %}
