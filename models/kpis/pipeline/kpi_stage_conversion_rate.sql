with entries as (
    select
        opportunity_id,
        stage,
        period_type,
        period_start,
        min_by(has_moved_on, visit_number) as has_moved_on
    from {{ ref('fct_opportunity_stages') }}
    inner join {{ ref('dim_date_periods') }} on entered_date = date_day
    group by all
)

select
    'stage' as scope_type,
    stage as scope_id,
    period_type,
    period_start,
    count_if(has_moved_on)::double as numerator,
    count(*)::double as denominator,
    numerator / nullif(denominator, 0) as value,
    count(*) as sample_size
from entries
group by all
