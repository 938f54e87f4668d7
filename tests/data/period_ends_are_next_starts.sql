{{ config(meta={'dagster': {'ref': {'name': 'fct_pipeline_snapshots'}}}) }}
{# Who or what is there at the end of a period is there at the start of the next one. #}
{% set deal = "concat_ws(' ', opportunity_id, stage, rep_id, expected_close_date)" %}

with turns as (
    select
        ended.period_type,
        ended.period_start as ended_start,
        ended.last_day,
        begun.period_start as begun_start
    from {{ ref('dim_periods') }} as ended
    inner join {{ ref('dim_periods') }} as begun
        on
            ended.period_type = begun.period_type
            and ended.period_start = begun.previous_period_start
),

ends as (
    select
        'open deals' as what,
        turns.period_type,
        turns.begun_start,
        {{ deal }} as record
    from {{ ref('fct_pipeline_snapshots') }} as snapshots
    inner join turns
        on snapshots.snapshot_date = turns.last_day and turns.period_type = 'month'
    where snapshots.snapshot = 'closing'
    {% for what, model, record, condition in [
        ('customers', 'fct_customer_periods', 'account_id', 'is_customer_at_end'),
        ('reps', 'fct_rep_periods', 'rep_assignment_id', 'is_there_at_end'),
    ] -%}
    union all
    select
        '{{ what }}' as what,
        turns.period_type,
        turns.begun_start,
        {{ record }} as record
    from {{ ref(model) }} as records
    inner join turns
        on
            records.period_type = turns.period_type
            and records.period_start = turns.ended_start
    where {{ condition }}
    {% endfor -%}
),

starts as (
    select
        'open deals' as what,
        turns.period_type,
        turns.begun_start,
        {{ deal }} as record
    from {{ ref('fct_pipeline_snapshots') }} as snapshots
    inner join turns
        on snapshots.snapshot_date = turns.begun_start and turns.period_type = 'month'
    where snapshots.snapshot = 'opening'
    {% for what, model, record, condition in [
        ('customers', 'fct_customer_periods', 'account_id', 'is_customer_at_start'),
        ('reps', 'fct_rep_periods', 'rep_assignment_id', 'is_there_at_start'),
    ] -%}
    union all
    select
        '{{ what }}' as what,
        turns.period_type,
        turns.begun_start,
        {{ record }} as record
    from {{ ref(model) }} as records
    inner join turns
        on
            records.period_type = turns.period_type
            and records.period_start = turns.begun_start
    where {{ condition }}
    {% endfor -%}
)

select
    'at the end of a period, not at the start of the next' as problem,
    ends.*
from ends
anti join starts using (what, period_type, begun_start, record)
union all
select
    'at the start of a period, not at the end of the one before' as problem,
    starts.*
from starts
anti join ends using (what, period_type, begun_start, record)
