with costs as (
    select
        period_type,
        period_start,
        sum(amount)::double as cost
    from {{ ref('fct_costs') }}
    inner join {{ ref('dim_periods') }}
        on cost_month between period_start and period_end
    where is_acquisition_cost
    group by all
)

select
    'company' as scope_type,
    'company' as scope_id,
    period_type,
    period_start,
    max(cost) as numerator,
    count(account_id)::double as denominator,
    numerator / nullif(denominator, 0) as value,
    count(account_id) as sample_size
from costs
inner join {{ ref('dim_date_periods') }} using (period_type, period_start)
left join {{ ref('dim_accounts') }} on date_day = customer_since_date
group by all
