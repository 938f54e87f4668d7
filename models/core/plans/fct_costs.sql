{# One row per month, category and item. #}
select
    md5(concat_ws('|', costs.cost_month, costs.category, costs.item)) as cost_id,
    costs.cost_month,
    costs.category,
    costs.item,
    costs.category in ('sales', 'marketing') as is_acquisition_cost,
    {{ in_reporting_currency('costs.amount', 'rates.rate') }} as amount,
    costs.amount as original_amount,
    coalesce(costs.currency, settings.reporting_currency) as currency
from {{ ref('stg_flat__costs') }} as costs
cross join {{ source('landing', 'settings') }} as settings
left join {{ ref('int_exchange_rates') }} as rates
    on
        coalesce(costs.currency, settings.reporting_currency) = rates.currency
        and costs.cost_month >= rates.valid_from
        and costs.cost_month < rates.valid_to
where not costs.is_deleted and costs.exclusion_reason is null
