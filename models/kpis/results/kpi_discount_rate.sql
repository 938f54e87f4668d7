select
    scope_type,
    scope_id,
    period_type,
    period_start,
    sum(list_amount - lines.amount)::double as numerator,
    sum(list_amount)::double as denominator,
    numerator / nullif(denominator, 0) as value,
    count(*) as sample_size
from {{ ref('fct_opportunity_lines') }} as lines
inner join {{ ref('opportunity_line_scopes') }} using (line_id)
inner join {{ ref('fct_opportunities') }} using (opportunity_id)
inner join {{ ref('dim_date_periods') }} on closed_date = date_day
where
    is_won
    and lines.amount is not null
    and list_amount is not null
    and scope_type in ('company', 'region', 'team', 'rep', 'product')
group by all
