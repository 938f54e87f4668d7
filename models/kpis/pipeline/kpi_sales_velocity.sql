select
    rates.scope_type,
    rates.scope_id,
    rates.period_type,
    rates.period_start,
    null::double as numerator,
    null::double as denominator,
    rates.denominator * sizes.value * wins.value / nullif(cycles.value, 0) as value,
    null::bigint as sample_size
from {{ ref('kpi_lead_to_deal_rate') }} as rates
{% for kpi, name in [
    ('average_deal_size', 'sizes'), ('win_rate', 'wins'), ('sales_cycle_days', 'cycles'),
] -%}
inner join {{ ref('kpi_' ~ kpi) }} as {{ name }}
    using (scope_type, scope_id, period_type, period_start)
{% endfor %}
