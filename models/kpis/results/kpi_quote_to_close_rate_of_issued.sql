select
    scope_type,
    scope_id,
    period_type,
    period_start,
    count_if(is_won_by_now)::double as numerator,
    count(*)::double as denominator,
    numerator / nullif(denominator, 0) as value,
    count(*) as sample_size
from {{ ref('fct_quotes') }}
inner join {{ ref('dim_scopes') }} using (rep_assignment_id)
inner join {{ ref('dim_date_periods') }} on issued_date = date_day
inner join {{ ref('fct_opportunities') }} using (opportunity_id)
group by all
