{{ config(meta={'dagster': {'ref': {'name': 'rep_quarter'}}}) }}
{# Every quarter of every rep's employment has a row, with the figures of kpi_values. #}
-- depends_on: {{ ref('kpi_catalog') }}
-- depends_on: {{ ref('rep_quarter') }}
with figures as (
    select
        kpi,
        scope_id as rep_id,
        period_start as quarter_start,
        value
    from {{ ref('kpi_values') }}
    where scope_type = 'rep' and period_type = 'quarter'
),

long as (
    select * from figures
    where false
    {% for kpi in rep_quarter_kpis() -%}
    union all
    select
        '{{ kpi }}' as kpi,
        rep_id,
        quarter_start,
        {{ kpi }} as value
    from {{ ref('rep_quarter') }}
    {% endfor -%}
)

select
    kpi,
    rep_id,
    quarter_start,
    long.value as in_rep_quarter,
    figures.value as in_kpi_values
from long
left join figures using (kpi, rep_id, quarter_start)
where long.value is distinct from figures.value
union all
select
    'no row at all' as kpi,
    reps.rep_id,
    quarters.period_start as quarter_start,
    null as in_rep_quarter,
    null as in_kpi_values
from {{ ref('dim_reps') }} as reps
inner join {{ ref('dim_periods') }} as quarters
    on
        quarters.period_type = 'quarter'
        and reps.hire_date <= quarters.last_day
        and coalesce(reps.leave_date >= quarters.period_start, true)
left join {{ ref('rep_quarter') }} as rows_there
    on
        reps.rep_id = rows_there.rep_id
        and quarters.period_start = rows_there.quarter_start
where rows_there.rep_id is null and coalesce(reps.leave_date >= reps.hire_date, true)
