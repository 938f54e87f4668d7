with fx_rates as (
    select *
    from {{ source('flat', 'fx_rates') }}
    {{ latest_record(['source', 'upper(currency)', to_date('from_date')]) }}
)

select
    source,
    upper(currency) as currency,
    {{ to_date('from_date') }} as from_date,
    {{ to_decimal('rate', scale=14) }} as rate,
    coalesce({{ to_boolean('is_deleted') }}, false) or not is_current as is_deleted,
    exclusion_reason
from fx_rates
