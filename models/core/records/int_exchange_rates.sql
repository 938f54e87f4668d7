with settings as (
    select reporting_currency from {{ source('landing', 'settings') }}
),

delivered as (
    select
        source,
        currency,
        coalesce(from_date, date '1900-01-01') as valid_from,
        rate,
        -- Finance's own rates speak before the CRM's dated ones, these before
        -- the CRM's single present rate.
        case
            when source = 'flat' then 1
            when from_date is not null then 2
            else 3
        end as precedence
    from ({{ union_staged('fx_rates', ['salesforce', 'flat']) }})
    where not is_deleted and exclusion_reason is null and rate > 0
),

chosen as (
    select * from delivered
    qualify
        precedence = min(precedence) over (partition by currency)
        and row_number() over (
            partition by currency, precedence, valid_from order by source
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
    1::decimal(28, 8) as rate
from settings
