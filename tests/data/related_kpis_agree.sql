{{ config(meta={'dagster': {'ref': {'name': 'kpi_values'}}}) }}
{# Metrics that are defined by one another, wherever one of them has a figure. #}
{% set relations = {
    'calls_and_emails': 'coalesce(calls_made, 0) + coalesce(emails_sent, 0)',
    'arr': '12 * mrr',
    'customer_retention_rate': '1 - customer_churn_rate',
    'gross_revenue_retention': '1 - revenue_churn_rate',
    'mrr_of_arpa': 'arpa * paying_accounts',
} %}
{% set kpis = [
    'arpa', 'arr', 'calls_and_emails', 'calls_made', 'customer_churn_rate',
    'customer_retention_rate', 'emails_sent', 'gross_revenue_retention', 'mrr',
    'revenue_churn_rate',
] %}

with figures as (
    select
        scope_type,
        scope_id,
        period_type,
        period_start,
        -- Where accounts pay, what they pay is the whole of the MRR.
        max(denominator) filter (where kpi = 'arpa') as paying_accounts,
        case
            when max(denominator) filter (where kpi = 'arpa') > 0
                then max(value) filter (where kpi = 'mrr')
        end as mrr_of_arpa,
        {% for kpi in kpis -%}
        max(value) filter (where kpi = '{{ kpi }}') as {{ kpi }}
        {%- if not loop.last %},
        {% endif %}
        {%- endfor %}
    from {{ ref('kpi_values') }}
    group by scope_type, scope_id, period_type, period_start
)

{% for kpi, expression in relations.items() -%}
select
    '{{ kpi }} is not {{ expression }}' as problem,
    scope_type,
    scope_id,
    period_type,
    period_start,
    {{ kpi }} as figure,
    {{ expression }} as expected
from figures
where
    abs(coalesce({{ kpi }}, 0) - coalesce({{ expression }}, 0))
    > 1e-9 * greatest(abs(coalesce({{ kpi }}, 0)), 1)
{% if not loop.last %}union all
{% endif -%}
{% endfor %}
