{{ config(meta={'dagster': {'ref': {'name': 'rep_quarter'}}}) }}
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
