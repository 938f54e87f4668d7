{# Every quota spread evenly over its months, in the reporting currency of each
   month's first day. A quota of 0 is none. Of several for the same scope and months,
   as when a rep is named by id and by email, the one given for the latest day counts;
   quality.data_issues lists the others. #}
with numbers as (
    select unnest(range(12)) as months_on
),

quotas as (
    select
        case
            when quotas.scope_type = 'rep' then reps.rep_id
            when quotas.scope_type = 'company' then 'company'
            else quotas.scope_ref
        end as scope_id,
        quotas.scope_type,
        date_trunc('month', quotas.period_start)::date as first_month,
        case quotas.period_type
            when 'month' then 1
            when 'quarter' then 3
            when 'year' then 12
        end as months_long,
        quotas.amount,
        coalesce(quotas.currency, settings.reporting_currency) as currency
    from {{ ref('stg_flat__quotas') }} as quotas
    cross join {{ source('landing', 'settings') }} as settings
    left join {{ ref('int_rep_references') }} as reps
        on quotas.scope_ref = reps.reference
    where
        not quotas.is_deleted
        and quotas.exclusion_reason is null
        and quotas.amount <> 0
        and quotas.scope_type in ('rep', 'team', 'region', 'company')
    qualify row_number() over (
        partition by
            quotas.scope_type, scope_id, first_month, months_long
        order by quotas.period_start desc, quotas.scope_ref asc
    ) = 1
),

months as (
    select
        quotas.*,
        {{ dbt.dateadd('month', 'numbers.months_on', 'quotas.first_month') }}::date
            as month_start
    from quotas
    inner join numbers
        on quotas.months_long > numbers.months_on
    where quotas.scope_id is not null
)

select
    months.scope_type,
    months.scope_id,
    months.first_month,
    months.months_long,
    months.month_start,
    (months.amount::double / months.months_long / rates.rate::double)
    ::decimal(38, 18) as amount
from months
left join {{ ref('int_exchange_rates') }} as rates
    on
        months.currency = rates.currency
        and months.month_start >= rates.valid_from
        and months.month_start < rates.valid_to
