select
    scope_type,
    scope_id,
    period_type,
    period_start,
    sum(age_days)::double as numerator,
    count(*)::double as denominator,
    numerator / nullif(denominator, 0) as value,
    count(*) as sample_size
from {{ ref('fct_lead_snapshots') }}
inner join {{ ref('dim_scopes') }} using (rep_assignment_id)
inner join {{ ref('dim_periods') }} on snapshot_date = last_day
group by all
