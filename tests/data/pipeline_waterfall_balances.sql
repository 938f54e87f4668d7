{{ config(meta={'dagster': {'ref': {'name': 'pipeline_waterfall'}}}) }}
{# Every row balances to the last digit; and the waterfall of all open deals begins
   where the period before ended, ends at pipeline_value and has won what was sold. #}
with waterfall as (
    select
        *,
        opening_pipeline + created + pulled_in + increased + reopened
        - won - lost - reopened_later - pushed_out - decreased
        + owner_moves + exchange_rate_change as balance
    from {{ ref('pipeline_waterfall') }}
),

all_open as (
    select
        waterfall.*,
        periods.previous_period_start
    from waterfall
    inner join {{ ref('dim_periods') }} as periods
        on
            waterfall.period_type = periods.period_type
            and waterfall.period_start = periods.period_start
    where waterfall.pipeline = 'all'
),

-- Both sides of every equation, the right one with the opposite sign. Metrics are
-- doubles, good for fifteen digits; between decimals there is no tolerance.
sides as (
    {% for problem, pipelines, amount in [
        (
            'the terms do not make up the closing', 'waterfall',
            'balance - closing_pipeline',
        ),
        ('a growth is negative', 'waterfall', 'least(increased, decreased, 0)'),
        (
            'owner moves do not cancel out in the company', 'waterfall',
            "case when scope_type = 'company' then owner_moves else 0 end",
        ),
        (
            'expected dates matter to all open deals', 'all_open',
            'abs(pulled_in) + abs(pushed_out)',
        ),
    ] -%}
    select
        '{{ problem }}' as problem,
        0 as tolerance,
        pipeline,
        scope_type,
        scope_id,
        period_type,
        period_start,
        {{ amount }} as amount
    from {{ pipelines }}
    union all
    {% endfor -%}
    {% for kpi, figure in [
        ('pipeline_value', 'closing_pipeline'),
        ('sales', 'won + won_outside_pipeline'),
    ] -%}
    select
        '{{ figure }} is not {{ kpi }}' as problem,
        0.000001 as tolerance,
        pipeline,
        scope_type,
        scope_id,
        period_type,
        period_start,
        {{ figure }} as amount
    from all_open
    union all
    select
        '{{ figure }} is not {{ kpi }}' as problem,
        0.000001 as tolerance,
        'all' as pipeline,
        scope_type,
        scope_id,
        period_type,
        period_start,
        -value::decimal(28, 8) as amount
    from {{ ref('kpi_values') }}
    where
        kpi = '{{ kpi }}'
        and scope_type in ('company', 'region', 'team', 'rep')
        and period_type in ('month', 'quarter')
    union all
    {% endfor -%}
    select
        'the opening is not the closing of the period before' as problem,
        0 as tolerance,
        all_open.pipeline,
        all_open.scope_type,
        all_open.scope_id,
        all_open.period_type,
        all_open.period_start,
        all_open.opening_pipeline - coalesce(earlier.closing_pipeline, 0) as amount
    from all_open
    left join all_open as earlier
        on
            all_open.scope_type = earlier.scope_type
            and all_open.scope_id = earlier.scope_id
            and all_open.period_type = earlier.period_type
            and all_open.previous_period_start = earlier.period_start
)

select
    problem,
    pipeline,
    scope_type,
    scope_id,
    period_type,
    period_start,
    sum(amount) as difference
from sides
group by problem, pipeline, scope_type, scope_id, period_type, period_start
having abs(sum(amount)) > max(tolerance) * greatest(1, max(abs(amount)) / 1000000)
