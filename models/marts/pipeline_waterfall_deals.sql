{# The balances at both ends of a period, what moved between them, and the sales of
   deals that never were in the pipeline. #}
with periods as (
    select
        periods.*,
        pipelines.pipeline
    from {{ ref('dim_periods') }} as periods
    cross join (values ('all'), ('due')) as pipelines (pipeline)
    where periods.period_type in ('month', 'quarter')
),

balances as (
    select
        periods.pipeline,
        periods.period_type,
        periods.period_start,
        snapshots.opportunity_id,
        0 as change_number,
        case
            when snapshots.snapshot_date = periods.day_before then 'opening_pipeline'
            else 'closing_pipeline'
        end as term,
        snapshots.snapshot_date as change_date,
        snapshots.rep_assignment_id,
        snapshots.amount
    from {{ ref('fct_pipeline_snapshots') }} as snapshots
    inner join periods
        on
            snapshots.snapshot_date in (periods.day_before, periods.last_day)
            and (
                periods.pipeline = 'all'
                or snapshots.has_history_source
                and snapshots.expected_close_date
                between periods.period_start and periods.period_end
            )
    where snapshots.snapshot = 'closing'
),

sales_outside as (
    select
        periods.pipeline,
        periods.period_type,
        periods.period_start,
        deals.opportunity_id,
        0 as change_number,
        'won_outside_pipeline' as term,
        deals.closed_date as change_date,
        deals.closed_by_assignment_id as rep_assignment_id,
        deals.amount
    from {{ ref('fct_opportunities') }} as deals
    inner join periods
        on
            deals.closed_date between periods.period_start and periods.last_day
            and (periods.pipeline = 'all' or deals.has_history_source)
    where
        deals.is_won
        and deals.opportunity_id not in (
            select won_deals.opportunity_id
            from {{ ref('int_pipeline_changes') }} as won_deals
            where won_deals.change = 'won'
        )
),

all_terms as (
    select * from balances
    union all
    select * from {{ ref('int_pipeline_moves') }}
    union all
    select * from {{ ref('int_pipeline_revaluations') }}
    union all
    select * from sales_outside
)

select
    pipeline,
    period_type,
    period_start,
    opportunity_id,
    term,
    change_number,
    change_date,
    rep_assignment_id,
    amount::decimal(28, 8) as amount
from all_terms
where amount <> 0
