{# The ten largest of each kind: open at the end of the quarter, won in it, lost in
   it. A deal without an amount is not among them. #}
with quarters as (
    select quarters.*
    from {{ ref('dim_periods') }} as quarters
    inner join {{ ref('dim_periods') }} as current_quarter
        on quarters.period_start in (
            current_quarter.period_start, current_quarter.previous_period_start
        )
    where
        quarters.period_type = 'quarter'
        and current_quarter.period_type = 'quarter'
        and current_quarter.is_current
),

deals as (
    select
        quarters.period_start as quarter_start,
        'open' as outcome,
        snapshots.opportunity_id,
        snapshots.rep_assignment_id,
        snapshots.stage,
        snapshots.amount,
        snapshots.expected_close_date,
        null::date as closed_date
    from {{ ref('fct_pipeline_snapshots') }} as snapshots
    inner join quarters
        on snapshots.snapshot_date = quarters.last_day
    where snapshots.snapshot = 'closing'
    union all
    select
        quarters.period_start as quarter_start,
        opportunities.outcome,
        opportunities.opportunity_id,
        opportunities.closed_by_assignment_id as rep_assignment_id,
        opportunities.stage,
        opportunities.amount,
        null as expected_close_date,
        opportunities.closed_date
    from {{ ref('fct_opportunities') }} as opportunities
    inner join quarters
        on opportunities.closed_date between quarters.period_start and quarters.last_day
    where opportunities.is_closed
),

ranked as (
    select
        *,
        row_number() over (
            partition by quarter_start, outcome order by amount desc, opportunity_id asc
        )::integer as size_rank
    from deals
    where amount is not null
)

select
    ranked.quarter_start,
    ranked.outcome,
    ranked.size_rank,
    quarters.period_name as quarter,
    quarters.is_current as is_current_quarter,
    ranked.opportunity_id,
    opportunities.opportunity_name,
    assignments.rep_id,
    coalesce(reps.rep_name, 'Unassigned') as rep_name,
    assignments.team,
    opportunities.account_id,
    coalesce(accounts.account_name, 'No account') as account_name,
    ranked.stage,
    opportunities.lead_source,
    case when ranked.outcome = 'lost' then opportunities.lost_reason end as lost_reason,
    ranked.amount,
    opportunities.created_date,
    ranked.expected_close_date,
    ranked.closed_date,
    case when ranked.outcome <> 'open' then opportunities.cycle_days end as cycle_days
from ranked
inner join quarters
    on ranked.quarter_start = quarters.period_start
inner join {{ ref('fct_opportunities') }} as opportunities
    on ranked.opportunity_id = opportunities.opportunity_id
left join {{ ref('dim_rep_assignments') }} as assignments
    on ranked.rep_assignment_id = assignments.rep_assignment_id
left join {{ ref('dim_reps') }} as reps
    on assignments.rep_id = reps.rep_id
left join {{ ref('dim_accounts') }} as accounts
    on opportunities.account_id = accounts.account_id
where ranked.size_rank <= 10
