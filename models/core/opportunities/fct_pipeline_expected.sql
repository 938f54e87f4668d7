{# Deals open on the first day of a period and then expected to close in it, with
   what had become of them by its end; only of sources that deliver history. #}
select
    openings.opportunity_id,
    periods.period_type,
    periods.period_start,
    openings.rep_id,
    openings.rep_assignment_id,
    openings.stage,
    openings.amount,
    openings.weighted_amount,
    openings.expected_close_date,
    -- In the current period only what was expected by the as-of date can have slipped.
    openings.expected_close_date <= periods.last_day as is_due,
    coalesce(closings.outcome, 'open') as outcome_at_end
from {{ ref('fct_pipeline_snapshots') }} as openings
inner join {{ ref('dim_periods') }} as periods
    on
        openings.snapshot_date = periods.period_start
        and openings.expected_close_date between periods.period_start
        and periods.period_end
left join {{ ref('fct_opportunity_intervals') }} as closings
    on
        openings.opportunity_id = closings.opportunity_id
        and periods.last_day >= closings.valid_from_date
        and periods.last_day < closings.valid_to_date
where openings.snapshot = 'opening' and openings.has_history_source
