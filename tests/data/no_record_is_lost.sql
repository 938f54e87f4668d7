{{ config(meta={'dagster': {'ref': {'name': 'kpi_values'}}}) }}
{# What one step holds the next one holds: no join drops a record. Figures that cannot
   be known, and those of extracts that were not delivered, are dropped on purpose. #}
with measured as (
    select figures.*
    from {{ ref('int_kpi_values') }} as figures
    inner join {{ ref('kpi_availability') }} as availability
        on figures.kpi = availability.kpi and availability.is_available
    where figures.value is not null
),

accounts as (
    select * from {{ ref('int_accounts') }}
    where exclusion_reason is null
)

{% for records, step, next_step, key in [
    ('accounts', 'int_accounts', 'dim_accounts', ['account_id']),
    (ref('int_activities'), 'int_activities', 'fct_activities', ['activity_id']),
    (ref('int_leads'), 'int_leads', 'fct_leads', ['lead_id']),
    (
        ref('int_opportunities'), 'int_opportunities', 'fct_opportunities',
        ['opportunity_id'],
    ),
    (ref('int_reps'), 'int_reps', 'dim_reps', ['rep_id']),
    (
        'measured', 'int_kpi_values', 'kpi_values',
        ['kpi', 'scope_type', 'scope_id', 'period_type', 'period_start'],
    ),
] -%}
select
    '{{ step }}' as is_in,
    '{{ next_step }}' as is_not_in,
    concat_ws(' ', {{ key | join(', ') }}) as record
from {{ records }}
anti join {{ ref(next_step) }} using ({{ key | join(', ') }})
{% if not loop.last %}union all
{% endif -%}
{% endfor %}
