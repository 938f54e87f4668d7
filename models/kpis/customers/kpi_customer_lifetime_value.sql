with purchases as (
    select
        scope_type,
        scope_id,
        period_type,
        period_start,
        sum(amount)::double / nullif(count(amount), 0) as average_value,
        count(*)::double / nullif(count(distinct account_id), 0) as per_customer
    from {{ ref('fct_purchases') }}
    inner join {{ ref('account_scopes') }} using (account_id)
    inner join {{ ref('dim_periods') }}
        on
            purchase_date <= last_day
            and purchase_date >= {{ dbt.dateadd(
                'month', -12, dbt.dateadd('day', 1, 'last_day')
            ) }}
    group by all
),

lifespans as (
    select
        scope_type,
        scope_id,
        period_type,
        period_start,
        sum(lifespan_days)::double / count(*) / 365.25 as years
    from {{ ref('fct_customer_lifespans') }}
    inner join {{ ref('account_scopes') }} using (account_id)
    group by all
)

select
    scope_type,
    scope_id,
    period_type,
    period_start,
    null::double as numerator,
    null::double as denominator,
    average_value * per_customer * years as value,
    null::bigint as sample_size
from purchases
inner join lifespans using (scope_type, scope_id, period_type, period_start)
where
    period_type in ('quarter', 'year')
    and scope_type in ('company', 'customer_region', 'segment')
