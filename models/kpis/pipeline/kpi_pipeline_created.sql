select
    scope_type,
    scope_id,
    period_type,
    period_start,
    sum(first_amount)::double as numerator,
    null::double as denominator,
    numerator as value,
    count(*) as sample_size
from {{ ref('fct_opportunities') }}
inner join {{ ref('opportunity_creation_scopes') }} using (opportunity_id)
inner join {{ ref('dim_date_periods') }} on created_date = date_day
where first_amount is not null
group by all
