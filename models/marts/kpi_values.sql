-- What the delivered extracts allow: without activities, say, a share of leads answered
-- would be 0, which nobody knows.
with available as (
    select
        kpi_catalog.kpi,
        kpi_catalog.scopes,
        kpi_catalog.periods,
        kpi_catalog.when_empty
    from {{ ref('kpi_catalog') }} as kpi_catalog
    inner join {{ ref('kpi_availability') }} as availability
        on kpi_catalog.kpi = availability.kpi
    where availability.is_available
),

measured as (
    select * from {{ ref('int_kpi_values') }}
    where kpi in (select available.kpi from available)
),

fillable as (
    select * from available
    where when_empty = 'zero'
),

-- Products, stages and the like exist from their first record in a metric on.
first_records as (
    select
        measured.kpi,
        measured.scope_type,
        measured.scope_id,
        measured.period_type,
        min(measured.period_start) as first_period_start
    from measured
    inner join fillable
        on measured.kpi = fillable.kpi
    where
        measured.scope_type not in ('company', 'region', 'team', 'rep')
        and measured.scope_id <> '(none)'
    group by all
),

periods_of_existence as (
    select
        fillable.kpi,
        scope_periods.scope_type,
        scope_periods.scope_id,
        scope_periods.period_type,
        scope_periods.period_start
    from fillable
    inner join {{ ref('dim_scope_periods') }} as scope_periods
        on
            {{ lists('fillable.scopes', 'scope_periods.scope_type') }}
            and {{ lists('fillable.periods', 'scope_periods.period_type') }}
    union all
    select
        first_records.kpi,
        first_records.scope_type,
        first_records.scope_id,
        periods.period_type,
        periods.period_start
    from first_records
    inner join {{ ref('dim_periods') }} as periods
        on
            first_records.period_type = periods.period_type
            and first_records.first_period_start <= periods.period_start
),

filled as (
    select * from measured
    where value is not null
    union all
    select
        *,
        0 as numerator,
        null as denominator,
        0 as value,
        0 as sample_size
    from periods_of_existence
    anti join measured
        using (kpi, scope_type, scope_id, period_type, period_start)
)

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
from filled
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
left join filled as {{ other }}
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
