{# The day a closed deal closed. History rules where it leads up to the present
   outcome; where it does not, the record's close date. #}
with opportunities as (
    select * from {{ ref('int_opportunities') }}
    where outcome <> 'open'
),

history as (
    select
        opportunities.opportunity_id,
        history.change_number,
        history.recorded_at,
        history.recorded_date,
        history.outcome = opportunities.outcome as is_present_outcome
    from opportunities
    inner join {{ ref('int_opportunity_history') }} as history
        on opportunities.opportunity_id = history.opportunity_id
),

runs as (
    select
        opportunity_id,
        max_by(is_present_outcome, change_number) as ends_in_present_outcome,
        max(change_number) filter (where not is_present_outcome) as last_other_change
    from history
    group by opportunity_id
),

-- The first change of the run of the present outcome that lasts to the end.
closing_changes as (
    select
        history.opportunity_id,
        min(history.recorded_at) as closed_at,
        min(history.recorded_date) as closed_date
    from history
    inner join runs
        on history.opportunity_id = runs.opportunity_id
    where
        runs.ends_in_present_outcome
        and history.change_number > runs.last_other_change
    group by history.opportunity_id
)

select
    opportunities.opportunity_id,
    closing_changes.closed_at,
    case
        when closing_changes.closed_date is not null then closing_changes.closed_date
        when runs.ends_in_present_outcome then opportunities.close_date
        when opportunities.close_date is not null
            then least(opportunities.close_date, settings.as_of_date)
    end as closed_date,
    case
        when closing_changes.closed_date is not null then 'history'
        when runs.ends_in_present_outcome then 'entered after the fact'
        when runs.opportunity_id is not null then 'history ends in another state'
        else 'no history'
    end as close_basis
from opportunities
cross join {{ source('landing', 'settings') }} as settings
left join runs
    on opportunities.opportunity_id = runs.opportunity_id
left join closing_changes
    on opportunities.opportunity_id = closing_changes.opportunity_id
