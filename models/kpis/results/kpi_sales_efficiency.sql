with company_sales as (
    select
        period_type,
        period_start,
        value as sales
    from {{ ref('kpi_sales') }}
    where scope_type = 'company'
)

select
    'company' as scope_type,
    'company' as scope_id,
    period_type,
    period_start,
    coalesce(max(sales), 0) as numerator,
    sum(amount)::double as denominator,
    numerator / nullif(denominator, 0) as value,
    count(*) as sample_size
from {{ ref('fct_costs') }}
inner join {{ ref('dim_periods') }} on cost_month between period_start and period_end
left join company_sales using (period_type, period_start)
where is_acquisition_cost
group by all
