with forecasts as (
    select *
    from {{ source('flat', 'forecasts') }}
    {{ latest_record([
        'source',
        rep_reference('rep'),
        'lower(period_type)',
        to_date('period_start'),
        to_date('submitted_on'),
    ]) }}
)

select
    source,
    {{ rep_reference('rep') }} as rep_ref,
    lower(period_type) as period_type,
    {{ to_date('period_start') }} as period_start,
    {{ to_date('submitted_on') }} as submitted_date,
    {{ to_decimal('amount') }} as amount,
    upper(currency) as currency,
    coalesce({{ to_boolean('is_deleted') }}, false) or not is_current as is_deleted,
    exclusion_reason
from forecasts
