select
    scope_type,
    scope_id,
    period_type,
    period_start,
    count(*)::double as numerator,
    null::double as denominator,
    numerator as value,
    count(*) as sample_size
from {{ ref('dim_accounts') }}
inner join {{ ref('new_customer_scopes') }} using (account_id)
inner join {{ ref('dim_date_periods') }} on customer_since_date = date_day
group by all
