select
    scope_type,
    scope_id,
    period_type,
    period_start,
    count_if(is_employed_at_end)::double as numerator,
    count(*)::double as denominator,
    numerator / nullif(denominator, 0) as value,
    count(*) as sample_size
from {{ ref('fct_rep_periods') }}
inner join {{ ref('dim_scopes') }} using (rep_assignment_id)
where
    is_there_at_start
    and period_type in ('quarter', 'year')
    and scope_type in ('company', 'region', 'team')
group by all
