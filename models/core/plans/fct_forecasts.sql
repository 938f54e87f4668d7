{# Every forecast that a rep submitted. The one that counts for its period is the last
   one submitted on or before the period's first day, else the first one after it. #}
with forecasts as (
    select
        reps.rep_id,
        forecasts.period_type,
        forecasts.period_start,
        forecasts.submitted_date,
        forecasts.amount as original_amount,
        coalesce(forecasts.currency, settings.reporting_currency) as currency,
        case forecasts.period_type
            when 'month' then 1
            when 'quarter' then 3
            when 'year' then 12
        end as months_long
    from {{ ref('stg_flat__forecasts') }} as forecasts
    cross join {{ source('landing', 'settings') }} as settings
    inner join {{ ref('int_rep_references') }} as keys
        on forecasts.rep_ref = keys.reference
    inner join {{ ref('int_reps') }} as reps
        on keys.rep_id = reps.rep_id
    where
        not forecasts.is_deleted
        and forecasts.exclusion_reason is null
        and forecasts.submitted_date <= settings.as_of_date
)

select
    forecasts.rep_id,
    coalesce(assignments.rep_assignment_id, '(none)') as rep_assignment_id,
    forecasts.period_type,
    forecasts.period_start,
    forecasts.months_long,
    forecasts.submitted_date,
    row_number() over (
        partition by forecasts.rep_id, forecasts.period_type, forecasts.period_start
        order by
            forecasts.submitted_date > forecasts.period_start,
            abs({{ dbt.datediff(
                'forecasts.submitted_date', 'forecasts.period_start', 'day'
            ) }})
    ) = 1
    and forecasts.submitted_date < {{ dbt.dateadd(
        'month', 'forecasts.months_long', 'forecasts.period_start'
    ) }} as is_chosen,
    row_number() over (
        partition by forecasts.rep_id, forecasts.period_type, forecasts.period_start
        order by forecasts.submitted_date desc
    ) = 1 as is_latest,
    {{ in_reporting_currency('forecasts.original_amount', 'rates.rate') }} as amount,
    forecasts.original_amount,
    forecasts.currency
from forecasts
left join {{ ref('dim_rep_assignments') }} as assignments
    on
        forecasts.rep_id = assignments.rep_id
        and forecasts.period_start >= assignments.valid_from
        and forecasts.period_start < assignments.valid_to
left join {{ ref('int_exchange_rates') }} as rates
    on
        forecasts.currency = rates.currency
        and forecasts.period_start >= rates.valid_from
        and forecasts.period_start < rates.valid_to
