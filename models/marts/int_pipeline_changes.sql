{# What a change did to a deal in the pipeline: its owner, amount and expected close
   date before and after. A final close leaves with the present amount, credited to
   who closed the deal; a close that did not last leaves with the amount of then. #}
with segments as (
    select
        segments.*,
        deals.closed_date,
        lag(segments.segment_number) over by_time is null as is_first,
        lag(segments.outcome) over by_time as outcome_before,
        lag(segments.rep_assignment_id) over by_time as assignment_before,
        lag(segments.original_amount) over by_time as original_amount_before,
        lag(segments.expected_close_date) over by_time as expected_close_date_before,
        lag(segments.valid_to_date) over by_time as valid_to_date_before,
        bool_or(segments.outcome = 'open') over until_now as is_or_was_open,
        -- Closed to the end, from the day on that dates the close.
        deals.is_closed
        and segments.valid_from_date >= deals.closed_date
        and bool_and(segments.outcome = deals.outcome) over from_now
            as is_closed_for_good
    from {{ ref('int_pipeline_segments') }} as segments
    inner join {{ ref('fct_opportunities') }} as deals
        on segments.opportunity_id = deals.opportunity_id
    window
        by_time as (
            partition by segments.opportunity_id order by segments.segment_number
        ),
        until_now as (
            partition by segments.opportunity_id order by segments.segment_number
            rows between unbounded preceding and current row
        ),
        from_now as (
            partition by segments.opportunity_id order by segments.segment_number
            rows between current row and unbounded following
        )
),

named as (
    select
        *,
        case
            when is_closed_for_good then outcome
            when outcome = 'open' and is_first then 'created'
            when outcome = 'open' and outcome_before <> 'open' then 'reopened'
            when outcome = 'open' then 'changed'
            when outcome_before = 'open' then 'closed for a while'
        end as change,
        case
            when is_closed_for_good then closed_date
            when outcome = 'open' then valid_from_date
            else valid_to_date_before
        end as change_date
    from segments
    where is_or_was_open
    qualify
        not is_closed_for_good
        or segment_number = min(
            case when is_closed_for_good then segment_number end
        ) over (partition by opportunity_id)
)

select
    named.opportunity_id,
    named.segment_number as change_number,
    named.change,
    named.change_date,
    named.has_history_source,
    coalesce(named.outcome_before = 'open', false) as was_open,
    named.outcome = 'open' as is_open,
    named.assignment_before,
    case
        when named.is_closed_for_good then deals.closed_by_assignment_id
        else named.rep_assignment_id
    end as assignment_after,
    {{ in_reporting_currency('named.original_amount_before', 'rates.rate') }}
        as amount_before,
    case
        when named.is_closed_for_good then coalesce(deals.amount, 0)
        else {{ in_reporting_currency('named.original_amount', 'rates.rate') }}
    end::decimal(28, 8) as amount_after,
    named.expected_close_date_before,
    named.expected_close_date as expected_close_date_after
from named
inner join {{ ref('fct_opportunities') }} as deals
    on named.opportunity_id = deals.opportunity_id
left join {{ ref('int_exchange_rates') }} as rates
    on
        named.currency = rates.currency
        and named.change_date >= rates.valid_from
        and named.change_date < rates.valid_to
where
    named.change in ('created', 'reopened', 'won', 'lost', 'closed for a while')
    or named.change = 'changed'
    and (
        named.assignment_before <> named.rep_assignment_id
        or named.original_amount_before <> named.original_amount
        or named.expected_close_date_before is distinct from named.expected_close_date
    )
