-- Rates by date, and the undated present ones. A currency's first dated rate may begin
-- in the year 0 or 1970, which is from the start: of several that begin before the
-- earliest date that is read, the last one holds since ever.
with dated_conversion_rates as (
    select *
    from {{ source('salesforce', 'dated_conversion_rate') }}
    {{ latest_record(
        ['source', 'upper(isocode)', 'left(startdate, 10)'],
        modified_at='systemmodstamp',
    ) }}
),

dated_rates as (
    select
        source,
        upper(isocode) as currency,
        coalesce({{ to_date('startdate') }}, date '1900-01-01') as from_date,
        {{ to_decimal('conversionrate', scale=14) }} as rate,
        not is_current as is_deleted,
        exclusion_reason
    from dated_conversion_rates
    where
        {{ to_date('startdate') }} is not null
        or (
            regexp_full_match(left(startdate, 10), '\d{4}-\d\d-\d\d')
            and left(startdate, 10) < (
                select earliest_date::varchar from {{ source('landing', 'settings') }}
            )
        )
    qualify
        row_number() over (
            partition by
                source,
                upper(isocode),
                coalesce({{ to_date('startdate') }}, date '1900-01-01')
            order by is_current desc, startdate desc
        ) = 1
),

currency_types as (
    select *
    from {{ source('salesforce', 'currency_type') }}
    {{ latest_record(['source', 'upper(isocode)'], modified_at='systemmodstamp') }}
)

select
    source,
    currency,
    from_date,
    rate,
    is_deleted,
    exclusion_reason
from dated_rates
union all
select
    source,
    upper(isocode) as currency,
    null::date as from_date,
    {{ to_decimal('conversionrate', scale=14) }} as rate,
    not is_current as is_deleted,
    exclusion_reason
from currency_types
