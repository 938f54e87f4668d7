{# The periods in which a scope existed: the company always; a rep, and a team or
   region through its reps, with a day of employment. #}
select distinct
    scopes.scope_type,
    scopes.scope_id,
    rep_periods.period_type,
    rep_periods.period_start
from {{ ref('fct_rep_periods') }} as rep_periods
inner join {{ ref('dim_scopes') }} as scopes
    on rep_periods.rep_assignment_id = scopes.rep_assignment_id
where
    rep_periods.is_there_in_period
    and scopes.scope_type <> 'company'
    and scopes.scope_id <> '(none)'
union all
select
    'company' as scope_type,
    'company' as scope_id,
    period_type,
    period_start
from {{ ref('dim_periods') }}
