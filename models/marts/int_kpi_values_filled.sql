{# The metrics that can be known, with a 0 for every period of a scope's existence in
   which nothing happened to a sum or count. #}
-- What the delivered extracts allow: without activities, say, a share of leads answered
-- would be 0, which nobody knows.
with available as (
    select
        kpi_catalog.kpi,
        kpi_catalog.scopes,
        kpi_catalog.periods,
        kpi_catalog.when_empty
    from {{ ref('kpi_catalog') }} as kpi_catalog
    inner join {{ ref('kpi_availability') }} as availability
        on kpi_catalog.kpi = availability.kpi
    where availability.is_available
),

measured as (
    select * from {{ ref('int_kpi_values') }}
    where kpi in (select available.kpi from available)
),

fillable as (
    select * from available
    where when_empty = 'zero'
),

-- Products, stages and the like exist from their first record in a metric on.
first_records as (
    select
        measured.kpi,
        measured.scope_type,
        measured.scope_id,
        measured.period_type,
        min(measured.period_start) as first_period_start
    from measured
    inner join fillable
        on measured.kpi = fillable.kpi
    where
        measured.scope_type not in ('company', 'region', 'team', 'rep')
        and measured.scope_id <> '(none)'
    group by all
),

periods_of_existence as (
    select
        fillable.kpi,
        scope_periods.scope_type,
        scope_periods.scope_id,
        scope_periods.period_type,
        scope_periods.period_start
    from fillable
    inner join {{ ref('dim_scope_periods') }} as scope_periods
        on
            {{ lists('fillable.scopes', 'scope_periods.scope_type') }}
            and {{ lists('fillable.periods', 'scope_periods.period_type') }}
    union all
    select
        first_records.kpi,
        first_records.scope_type,
        first_records.scope_id,
        periods.period_type,
        periods.period_start
    from first_records
    inner join {{ ref('dim_periods') }} as periods
        on
            first_records.period_type = periods.period_type
            and first_records.first_period_start <= periods.period_start
)

select
    kpi,
    scope_type,
    scope_id,
    period_type,
    period_start,
    numerator,
    denominator,
    value,
    sample_size
from measured
where value is not null
union all
select
    kpi,
    scope_type,
    scope_id,
    period_type,
    period_start,
    0 as numerator,
    null as denominator,
    0 as value,
    0 as sample_size
from periods_of_existence
anti join measured
    using (kpi, scope_type, scope_id, period_type, period_start)
