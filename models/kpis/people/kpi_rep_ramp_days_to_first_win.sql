select
    scope_type,
    scope_id,
    period_type,
    period_start,
    sum({{ dbt.datediff('hire_date', 'first_win_date', 'day') }})::double
        as numerator,
    count(*)::double as denominator,
    numerator / nullif(denominator, 0) as value,
    count(*) as sample_size
from {{ ref('dim_reps') }}
inner join {{ ref('dim_scopes') }} on hired_into_assignment_id = rep_assignment_id
inner join {{ ref('dim_date_periods') }} on hire_date = date_day
where
    first_win_date is not null
    and period_type in ('quarter', 'year')
    and scope_type in ('company', 'region', 'team')
group by all
