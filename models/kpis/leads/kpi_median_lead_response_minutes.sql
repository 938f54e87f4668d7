select
    scope_type,
    scope_id,
    period_type,
    period_start,
    null::double as numerator,
    null::double as denominator,
    median(response_minutes)::double as value,
    count(*) as sample_size
from {{ ref('fct_leads') }}
inner join {{ ref('lead_scopes') }} using (lead_id)
inner join {{ ref('dim_date_periods') }} on created_date = date_day
where
    response_minutes is not null
    and scope_type in ('company', 'region', 'team', 'rep')
group by all
