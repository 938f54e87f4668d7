{# The metrics that have a target, in the latest complete and the current period;
   where no target is for these, the headline metrics of the company. #}
with shown_periods as (
    select *
    from {{ ref('dim_periods') }}
    qualify
        is_current
        or period_start = max(period_start) filter (where is_complete) over (
            partition by period_type
        )
),

current_targets as (
    select targets.*
    from {{ ref('fct_targets') }} as targets
    inner join shown_periods using (period_type, period_start)
),

rows_shown as (
    select
        kpi,
        scope_type,
        scope_id,
        period_type,
        period_start,
        target
    from current_targets
    union all
    select
        kpi,
        'company' as scope_type,
        'company' as scope_id,
        unnest(string_split(periods, ' ')) as period_type,
        null as period_start,
        null as target
    from {{ ref('kpi_catalog') }}
    where is_headline and not exists (select 1 from current_targets)
)

select
    kpi_catalog.kpi,
    kpi_catalog.label,
    kpi_catalog.theme,
    kpi_catalog.timing,
    kpi_catalog.unit,
    kpi_catalog.better,
    rows_shown.scope_type,
    rows_shown.scope_id,
    coalesce(scope_names.scope_name, rows_shown.scope_id) as scope_name,
    periods.period_type,
    periods.period_start,
    periods.period_end,
    periods.period_name,
    periods.is_complete,
    kpi_values.value,
    kpi_values.previous_value,
    kpi_values.year_ago_value,
    rows_shown.target,
    kpi_values.target_status,
    case
        when kpi_values.value is null or kpi_values.previous_value is null then null
        when kpi_values.value = kpi_values.previous_value then 'steady'
        when
            kpi_catalog.better = 'higher'
            and kpi_values.value > kpi_values.previous_value
            or kpi_catalog.better = 'lower'
            and kpi_values.value < kpi_values.previous_value
            or kpi_catalog.better = 'zero'
            and abs(kpi_values.value) < abs(kpi_values.previous_value)
            then 'improving'
        else 'worsening'
    end as trend
from rows_shown
inner join shown_periods as periods
    on
        rows_shown.period_type = periods.period_type
        and coalesce(rows_shown.period_start, periods.period_start)
        = periods.period_start
inner join {{ ref('kpi_catalog') }} as kpi_catalog
    on
        rows_shown.kpi = kpi_catalog.kpi
        and {{ lists('kpi_catalog.scopes', 'rows_shown.scope_type') }}
left join {{ ref('scope_names') }} as scope_names
    on
        rows_shown.scope_type = scope_names.scope_type
        and rows_shown.scope_id = scope_names.scope_id
left join {{ ref('kpi_values') }} as kpi_values
    on
        rows_shown.kpi = kpi_values.kpi
        and rows_shown.scope_type = kpi_values.scope_type
        and rows_shown.scope_id = kpi_values.scope_id
        and periods.period_type = kpi_values.period_type
        and periods.period_start = kpi_values.period_start
