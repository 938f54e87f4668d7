{{ config(meta={'dagster': {'ref': {'name': 'fct_opportunity_intervals'}}}) }}
{# What follows in time neither overlaps nor leaves a gap. An interval may be empty,
   where two changes came at once, but never ends before it begins. Deals closed before
   their creation are for the quality tables. #}
{% set validities = [
    ('dim_periods', 'period_type', 'period_start', dbt.dateadd('day', 1, 'period_end')),
    ('dim_rep_assignments', 'coalesce(rep_id, rep_assignment_id)', 'valid_from', 'valid_to'),
    ('int_exchange_rates', 'currency', 'valid_from', 'valid_to'),
    ('int_lead_owners', 'lead_id', 'owned_from_at', 'owned_to_at'),
    ('int_opportunity_owners', 'opportunity_id', 'owned_from_at', 'owned_to_at'),
] %}

with closed_before_creation as (
    select opportunity_id
    from {{ ref('fct_opportunities') }}
    where closed_date < created_date
),

intervals as (
    {% for model, key, valid_from, valid_to in validities -%}
    select
        '{{ model }}' as model,
        {{ key }} as record,
        row_number() over (
            partition by {{ key }} order by {{ valid_from }}, {{ valid_to }}
        ) as interval_number,
        {{ valid_from }}::timestamp as valid_from,
        {{ valid_to }}::timestamp as valid_to
    from {{ ref(model) }}
    union all
    {% endfor -%}
    {% for unit in ['at', 'date'] -%}
    select
        'fct_opportunity_intervals by {{ unit }}' as model,
        opportunity_id as record,
        interval_number,
        valid_from_{{ unit }}::timestamp as valid_from,
        valid_to_{{ unit }}::timestamp as valid_to
    from {{ ref('fct_opportunity_intervals') }}
    anti join closed_before_creation using (opportunity_id)
    {% if not loop.last %}union all
    {% endif -%}
    {% endfor %}
),

with_next as (
    select
        *,
        lead(valid_from) over (
            partition by model, record order by interval_number
        ) as next_valid_from
    from intervals
),

deals as (
    select
        opportunity_id,
        min(valid_from_date) as first_day
    from {{ ref('fct_opportunity_intervals') }}
    group by opportunity_id
)

select
    case
        when valid_to < valid_from then 'ends before it begins'
        when next_valid_from > valid_to then 'a gap before the next one'
        else 'overlaps the next one'
    end as problem,
    model,
    record,
    interval_number,
    valid_from,
    valid_to,
    next_valid_from
from with_next
where valid_to < valid_from or next_valid_from <> valid_to
union all
select
    'begins after the creation' as problem,
    'fct_opportunity_intervals by date' as model,
    deals.opportunity_id as record,
    1 as interval_number,
    deals.first_day::timestamp as valid_from,
    null as valid_to,
    null as next_valid_from
from deals
inner join {{ ref('fct_opportunities') }} as opportunities
    on deals.opportunity_id = opportunities.opportunity_id
where deals.first_day > opportunities.created_date
union all
-- A customer who was one all along is one interval.
select
    'touches the next one' as problem,
    'fct_customer_intervals' as model,
    earlier.account_id as record,
    earlier.interval_number,
    earlier.customer_from_date::timestamp as valid_from,
    earlier.customer_to_date::timestamp as valid_to,
    later.customer_from_date::timestamp as next_valid_from
from {{ ref('fct_customer_intervals') }} as earlier
inner join {{ ref('fct_customer_intervals') }} as later
    on
        earlier.account_id = later.account_id
        and earlier.interval_number < later.interval_number
where
    later.customer_from_date
    <= {{ dbt.dateadd('day', 1, 'earlier.customer_to_date') }}
