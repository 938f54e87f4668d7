-- depends_on: {{ ref('kpi_catalog') }}
with employed as (
    select
        rep_periods.rep_id,
        rep_periods.period_start,
        -- Where a rep changes teams within the quarter, the last one.
        max_by(
            rep_periods.rep_assignment_id, assignments.valid_from
        ) as rep_assignment_id
    from {{ ref('fct_rep_periods') }} as rep_periods
    inner join {{ ref('dim_rep_assignments') }} as assignments
        on rep_periods.rep_assignment_id = assignments.rep_assignment_id
    where rep_periods.is_there_in_period and rep_periods.period_type = 'quarter'
    group by rep_periods.rep_id, rep_periods.period_start
),

figures as (
    select
        scope_id as rep_id,
        {% for kpi in rep_quarter_kpis() -%}
        max(value) filter (where kpi = '{{ kpi }}') as {{ kpi }},
        {% endfor -%}
        period_start
    from {{ ref('kpi_values') }}
    where scope_type = 'rep' and period_type = 'quarter'
    group by scope_id, period_start
)

select
    employed.rep_id,
    employed.period_start as quarter_start,
    periods.period_end as quarter_end,
    periods.period_name as quarter,
    periods.is_complete,
    reps.rep_name,
    assignments.role,
    assignments.team,
    assignments.region,
    assignments.manager,
    {{ dbt.datediff(
        'reps.hire_date', 'least(periods.last_day, reps.leave_date)', 'day'
    ) }}::integer as tenure_days,
    quotas.quota::double as quota
{%- for kpi in rep_quarter_kpis() %},
    figures.{{ kpi }}
    {%- endfor %}
from employed
inner join {{ ref('dim_periods') }} as periods
    on
        employed.period_start = periods.period_start
        and periods.period_type = 'quarter'
inner join {{ ref('dim_reps') }} as reps
    on employed.rep_id = reps.rep_id
inner join {{ ref('dim_rep_assignments') }} as assignments
    on employed.rep_assignment_id = assignments.rep_assignment_id
left join {{ ref('fct_quota_periods') }} as quotas
    on
        employed.rep_id = quotas.scope_id
        and quotas.scope_type = 'rep'
        and quotas.period_type = 'quarter'
        and employed.period_start = quotas.period_start
left join figures
    on
        employed.rep_id = figures.rep_id
        and employed.period_start = figures.period_start
