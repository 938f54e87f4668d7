{# Campaigns with cost in a period: the cost spread evenly over the campaign's days,
   and the leads created in the period. #}
with costs as (
    select
        campaigns.campaign_id,
        periods.period_type,
        periods.period_start,
        (
            campaigns.cost::double
            * ({{ dbt.datediff(
                'greatest(campaigns.start_date, periods.period_start)',
                'least(campaigns.end_date, periods.period_end)', 'day'
            ) }} + 1)
            / ({{ dbt.datediff(
                'campaigns.start_date', 'campaigns.end_date', 'day'
            ) }} + 1)
        )::decimal(38, 18) as cost
    from {{ ref('dim_campaigns') }} as campaigns
    inner join {{ ref('dim_periods') }} as periods
        on
            campaigns.start_date <= periods.period_end
            and campaigns.end_date >= periods.period_start
    where campaigns.cost > 0 and campaigns.end_date >= campaigns.start_date
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
