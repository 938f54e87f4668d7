{# Campaigns with a cost in a period: the cost spread evenly over their days, each
   month's at the rate of its first day, and the leads created in the period. #}
with months as (
    select
        month_start,
        max(date_day) as month_end
    from {{ ref('dim_dates') }}
    group by month_start
),

monthly_costs as (
    select
        campaigns.campaign_id,
        months.month_start,
        campaigns.original_cost::double
        * ({{ dbt.datediff(
            'greatest(campaigns.start_date, months.month_start)',
            'least(campaigns.end_date, months.month_end)', 'day'
        ) }} + 1)
        / ({{ dbt.datediff('campaigns.start_date', 'campaigns.end_date', 'day') }} + 1)
        / rates.rate::double as cost
    from {{ ref('dim_campaigns') }} as campaigns
    inner join months
        on
            campaigns.start_date <= months.month_end
            and campaigns.end_date >= months.month_start
    left join {{ ref('int_exchange_rates') }} as rates
        on
            campaigns.currency = rates.currency
            and months.month_start >= rates.valid_from
            and months.month_start < rates.valid_to
    where
        campaigns.original_cost is not null
        and campaigns.end_date >= campaigns.start_date
),

costs as (
    select
        monthly_costs.campaign_id,
        periods.period_type,
        periods.period_start,
        sum(monthly_costs.cost::decimal(38, 18)) as cost
    from monthly_costs
    inner join {{ ref('dim_periods') }} as periods
        on monthly_costs.month_start between periods.period_start and periods.period_end
    group by monthly_costs.campaign_id, periods.period_type, periods.period_start
),

leads as (
    select
        leads.campaign_id,
        date_periods.period_type,
        date_periods.period_start,
        count(*) as leads
    from {{ ref('fct_leads') }} as leads
    inner join {{ ref('dim_date_periods') }} as date_periods
        on leads.created_date = date_periods.date_day
    group by all
)

select
    costs.campaign_id,
    costs.period_type,
    costs.period_start,
    costs.cost,
    coalesce(leads.leads, 0) as leads
from costs
left join leads
    on
        costs.campaign_id = leads.campaign_id
        and costs.period_type = leads.period_type
        and costs.period_start = leads.period_start
