select
    scope_type,
    scope_id,
    period_type,
    period_start,
    count(*)::double as numerator,
    null::double as denominator,
    numerator as value,
    count(*) as sample_size
from {{ ref('fct_referrals') }}
inner join {{ ref('dim_scopes') }} using (rep_assignment_id)
inner join {{ ref('dim_date_periods') }} on referral_date = date_day
group by all
