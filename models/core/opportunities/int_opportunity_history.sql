{# The state after every change. Where a source tells only what changed, an empty
   cell is as before; before the first known value that value holds. What history
   never says is as without history: of an open deal as today; of a closed one
   without stage and probability. #}
with history as (
    select
        opportunities.opportunity_id,
        opportunities.created_at,
        history.changed_at,
        history.change_id,
        history.is_full_state,
        history.stage,
        history.amount,
        history.probability,
        history.expected_close_date,
        history.forecast_category,
        case
            when opportunities.outcome = 'open' then opportunities.stage
            else '(none)'
        end as present_stage,
        opportunities.amount as present_amount,
        case
            when opportunities.outcome = 'open' and not history.is_full_state
                then opportunities.probability
        end as present_probability,
        opportunities.close_date as present_close_date,
        opportunities.forecast_category as present_forecast_category
    from
        ({{ union_staged('opportunity_history') }}) as history
    inner join {{ ref('int_record_references') }} as keys
        on
            history.opportunity_ref = keys.reference
            and keys.entity = 'opportunity'
    inner join {{ ref('int_opportunities') }} as opportunities
        on keys.record_id = opportunities.opportunity_id
    -- An open deal without a creation date is known on the as-of date alone.
    where opportunities.created_at is not null or opportunities.outcome <> 'open'
),

states as (
    select
        opportunity_id,
        created_at,
        changed_at,
        present_probability,
        row_number() over (
            partition by opportunity_id order by changed_at, change_id
        ) as change_number,
        {% for column, present in [
            ('stage', 'present_stage'),
            ('amount', 'present_amount'),
            ('probability', 'null'),
            ('expected_close_date', 'present_close_date'),
            ('forecast_category', 'present_forecast_category'),
        ] -%}
        case
            when is_full_state then {{ column }}
            else coalesce(
                last_value({{ column }} ignore nulls) over until_now,
                first_value({{ column }} ignore nulls) over from_now,
                {{ present }}
            )
        end as {{ column }}{% if not loop.last %},{% endif %}
        {% endfor %}
    from history
    window
        until_now as (
            partition by opportunity_id order by changed_at, change_id
            rows between unbounded preceding and current row
        ),
        from_now as (
            partition by opportunity_id order by changed_at, change_id
            rows between current row and unbounded following
        )
),

-- History that begins after the creation holds since the creation; of what comes before
-- it, the last state does.
dated as (
    select
        *,
        case
            when change_number = 1 then coalesce(created_at, changed_at)
            else greatest(changed_at, created_at)
        end as valid_from_at,
        coalesce(
            lead(changed_at) over (partition by opportunity_id order by change_number)
            < created_at,
            false
        ) as is_void
    from states
)

select
    dated.opportunity_id,
    dated.change_number,
    dated.is_void,
    dated.changed_at as recorded_at,
    {{ business_date('dated.changed_at') }} as recorded_date,
    dated.valid_from_at as changed_at,
    {{ business_date('dated.valid_from_at') }} as changed_date,
    dated.stage,
    coalesce(stages.outcome, 'open') as outcome,
    dated.amount,
    coalesce(
        dated.probability, stages.default_probability, dated.present_probability
    ) as probability,
    dated.expected_close_date,
    dated.forecast_category
from dated
left join {{ ref('dim_stages') }} as stages
    on dated.stage = stages.stage
