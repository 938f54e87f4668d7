select
    scope_type,
    scope_id,
    period_type,
    period_start,
    count(*)::double as numerator,
    null::double as denominator,
    numerator as value,
    count(*) as sample_size
from {{ ref('fct_rep_periods') }}
inner join {{ ref('dim_scopes') }} using (rep_assignment_id)
where is_there_at_end and scope_type in ('company', 'region', 'team')
group by all
