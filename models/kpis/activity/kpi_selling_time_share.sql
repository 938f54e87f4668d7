select
    scope_type,
    scope_id,
    period_type,
    period_start,
    coalesce(sum(hours) filter (where is_selling), 0)::double as numerator,
    sum(hours)::double as denominator,
    numerator / nullif(denominator, 0) as value,
    count(*) as sample_size
from {{ ref('fct_time_log') }}
inner join {{ ref('dim_scopes') }} using (rep_assignment_id)
inner join {{ ref('dim_date_periods') }} on log_date = date_day
group by all
