select
    scope_type,
    scope_id,
    period_type,
    period_start,
    sum(amount)::double as numerator,
    null::double as denominator,
    numerator as value,
    count(*) as sample_size
from {{ ref('fct_pipeline_expected') }}
inner join {{ ref('dim_scopes') }} using (rep_assignment_id)
where is_due and outcome_at_end <> 'won' and amount is not null
group by all
