{{ config(meta={'dagster': {'ref': {'name': 'mrr_movements'}}}) }}
{# An account's movements make up the change of its MRR, its months follow one another,
   and its accounts' closings make up the metric of every region. #}
with movements as (
    select
        movements.*,
        opening_mrr + new_mrr + expansion_mrr - contraction_mrr - churn_mrr
        + reactivation_mrr as balance,
        periods.previous_period_start
    from {{ ref('mrr_movements') }} as movements
    inner join {{ ref('dim_periods') }} as periods
        on
            movements.month_start = periods.period_start
            and periods.period_type = 'month'
),

by_region as (
    select
        'company' as scope_type,
        'company' as scope_id,
        month_start,
        sum(closing_mrr)::double as mrr
    from movements
    group by month_start
    union all
    select
        'customer_region' as scope_type,
        coalesce(customer_region, '(none)') as scope_id,
        month_start,
        sum(closing_mrr)::double as mrr
    from movements
    group by coalesce(customer_region, '(none)'), month_start
),

metric as (
    select
        scope_type,
        scope_id,
        period_start,
        value
    from {{ ref('kpi_values') }}
    where
        kpi = 'mrr'
        and period_type = 'month'
        and scope_type in ('company', 'customer_region')
)

select
    'the movements do not make up the change' as problem,
    account_id as scope_id,
    month_start,
    (closing_mrr - balance)::double as difference
from movements
where closing_mrr <> balance
union all
select
    'more than one movement' as problem,
    account_id as scope_id,
    month_start,
    null as difference
from movements
where
    (new_mrr <> 0)::integer + (expansion_mrr <> 0)::integer
    + (contraction_mrr <> 0)::integer + (churn_mrr <> 0)::integer
    + (reactivation_mrr <> 0)::integer <> (movement <> 'none')::integer
union all
select
    'the opening is not the closing of the month before' as problem,
    movements.account_id as scope_id,
    movements.month_start,
    (
        movements.opening_mrr - movements.exchange_rate_change
        - coalesce(earlier.closing_mrr, 0)
    )::double as difference
from movements
left join movements as earlier
    on
        movements.account_id = earlier.account_id
        and movements.previous_period_start = earlier.month_start
where
    movements.opening_mrr - movements.exchange_rate_change
    <> coalesce(earlier.closing_mrr, 0)
union all
select
    'no row, though the month before ended with MRR' as problem,
    movements.account_id as scope_id,
    following.period_start as month_start,
    movements.closing_mrr::double as difference
from movements
inner join {{ ref('dim_periods') }} as following
    on
        movements.month_start = following.previous_period_start
        and following.period_type = 'month'
left join movements as later
    on
        movements.account_id = later.account_id
        and following.period_start = later.month_start
where movements.closing_mrr <> 0 and later.account_id is null
union all
select
    'the closings do not make up the metric mrr' as problem,
    coalesce(by_region.scope_id, metric.scope_id) as scope_id,
    coalesce(by_region.month_start, metric.period_start) as month_start,
    coalesce(by_region.mrr, 0) - coalesce(metric.value, 0) as difference
from by_region
full outer join metric
    on
        by_region.scope_type = metric.scope_type
        and by_region.scope_id = metric.scope_id
        and by_region.month_start = metric.period_start
where
    abs(coalesce(by_region.mrr, 0) - coalesce(metric.value, 0))
    > 1e-9 * greatest(abs(coalesce(metric.value, 0)), 1)
