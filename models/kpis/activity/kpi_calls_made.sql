select
    scope_type,
    scope_id,
    period_type,
    period_start,
    count(*)::double as numerator,
    null::double as denominator,
    numerator as value,
    count(*) as sample_size
from {{ ref('fct_activities') }}
inner join {{ ref('dim_scopes') }} using (rep_assignment_id)
inner join {{ ref('dim_date_periods') }} on activity_date = date_day
where is_outreach and activity_type = 'call'
group by all
