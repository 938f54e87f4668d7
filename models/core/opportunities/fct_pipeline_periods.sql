{# What the pipeline promised a scope for a period, and what was sold: at its start by
   the deals then expected to close in it, at its end by those expected by then. Sales
   are those of sources that deliver history: only their pipelines are known. #}
with parts as (
    select
        rep_assignment_id,
        period_type,
        period_start,
        'first day' as part,
        amount,
        weighted_amount
    from {{ ref('fct_pipeline_expected') }}
    union all
    select
        snapshots.rep_assignment_id,
        periods.period_type,
        periods.period_start,
        'last day' as part,
        snapshots.amount,
        snapshots.weighted_amount
    from {{ ref('fct_pipeline_snapshots') }} as snapshots
    inner join {{ ref('dim_periods') }} as periods
        on
            snapshots.snapshot_date = periods.last_day
            and snapshots.expected_close_date <= periods.period_end
    where snapshots.snapshot = 'closing'
    union all
    select
        deals.closed_by_assignment_id as rep_assignment_id,
        date_periods.period_type,
        date_periods.period_start,
        'sales' as part,
        deals.amount,
        null as weighted_amount
    from {{ ref('fct_opportunities') }} as deals
    inner join {{ ref('dim_date_periods') }} as date_periods
        on deals.closed_date = date_periods.date_day
    where deals.is_won and deals.has_history_source
)

select
    scopes.scope_type,
    scopes.scope_id,
    parts.period_type,
    parts.period_start,
    {% for column, amount, part in [
        ('expected_amount', 'amount', 'first day'),
        ('expected_weighted_amount', 'weighted_amount', 'first day'),
        ('expected_by_end_amount', 'amount', 'last day'),
        ('sales', 'amount', 'sales'),
    ] -%}
    coalesce(sum(parts.{{ amount }}) filter (where parts.part = '{{ part }}'), 0)
    ::decimal(38, 8) as {{ column }}{% if not loop.last %},{% endif %}
    {% endfor %}
from parts
inner join {{ ref('dim_scopes') }} as scopes
    on parts.rep_assignment_id = scopes.rep_assignment_id
group by all
