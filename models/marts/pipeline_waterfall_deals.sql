{# Each term of the waterfall is a rule: for whom it counts, how much, when. Where a
   deal's owner changes along with something else, the owner changes first. A deal
   that closes in a period counts as due in it, whatever date was expected. #}
{% set terms = [
    ('created', 'amount_after', "change = 'created' and is_in"),
    ('pulled_in', 'amount_after', "was_open and not was_in and (is_in or is_closing)"),
    ('increased', 'greatest(amount_after - amount_before, 0)',
        "was_in and (is_in or is_closing)"),
    ('reopened', 'amount_after',
        "not was_open and (change = 'reopened' and is_in or is_closing)"),
    ('won', 'amount_after', "change = 'won'"),
    ('lost', 'amount_after', "change = 'lost'"),
    ('reopened_later', 'amount_before', "change = 'closed for a while' and was_in"),
    ('pushed_out', 'amount_before', "change = 'changed' and was_in and not is_in"),
    ('decreased', 'greatest(amount_before - amount_after, 0)',
        "was_in and (is_in or is_closing)"),
    ('owner_moves', 'amount_before', "was_in and has_moved"),
] %}

with pipelines as (
    select 'all' as pipeline
    union all
    select 'due' as pipeline
),

periods as (
    select
        periods.*,
        pipelines.pipeline
    from {{ ref('dim_periods') }} as periods
    cross join pipelines
    where periods.period_type in ('month', 'quarter')
),

holdings as (
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

changes as (
    select
        periods.pipeline,
        periods.period_type,
        periods.period_start,
        changes.*,
        changes.change in ('won', 'lost') as is_closing,
        changes.assignment_before <> changes.assignment_after as has_moved,
        changes.was_open
        and (
            periods.pipeline = 'all'
            or coalesce(
                changes.expected_close_date_before
                between periods.period_start and periods.period_end,
                false
            )
        ) as was_in,
        changes.is_open
        and (
            periods.pipeline = 'all'
            or coalesce(
                changes.expected_close_date_after
                between periods.period_start and periods.period_end,
                false
            )
        ) as is_in
    from {{ ref('int_pipeline_changes') }} as changes
    inner join periods
        on
            changes.change_date between periods.period_start and periods.last_day
            and (periods.pipeline = 'all' or changes.has_history_source)
),

-- What an open deal in another currency gained or lost because rates changed.
revaluations as (
    select
        periods.pipeline,
        periods.period_type,
        periods.period_start,
        segments.opportunity_id,
        segments.segment_number as change_number,
        'exchange_rate_change' as term,
        least(segments.valid_to_date, periods.last_day) as change_date,
        segments.rep_assignment_id,
        {{ in_reporting_currency('segments.original_amount', 'late_rates.rate') }}
        - {{ in_reporting_currency('segments.original_amount', 'early_rates.rate') }}
            as amount
    from {{ ref('int_pipeline_segments') }} as segments
    inner join periods
        on
            segments.valid_from_date <= periods.last_day
            and segments.valid_to_date > periods.day_before
            and (
                periods.pipeline = 'all'
                or segments.has_history_source
                and segments.expected_close_date
                between periods.period_start and periods.period_end
            )
    inner join {{ ref('int_exchange_rates') }} as early_rates
        on
            segments.currency = early_rates.currency
            and greatest(segments.valid_from_date, periods.day_before)
            >= early_rates.valid_from
            and greatest(segments.valid_from_date, periods.day_before)
            < early_rates.valid_to
    inner join {{ ref('int_exchange_rates') }} as late_rates
        on
            segments.currency = late_rates.currency
            and least(segments.valid_to_date, periods.last_day) >= late_rates.valid_from
            and least(segments.valid_to_date, periods.last_day) < late_rates.valid_to
    where segments.outcome = 'open' and early_rates.rate <> late_rates.rate
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
    select * from holdings
    union all
    select * from revaluations
    union all
    select * from sales_outside
    union all
    select
        pipeline,
        period_type,
        period_start,
        opportunity_id,
        change_number,
        'owner_moves' as term,
        change_date,
        assignment_before as rep_assignment_id,
        -amount_before as amount
    from changes
    where was_in and has_moved
    {% for term, amount, condition in terms -%}
    union all
    select
        pipeline,
        period_type,
        period_start,
        opportunity_id,
        change_number,
        '{{ term }}' as term,
        change_date,
        assignment_after as rep_assignment_id,
        {{ amount }} as amount
    from changes
    where {{ condition }}
    {% endfor %}
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
