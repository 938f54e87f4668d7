{{ config(meta={'dagster': {'ref': {'name': 'fct_opportunities'}}}) }}
{# What must hold within every deal. #}
with deals as (
    select
        *,
        {{ business_date('closed_at') }} as day_of_closed_at
    from {{ ref('fct_opportunities') }}
)

{% for problem, broken in [
    (
        'not exactly one of open, won and lost',
        'is_open::integer + is_won::integer + is_lost::integer <> 1',
    ),
    ('closed and open do not exclude each other', 'is_closed = is_open'),
    (
        'open, yet with a close date',
        'is_open and coalesce(closed_date, closed_at::date) is not null',
    ),
    ('closed, and nobody says how that is known', 'is_closed and close_basis is null'),
    (
        'a close date from history is not the day of its instant',
        "closed_date is distinct from day_of_closed_at and close_basis = 'history'",
    ),
    (
        'no close date, though the record has one',
        'is_closed and closed_date is null and expected_close_date is not null',
    ),
    (
        'cycle is not the days from creation to close',
        'cycle_days is distinct from case when closed_date >= created_date then '
        ~ dbt.datediff('created_date', 'closed_date', 'day') ~ ' end',
    ),
] -%}
select
    '{{ problem }}' as problem,
    opportunity_id,
    outcome,
    created_date,
    closed_date,
    close_basis
from deals
where {{ broken }}
{% if not loop.last %}union all
{% endif -%}
{% endfor %}
