select
    scope_type,
    scope_id,
    period_type,
    period_start,
    sum(scopes.amount)::double as numerator,
    null::double as denominator,
    numerator as value,
    count(*) as sample_size
from {{ ref('fct_opportunities') }}
inner join {{ ref('opportunity_close_scopes') }} as scopes using (opportunity_id)
inner join {{ ref('dim_date_periods') }} on closed_date = date_day
where is_won and scopes.amount is not null and scope_type = 'customer'
group by all
