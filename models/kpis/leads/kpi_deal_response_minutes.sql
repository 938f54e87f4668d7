select
    scope_type,
    scope_id,
    period_type,
    period_start,
    sum(response_minutes)::double as numerator,
    count(*)::double as denominator,
    numerator / nullif(denominator, 0) as value,
    count(*) as sample_size
from {{ ref('fct_deal_responses') }}
inner join {{ ref('dim_scopes') }} using (rep_assignment_id)
inner join {{ ref('dim_date_periods') }} on contact_date = date_day
group by all
