select
    scope_type,
    scope_id,
    period_type,
    period_start,
    count_if(is_answered_in_time)::double as numerator,
    count(*)::double as denominator,
    numerator / nullif(denominator, 0) as value,
    count(*) as sample_size
from {{ ref('fct_leads') }}
inner join {{ ref('lead_scopes') }} using (lead_id)
inner join {{ ref('dim_date_periods') }} on created_date = date_day
where scope_type in ('company', 'region', 'team', 'rep')
group by all
