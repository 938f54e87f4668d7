select
    filled.kpi,
    filled.scope_type,
    filled.scope_id,
    filled.period_type,
    filled.period_start,
    filled.numerator,
    filled.denominator,
    filled.value,
    filled.sample_size,
    coalesce(scope_names.scope_name, filled.scope_id) as scope_name,
    periods.period_end,
    periods.is_complete,
    kpi_catalog.unit,
    earlier.value as previous_value,
    year_ago.value as year_ago_value,
    targets.target,
    case
        when targets.target is null then null
        when kpi_catalog.better = 'higher' and filled.value >= targets.target
            then 'met'
        when kpi_catalog.better = 'lower' and filled.value <= targets.target
            then 'met'
        when kpi_catalog.better = 'zero' and abs(filled.value) <= abs(targets.target)
            then 'met'
        when
            kpi_catalog.better = 'zero'
            and abs(filled.value) <= 1.1 * abs(targets.target) * (1 + 1e-9)
            then 'close'
        when
            kpi_catalog.better <> 'zero'
            and abs(filled.value - targets.target)
            <= 0.1 * abs(targets.target) * (1 + 1e-9)
            then 'close'
        else 'missed'
    end as target_status
from {{ ref('int_kpi_values_filled') }} as filled
inner join {{ ref('dim_periods') }} as periods
    on
        filled.period_type = periods.period_type
        and filled.period_start = periods.period_start
inner join {{ ref('kpi_catalog') }} as kpi_catalog
    on filled.kpi = kpi_catalog.kpi
left join {{ ref('scope_names') }} as scope_names
    on
        filled.scope_type = scope_names.scope_type
        and filled.scope_id = scope_names.scope_id
{% for other, start in [
    ('earlier', 'previous_period_start'), ('year_ago', 'year_ago_period_start'),
] -%}
left join {{ ref('int_kpi_values_filled') }} as {{ other }}
    on
        filled.kpi = {{ other }}.kpi
        and filled.scope_type = {{ other }}.scope_type
        and filled.scope_id = {{ other }}.scope_id
        and filled.period_type = {{ other }}.period_type
        and periods.{{ start }} = {{ other }}.period_start
{% endfor -%}
left join {{ ref('fct_targets') }} as targets
    on
        filled.kpi = targets.kpi
        and filled.scope_type = targets.scope_type
        and filled.scope_id = targets.scope_id
        and filled.period_type = targets.period_type
        and filled.period_start = targets.period_start
