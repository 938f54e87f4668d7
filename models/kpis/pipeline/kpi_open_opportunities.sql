select
    scope_type,
    scope_id,
    period_type,
    period_start,
    count(*)::double as numerator,
    null::double as denominator,
    numerator as value,
    count(*) as sample_size
from {{ ref('fct_pipeline_snapshots') }}
inner join {{ ref('pipeline_scopes') }}
    using (
        snapshot, snapshot_date, opportunity_id
    )
inner join {{ ref('dim_periods') }} on snapshot_date = last_day
where snapshot = 'closing'
group by all
