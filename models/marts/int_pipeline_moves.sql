{# Each term of the waterfall is a rule: for whom it counts, how much, when. Where a
   deal's owner changes along with something else, the owner changes first. A deal
   that closes in a period counts as due in it, whatever date was expected. #}
{% set terms = [
    ('created', 'amount_after', "change = 'created' and is_in"),
    ('pulled_in', 'amount_after', "was_open and not was_in and (is_in or is_closing)"),
    ('increased', 'amount_after - amount_before',
        "was_in and (is_in or is_closing) and amount_after > amount_before"),
    ('reopened', 'amount_after',
        "not was_open and (change = 'reopened' and is_in or is_closing)"),
    ('won', 'amount_after', "change = 'won'"),
    ('lost', 'amount_after', "change = 'lost'"),
    ('reopened_later', 'amount_before', "change = 'closed for a while' and was_in"),
    ('pushed_out', 'amount_before', "change = 'changed' and was_in and not is_in"),
    ('decreased', 'amount_before - amount_after',
        "was_in and (is_in or is_closing) and amount_after < amount_before"),
    ('owner_moves', 'amount_before', "was_in and has_moved"),
] %}

with periods as (
    select
        periods.*,
        pipelines.pipeline
    from {{ ref('dim_periods') }} as periods
    cross join (values ('all'), ('due')) as pipelines (pipeline)
    where periods.period_type in ('month', 'quarter')
),

changes as (
    select
        periods.pipeline,
        periods.period_type,
        periods.period_start,
        changes.*,
        changes.change in ('won', 'lost') as is_closing,
        changes.assignment_before <> changes.assignment_after as has_moved,
        changes.was_open
        and (
            periods.pipeline = 'all'
            or coalesce(
                changes.expected_close_date_before
                between periods.period_start and periods.period_end,
                false
            )
        ) as was_in,
        changes.is_open
        and (
            periods.pipeline = 'all'
            or coalesce(
                changes.expected_close_date_after
                between periods.period_start and periods.period_end,
                false
            )
        ) as is_in
    from {{ ref('int_pipeline_changes') }} as changes
    inner join periods
        on
            changes.change_date between periods.period_start and periods.last_day
            and (periods.pipeline = 'all' or changes.has_history_source)
)

select
    pipeline,
    period_type,
    period_start,
    opportunity_id,
    change_number,
    'owner_moves' as term,
    change_date,
    assignment_before as rep_assignment_id,
    -amount_before as amount
from changes
where was_in and has_moved
{% for term, amount, condition in terms -%}
union all
select
    pipeline,
    period_type,
    period_start,
    opportunity_id,
    change_number,
    '{{ term }}' as term,
    change_date,
    assignment_after as rep_assignment_id,
    {{ amount }} as amount
from changes
where {{ condition }}
{% endfor %}
