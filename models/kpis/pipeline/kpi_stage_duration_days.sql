select
    scope_type,
    scope_id,
    period_type,
    period_start,
    sum(duration_days)::double as numerator,
    count(*)::double as denominator,
    numerator / nullif(denominator, 0) as value,
    count(*) as sample_size
from {{ ref('fct_opportunity_stages') }}
inner join {{ ref('stage_visit_scopes') }} using (opportunity_id, visit_number)
inner join {{ ref('dim_date_periods') }} on left_date = date_day
group by all
