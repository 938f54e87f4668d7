{# What an open deal in another currency gained or lost because rates changed. #}
with periods as (
    select
        periods.*,
        pipelines.pipeline
    from {{ ref('dim_periods') }} as periods
    cross join (values ('all'), ('due')) as pipelines (pipeline)
    where periods.period_type in ('month', 'quarter')
)

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
