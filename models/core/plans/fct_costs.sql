{# The costs extract by month, category and item; where a setting asks for it, the cost
   of campaigns as well, spread evenly over their days. #}
with settings as (
    select * from {{ source('landing', 'settings') }}
),

months as (
    select distinct
        month_start,
        last_day(month_start) as month_end
    from {{ ref('dim_dates') }}
),

costs as (
    select
        cost_month,
        category,
        item,
        amount as original_amount,
        currency
    from {{ ref('stg_flat__costs') }}
    where not is_deleted and exclusion_reason is null
    union all
    select
        months.month_start as cost_month,
        'marketing' as category,
        campaigns.campaign_id as item,
        (
            campaigns.original_cost::double
            * ({{ dbt.datediff(
                'greatest(campaigns.start_date, months.month_start)',
                'least(campaigns.end_date, months.month_end)', 'day'
            ) }} + 1)
            / ({{ dbt.datediff(
                'campaigns.start_date', 'campaigns.end_date', 'day'
            ) }} + 1)
        )::decimal(28, 8) as original_amount,
        campaigns.currency
    from {{ ref('dim_campaigns') }} as campaigns
    cross join settings
    inner join months
        on
            campaigns.start_date <= months.month_end
            and campaigns.end_date >= months.month_start
    where
        settings.add_campaign_costs
        and campaigns.original_cost is not null
        and campaigns.end_date >= campaigns.start_date
)

select
    md5(concat_ws('|', costs.cost_month, costs.category, costs.item)) as cost_id,
    costs.cost_month,
    costs.category,
    costs.item,
    costs.category in ('sales', 'marketing') as is_acquisition_cost,
    {{ in_reporting_currency('costs.original_amount', 'rates.rate') }} as amount,
    costs.original_amount,
    coalesce(costs.currency, settings.reporting_currency) as currency
from costs
cross join settings
left join {{ ref('int_exchange_rates') }} as rates
    on
        coalesce(costs.currency, settings.reporting_currency) = rates.currency
        and costs.cost_month >= rates.valid_from
        and costs.cost_month < rates.valid_to
