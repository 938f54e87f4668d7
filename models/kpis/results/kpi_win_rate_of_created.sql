select
    scope_type,
    scope_id,
    period_type,
    period_start,
    count_if(is_won_by_now)::double as numerator,
    count(*)::double as denominator,
    numerator / nullif(denominator, 0) as value,
    count(*) as sample_size
from {{ ref('fct_opportunities') }}
inner join {{ ref('opportunity_creation_scopes') }} using (opportunity_id)
inner join {{ ref('dim_date_periods') }} on created_date = date_day
group by all
