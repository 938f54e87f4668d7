{% set kpis = [
    'average_deal_size',
    'calls_and_emails',
    'customer_acquisition_cost',
    'lead_conversion_rate',
    'lead_response_minutes',
    'median_deal_size',
    'mrr',
    'new_leads',
    'pipeline_value',
    'quota_attainment',
    'rep_ramp_days',
    'rep_retention_rate',
    'sales',
    'sales_by_product',
    'sales_cycle_days',
    'sales_growth',
    'slippage_rate',
    'win_rate',
] %}

{% for kpi in kpis -%}
select
    '{{ kpi }}' as kpi,
    scope_type,
    scope_id,
    period_type,
    period_start,
    numerator,
    denominator,
    value,
    sample_size
from {{ ref('kpi_' ~ kpi) }}
{% if not loop.last %}union all
{% endif %}
{%- endfor %}
