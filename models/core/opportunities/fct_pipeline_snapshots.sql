{# Deals open at the start of a month's first day (opening) and at the end of its
   last day, or of the as-of date (closing), as they then were. #}
with moments as (
    select
        'opening' as snapshot,
        period_start as snapshot_date,
        day_before as state_date
    from {{ ref('dim_periods') }}
    where period_type = 'month'
    union all
    select
        'closing' as snapshot,
        last_day as snapshot_date,
        last_day as state_date
    from {{ ref('dim_periods') }}
    where period_type = 'month'
)

select
    moments.snapshot,
    moments.snapshot_date,
    intervals.opportunity_id,
    intervals.rep_id,
    coalesce(assignments.rep_assignment_id, '(none)') as rep_assignment_id,
    intervals.stage,
    {{ in_reporting_currency('intervals.original_amount', 'rates.rate') }} as amount,
    intervals.probability,
    (amount * intervals.probability)::decimal(28, 8) as weighted_amount,
    intervals.expected_close_date,
    {{ dbt.datediff('intervals.created_date', 'moments.state_date', 'day') }}::integer
        as age_days,
    intervals.has_history_source
from {{ ref('fct_opportunity_intervals') }} as intervals
inner join moments
    on
        intervals.valid_from_date <= moments.state_date
        and intervals.valid_to_date > moments.state_date
left join {{ ref('dim_rep_assignments') }} as assignments
    on
        intervals.rep_id = assignments.rep_id
        and moments.snapshot_date >= assignments.valid_from
        and moments.snapshot_date < assignments.valid_to
left join {{ ref('int_exchange_rates') }} as rates
    on
        intervals.currency = rates.currency
        and moments.snapshot_date >= rates.valid_from
        and moments.snapshot_date < rates.valid_to
where intervals.outcome = 'open'
