{% set terms = [
    'opening_pipeline', 'created', 'pulled_in', 'increased', 'reopened', 'won', 'lost',
    'reopened_later', 'pushed_out', 'decreased', 'owner_moves', 'exchange_rate_change',
    'closing_pipeline',
] %}

with figures as (
    select
        scopes.scope_type,
        scopes.scope_id,
        deals.period_type,
        deals.period_start,
        {% for term in terms -%}
        sum(deals.amount) filter (where deals.term = '{{ term }}') as {{ term }},
        {% endfor -%}
        sum(deals.amount) filter (where deals.term = 'won_outside_pipeline')
            as won_outside_pipeline,
        deals.pipeline
    from {{ ref('pipeline_waterfall_deals') }} as deals
    inner join {{ ref('dim_scopes') }} as scopes
        on deals.rep_assignment_id = scopes.rep_assignment_id
    group by all
),

-- Where no source tells history, the expected dates of the past are not known.
pipelines as (
    select 'all' as pipeline
    from {{ ref('kpi_availability') }}
    where kpi = 'pipeline_value' and is_available
    union all
    select distinct 'due' as pipeline
    from {{ ref('fct_opportunities') }}
    where has_history_source
),

-- Every period in which a scope existed, also when nothing was in its pipeline.
scope_periods as (
    select
        scope_periods.scope_type,
        scope_periods.scope_id,
        scope_periods.period_type,
        scope_periods.period_start,
        pipelines.pipeline
    from {{ ref('dim_scope_periods') }} as scope_periods
    cross join pipelines
    where scope_periods.period_type in ('month', 'quarter')
    union
    select
        scope_type,
        scope_id,
        period_type,
        period_start,
        pipeline
    from figures
)

select
    scope_periods.scope_type,
    scope_periods.scope_id,
    scope_periods.period_type,
    scope_periods.period_start,
    scope_periods.pipeline,
    coalesce(scope_names.scope_name, scope_periods.scope_id) as scope_name,
    periods.period_end,
    periods.period_name,
    periods.is_complete,
    {% for term in terms -%}
    coalesce(figures.{{ term }}, 0)::decimal(28, 8) as {{ term }},
    {% endfor -%}
    coalesce(figures.won_outside_pipeline, 0)::decimal(28, 8) as won_outside_pipeline
from scope_periods
inner join {{ ref('dim_periods') }} as periods
    on
        scope_periods.period_type = periods.period_type
        and scope_periods.period_start = periods.period_start
left join {{ ref('scope_names') }} as scope_names
    on
        scope_periods.scope_type = scope_names.scope_type
        and scope_periods.scope_id = scope_names.scope_id
left join figures
    on
        scope_periods.scope_type = figures.scope_type
        and scope_periods.scope_id = figures.scope_id
        and scope_periods.period_type = figures.period_type
        and scope_periods.period_start = figures.period_start
        and scope_periods.pipeline = figures.pipeline
