{# A CRM tells rates to its corporate currency. Where the reporting currency is another,
   they are converted over it, with a new rate on each day on which either changes. #}
with settings as (
    select reporting_currency from {{ source('landing', 'settings') }}
),

delivered as (
    select
        source,
        currency,
        from_date is not null as is_dated,
        coalesce(from_date, date '1900-01-01') as valid_from,
        rate
    from ({{ union_staged('fx_rates', ['salesforce', 'flat']) }})
    where not is_deleted and exclusion_reason is null and rate > 0
),

-- A currency's dated rates speak before its single present one.
preferred as (
    select * from delivered
    qualify is_dated = bool_or(is_dated) over (partition by source, currency)
),

rates as (
    select
        *,
        coalesce(
            lead(valid_from) over (
                partition by source, currency order by valid_from
            ),
            date '9999-12-31'
        ) as valid_to
    from preferred
),

currencies as (
    select
        source,
        currency,
        bool_and(rate = 1) as is_corporate
    from rates
    group by source, currency
),

-- What one unit of each source's own base is worth in the reporting currency's rate.
bases as (
    select
        rates.source,
        rates.valid_from,
        rates.valid_to,
        rates.rate
    from rates
    inner join settings
        on rates.currency = settings.reporting_currency
    where rates.source <> 'flat'
    union all
    -- Rates that leave out their corporate currency are to the reporting one.
    select
        currencies.source,
        date '1900-01-01' as valid_from,
        date '9999-12-31' as valid_to,
        1 as rate
    from currencies
    cross join settings
    where currencies.source <> 'flat'
    group by currencies.source
    having
        not bool_or(
            currencies.is_corporate
            or currencies.currency = settings.reporting_currency
        )
    union all
    select
        'flat' as source,
        date '1900-01-01' as valid_from,
        date '9999-12-31' as valid_to,
        1 as rate
),

converted as (
    select
        rates.source,
        rates.currency,
        rates.is_dated,
        greatest(rates.valid_from, bases.valid_from) as valid_from,
        case
            when bases.rate = 1 then rates.rate
            else rates.rate::double / bases.rate::double
        end::decimal(28, 14) as rate
    from rates
    inner join bases
        on
            rates.source = bases.source
            and rates.valid_from < bases.valid_to
            and rates.valid_to > bases.valid_from
),

-- Finance's own rates speak before a CRM's, dated ones before the present one; the
-- rates of two orgs are not mixed.
chosen as (
    select * from converted
    qualify
        rank() over (
            partition by currency order by source <> 'flat', not is_dated, source
        ) = 1
)

select
    chosen.currency,
    chosen.valid_from,
    coalesce(
        lead(chosen.valid_from) over (
            partition by chosen.currency order by chosen.valid_from
        ),
        date '9999-12-31'
    ) as valid_to,
    chosen.rate
from chosen
cross join settings
where chosen.currency <> settings.reporting_currency
union all
select
    reporting_currency as currency,
    date '1900-01-01' as valid_from,
    date '9999-12-31' as valid_to,
    1::decimal(28, 14) as rate
from settings
