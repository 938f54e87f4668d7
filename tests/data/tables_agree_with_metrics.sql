{{ config(meta={'dagster': {'ref': {'name': 'deals_open'}}}) }}
{# The tables beside the metrics count what the metrics count. Where both have nothing,
   one of them may lack the row. #}
with current_periods as (
    select
        period_type,
        period_start
    from {{ ref('dim_periods') }}
    where is_current
),

figures as (
    {% for kpi, figure in [
        ('open_opportunities', 'count(*)'), ('pipeline_value', 'sum(deals.amount)'),
        ('weighted_pipeline_value', 'sum(deals.weighted_amount)'),
    ] -%}
    select
        'deals_open' as table_name,
        '{{ kpi }}' as kpi,
        'stage' as scope_type,
        coalesce(deals.stage, '(none)') as scope_id,
        current_periods.period_type,
        current_periods.period_start,
        {{ figure }}::double as figure
    from {{ ref('deals_open') }} as deals
    cross join current_periods
    group by all
    union all
    select
        'deals_open' as table_name,
        '{{ kpi }}' as kpi,
        'rep' as scope_type,
        coalesce(deals.rep_id, '(none)') as scope_id,
        current_periods.period_type,
        current_periods.period_start,
        {{ figure }}::double as figure
    from {{ ref('deals_open') }} as deals
    cross join current_periods
    group by all
    union all
    {% endfor -%}
    select
        'stage_analysis' as table_name,
        'stage_duration_days' as kpi,
        'stage' as scope_type,
        stage as scope_id,
        period_type,
        period_start,
        mean_days_in_stage as figure
    from {{ ref('stage_analysis') }}
    {% for column, kpi in [
        ('tasks_due', 'tasks_due'), ('tasks_overdue', 'tasks_overdue'),
        ('calls', 'calls_made'), ('emails', 'emails_sent'),
        ('meetings', 'meetings_held'), ('demos', 'demos_and_onboarding_calls'),
    ] -%}
    union all
    -- Weeks cross the edges of years, not those of all time.
    select
        'team_activity' as table_name,
        '{{ kpi }}' as kpi,
        'rep' as scope_type,
        rep_id as scope_id,
        'all' as period_type,
        null as period_start,
        sum({{ column }})::double as figure
    from {{ ref('team_activity') }}
    group by rep_id
    {% endfor -%}
),

metrics as (
    select
        kpi,
        scope_type,
        scope_id,
        period_type,
        period_start,
        value
    from {{ ref('kpi_values') }}
    union all
    select
        kpi,
        scope_type,
        scope_id,
        'all' as period_type,
        null as period_start,
        sum(value) as value
    from {{ ref('kpi_values') }}
    where period_type = 'year'
    group by kpi, scope_type, scope_id
),

table_kpis as (
    select distinct
        table_name,
        kpi,
        scope_type,
        period_type,
        case when table_name = 'deals_open' then period_start end as only_period_start
    from figures
),

-- The figures that a table should have, also those that it has not.
expected as (
    select
        table_kpis.table_name,
        metrics.*
    from metrics
    inner join table_kpis
        on
            metrics.kpi = table_kpis.kpi
            and metrics.scope_type = table_kpis.scope_type
            and metrics.period_type = table_kpis.period_type
            and coalesce(metrics.period_start = table_kpis.only_period_start, true)
)

select
    coalesce(figures.table_name, expected.table_name) as table_name,
    coalesce(figures.kpi, expected.kpi) as kpi,
    coalesce(figures.scope_type, expected.scope_type) as scope_type,
    coalesce(figures.scope_id, expected.scope_id) as scope_id,
    coalesce(figures.period_type, expected.period_type) as period_type,
    coalesce(figures.period_start, expected.period_start) as period_start,
    figures.figure,
    expected.value as metric
from figures
full outer join expected
    on
        figures.table_name = expected.table_name
        and figures.kpi = expected.kpi
        and figures.scope_type = expected.scope_type
        and figures.scope_id = expected.scope_id
        and figures.period_type = expected.period_type
        and figures.period_start is not distinct from expected.period_start
where
    abs(coalesce(figures.figure, 0) - coalesce(expected.value, 0))
    > 1e-9 * greatest(abs(coalesce(expected.value, 0)), 1)
