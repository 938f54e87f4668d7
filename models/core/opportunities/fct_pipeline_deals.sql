{# Deals in the pipeline at any time in a period: open at its start, credited to the
   owner of that day, or created in it, credited to the owner at creation. #}
select
    snapshots.opportunity_id,
    periods.period_type,
    periods.period_start,
    snapshots.rep_assignment_id
from {{ ref('fct_pipeline_snapshots') }} as snapshots
inner join {{ ref('dim_periods') }} as periods
    on snapshots.snapshot_date = periods.period_start
where snapshots.snapshot = 'opening'
union all
select
    opportunities.opportunity_id,
    date_periods.period_type,
    date_periods.period_start,
    opportunities.created_by_assignment_id as rep_assignment_id
from {{ ref('fct_opportunities') }} as opportunities
inner join {{ ref('dim_date_periods') }} as date_periods
    on opportunities.created_date = date_periods.date_day
