select
    scope_type,
    scope_id,
    period_type,
    period_start,
    count_if(outcome_at_end = 'open')::double as numerator,
    count(*)::double as denominator,
    numerator / nullif(denominator, 0) as value,
    count(*) as sample_size
from {{ ref('fct_pipeline_expected') }}
inner join {{ ref('dim_scopes') }} using (rep_assignment_id)
where is_due
group by all
