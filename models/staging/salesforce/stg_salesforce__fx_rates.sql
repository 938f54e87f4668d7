-- Rates by date, and the undated ones for what those leave open. A currency's first
-- dated rate may begin in the year 0, which is from the start, like an undated one.
with dated_conversion_rates as (
    select *
    from {{ source('salesforce', 'dated_conversion_rate') }}
    {{ latest_record(
        ['source', 'upper(isocode)', to_date('startdate')],
        modified_at='systemmodstamp',
    ) }}
),

currency_types as (
    select *
    from {{ source('salesforce', 'currency_type') }}
    {{ latest_record(['source', 'upper(isocode)'], modified_at='systemmodstamp') }}
),

all_rates as (
    select
        source,
        upper(isocode) as currency,
        {{ to_date('startdate') }} as from_date,
        {{ to_decimal('conversionrate', scale=14) }} as rate,
        not is_current as is_deleted,
        exclusion_reason,
        1 as preference
    from dated_conversion_rates
    where {{ to_date('startdate') }} is not null or startdate like '000_-%'
    union all
    select
        source,
        upper(isocode) as currency,
        null::date as from_date,
        {{ to_decimal('conversionrate', scale=14) }} as rate,
        not is_current as is_deleted,
        exclusion_reason,
        2 as preference
    from currency_types
)

select
    source,
    currency,
    from_date,
    rate,
    is_deleted,
    exclusion_reason
from all_rates
qualify
    row_number() over (
        partition by source, currency, from_date
        order by is_deleted, preference
    ) = 1
