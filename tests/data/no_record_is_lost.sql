{{ config(meta={'dagster': {'ref': {'name': 'kpi_values'}}}) }}
{# What one step holds the next one holds: no join drops a record. #}
{% for step, next_step, key, condition in [
    ('int_accounts', 'dim_accounts', ['account_id'], 'exclusion_reason is null'),
    ('int_activities', 'fct_activities', ['activity_id'], 'true'),
    ('int_leads', 'fct_leads', ['lead_id'], 'true'),
    ('int_opportunities', 'fct_opportunities', ['opportunity_id'], 'true'),
    ('int_reps', 'dim_reps', ['rep_id'], 'true'),
    (
        'int_kpi_values',
        'kpi_values',
        ['kpi', 'scope_type', 'scope_id', 'period_type', 'period_start'],
        'value is not null',
    ),
] -%}
select
    '{{ step }}' as is_in,
    '{{ next_step }}' as is_not_in,
    concat_ws(' ', {{ key | join(', ') }}) as record
from {{ ref(step) }}
anti join {{ ref(next_step) }} using ({{ key | join(', ') }})
where {{ condition }}
{% if not loop.last %}union all
{% endif -%}
{% endfor %}
