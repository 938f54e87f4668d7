select
    scope_type,
    scope_id,
    period_type,
    period_start,
    count(*)::double as numerator,
    null::double as denominator,
    numerator as value,
    count(*) as sample_size
from {{ ref('fct_leads') }}
inner join {{ ref('lead_qualification_scopes') }} using (lead_id)
inner join {{ ref('dim_date_periods') }} on qualified_date = date_day
group by all
