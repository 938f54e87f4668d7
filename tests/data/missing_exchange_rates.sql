{{ config(meta={'dagster': {'ref': {'name': 'fct_opportunities'}}}) }}
{# Deals need the rate of their creation and of their close; what happens to them in
   between is later than the creation, and a currency's rates have no gap. #}
with settings as (
    select as_of_date from {{ source('landing', 'settings') }}
),

needed as (
    {% for model, amount, day in [
        ('dim_campaigns', 'original_cost', 'start_date'),
        ('fct_costs', 'original_amount', 'cost_month'),
        ('fct_forecasts', 'original_amount', 'period_start'),
        ('fct_opportunities', 'original_amount', 'closed_date'),
        ('fct_purchases', 'original_amount', 'purchase_date'),
        ('fct_quotes', 'original_amount', 'issued_date'),
    ] -%}
    select
        '{{ model }}' as needed_by,
        currency,
        coalesce({{ day }}, settings.as_of_date) as day
    from {{ ref(model) }}
    cross join settings
    where {{ amount }} is not null
    union all
    {% endfor -%}
    select
        'fct_opportunities, first amount' as needed_by,
        deals.currency,
        deals.created_date as day
    from {{ ref('fct_opportunities') }} as deals
    left join {{ ref('int_opportunity_history') }} as history
        on deals.opportunity_id = history.opportunity_id
    where
        history.amount is not null
        or deals.original_amount is not null
    union all
    select
        'fct_opportunity_lines' as needed_by,
        lines.currency,
        coalesce(deals.closed_date, settings.as_of_date) as day
    from {{ ref('fct_opportunity_lines') }} as lines
    cross join settings
    inner join {{ ref('fct_opportunities') }} as deals
        on lines.opportunity_id = deals.opportunity_id
    where lines.original_amount is not null
    union all
    select
        'fct_opportunity_lines, cost' as needed_by,
        costs.currency,
        coalesce(deals.closed_date, settings.as_of_date) as day
    from {{ ref('fct_opportunity_lines') }} as lines
    cross join settings
    inner join {{ ref('fct_opportunities') }} as deals
        on lines.opportunity_id = deals.opportunity_id
    inner join {{ ref('int_record_references') }} as keys
        on lines.product_id = keys.record_id and keys.entity = 'product'
    inner join {{ ref('stg_flat__product_costs') }} as costs
        on keys.reference = costs.product_ref
    where
        lines.cost is null
        and not costs.is_deleted
        and costs.exclusion_reason is null
        and costs.valid_from <= coalesce(deals.closed_date, settings.as_of_date)
    union all
    select
        'fct_contracts' as needed_by,
        currency,
        start_date as day
    from {{ ref('fct_contracts') }}
    where original_value is not null
    union all
    select
        'fct_customer_periods' as needed_by,
        subscriptions.currency,
        periods.last_day as day
    from {{ ref('fct_subscriptions') }} as subscriptions
    inner join {{ ref('dim_periods') }} as periods
        on
            subscriptions.start_date <= periods.last_day
            and subscriptions.end_date >= periods.day_before
    union all
    select
        'fct_quotas' as needed_by,
        quotas.currency,
        months.month_start as day
    from {{ ref('int_quota_months') }} as months
    inner join {{ ref('stg_flat__quotas') }} as quotas
        on months.first_month = date_trunc('month', quotas.period_start)
    where months.amount is null and not quotas.is_deleted and quotas.amount <> 0
),

days as (
    select
        needed_by,
        currency,
        day,
        count(*) as record_count
    from needed
    where currency is not null and day is not null
    group by needed_by, currency, day
)

select
    'no exchange rate of ' || days.currency || ' from ' || min(days.day)::varchar
    || ' to ' || max(days.day)::varchar as problem,
    days.needed_by,
    days.currency,
    min(days.day) as first_day,
    max(days.day) as last_day,
    sum(days.record_count)::bigint as record_count
from days
left join {{ ref('int_exchange_rates') }} as rates
    on
        days.currency = rates.currency
        and days.day >= rates.valid_from
        and days.day < rates.valid_to
where rates.currency is null
group by days.needed_by, days.currency
