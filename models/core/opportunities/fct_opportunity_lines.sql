{# Lines of living deals. A deal that names a product and has no lines is one line
   of it. Amounts are at the rate of the deal's close, or of the as-of date. #}
with lines as (
    select
        line_id,
        opportunity_id,
        product_id,
        quantity,
        amount,
        list_price,
        unit_cost,
        total_cost,
        currency
    from {{ ref('int_opportunity_lines') }}
    union all
    select
        opportunity_id || ':line' as line_id,
        opportunity_id,
        product_id,
        1 as quantity,
        amount,
        null as list_price,
        null as unit_cost,
        null as total_cost,
        currency
    from {{ ref('int_opportunities') }}
    where
        product_id is not null
        and opportunity_id not in (
            select delivered.opportunity_id
            from {{ ref('int_opportunity_lines') }} as delivered
        )
),

dated as (
    select
        lines.*,
        coalesce(lines.currency, opportunities.currency) as line_currency,
        coalesce(opportunities.closed_date, settings.as_of_date) as rate_date
    from lines
    inner join {{ ref('fct_opportunities') }} as opportunities
        on lines.opportunity_id = opportunities.opportunity_id
    cross join {{ source('landing', 'settings') }} as settings
),

product_costs as (
    select
        keys.record_id as product_id,
        costs.unit_cost,
        coalesce(costs.currency, settings.reporting_currency) as currency,
        costs.valid_from,
        coalesce(
            lead(costs.valid_from) over (
                partition by keys.record_id order by costs.valid_from
            ),
            date '9999-12-31'
        ) as valid_to
    from {{ ref('stg_flat__product_costs') }} as costs
    cross join {{ source('landing', 'settings') }} as settings
    inner join {{ ref('int_record_references') }} as keys
        on costs.product_ref = keys.reference and keys.entity = 'product'
    where not costs.is_deleted and costs.exclusion_reason is null
)

select
    dated.line_id,
    dated.opportunity_id,
    products.product_id,
    products.product_family,
    dated.quantity,
    {{ in_reporting_currency('dated.amount', 'rates.rate') }} as amount,
    dated.amount as original_amount,
    dated.line_currency as currency,
    -- A product's own prices are in the reporting currency.
    coalesce(
        {{ in_reporting_currency(
            '(dated.quantity * dated.list_price)::decimal(28, 8)', 'rates.rate'
        ) }},
        (dated.quantity * products.list_price)::decimal(28, 8)
    ) as list_amount,
    case
        when coalesce(dated.total_cost, dated.unit_cost) is not null
            then {{ in_reporting_currency(
                'coalesce(dated.total_cost,'
                ' (dated.quantity * dated.unit_cost)::decimal(28, 8))',
                'rates.rate'
            ) }}
        when product_costs.unit_cost is not null
            then {{ in_reporting_currency(
                '(dated.quantity * product_costs.unit_cost)::decimal(28, 8)',
                'cost_rates.rate'
            ) }}
        else (dated.quantity * products.unit_cost)::decimal(28, 8)
    end as cost
from dated
left join {{ ref('dim_products') }} as products
    on dated.product_id = products.product_id
left join product_costs
    on
        dated.product_id = product_costs.product_id
        and dated.rate_date >= product_costs.valid_from
        and dated.rate_date < product_costs.valid_to
left join {{ ref('int_exchange_rates') }} as rates
    on
        dated.line_currency = rates.currency
        and dated.rate_date >= rates.valid_from
        and dated.rate_date < rates.valid_to
left join {{ ref('int_exchange_rates') }} as cost_rates
    on
        product_costs.currency = cost_rates.currency
        and dated.rate_date >= cost_rates.valid_from
        and dated.rate_date < cost_rates.valid_to
