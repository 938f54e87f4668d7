{# States of deals in order, cut by the team changes of their owner. What a deal that
   closed before its creation was in between is no state. #}
select
    intervals.opportunity_id,
    row_number() over (
        partition by intervals.opportunity_id
        order by intervals.interval_number, assignments.valid_from
    )::integer as segment_number,
    coalesce(assignments.rep_assignment_id, '(none)') as rep_assignment_id,
    intervals.outcome,
    intervals.has_history_source,
    coalesce(intervals.original_amount, 0)::decimal(28, 8) as original_amount,
    intervals.currency,
    intervals.expected_close_date,
    greatest(
        intervals.valid_from_date,
        coalesce(assignments.valid_from, intervals.valid_from_date)
    ) as valid_from_date,
    least(
        intervals.valid_to_date,
        coalesce(assignments.valid_to, intervals.valid_to_date)
    ) as valid_to_date
from {{ ref('fct_opportunity_intervals') }} as intervals
left join {{ ref('dim_rep_assignments') }} as assignments
    on
        intervals.rep_id = assignments.rep_id
        and intervals.valid_from_date < assignments.valid_to
        -- A state that begins and ends on one day has the team of that day.
        and (
            intervals.valid_to_date > assignments.valid_from
            or intervals.valid_from_date >= assignments.valid_from
        )
where intervals.valid_from_date <= intervals.valid_to_date
