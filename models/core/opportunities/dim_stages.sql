{# The configuration speaks first, then what the source says of its own deals and
   pipelines, then the seed; a stage nobody knows is open. #}
with opportunities as (
    {{ union_staged('opportunities') }}
),

used as (
    select
        stage,
        bool_or(is_won) as is_won,
        bool_or(is_closed) as is_closed,
        median(probability) as usual_probability,
        null as source_order
    from opportunities
    group by stage
    union all
    select
        stage,
        is_won,
        is_closed,
        probability as usual_probability,
        stage_order as source_order
    from {{ ref('stg_hubspot__pipeline_stages') }}
    union all
    select
        stage,
        null as is_won,
        null as is_closed,
        null as usual_probability,
        null as source_order
    from ({{ union_staged('opportunity_history') }})
),

stages as (
    select
        stage,
        bool_or(is_won) as is_won,
        bool_or(is_closed) as is_closed,
        max(usual_probability) as usual_probability,
        min(source_order) as source_order
    from used
    where stage is not null
    group by stage
    union all
    select
        stage,
        null as is_won,
        null as is_closed,
        null as usual_probability,
        null as source_order
    from {{ source('landing', 'config_stages') }}
    where stage not in (
        select used.stage from used
        where used.stage is not null
    )
),

outcomes as (
    select
        stages.stage,
        case
            when config.is_won then 'won'
            when config.is_lost then 'lost'
            when stages.is_won then 'won'
            -- A source that only tells what is closed.
            when stages.is_won is null and stages.is_closed and seed.is_won then 'won'
            when stages.is_closed then 'lost'
            when stages.is_closed is not null then 'open'
            when seed.is_won then 'won'
            when seed.is_lost then 'lost'
            else 'open'
        end as outcome,
        case
            when config.is_won then 'won'
            when config.is_lost then 'lost'
        end as configured_outcome,
        config.stage_order as config_order,
        seed.stage_order as seed_order,
        stages.source_order,
        config.probability,
        stages.usual_probability
    from stages
    left join {{ source('landing', 'config_stages') }} as config
        on stages.stage = config.stage
    left join {{ ref('stages') }} as seed
        on stages.stage = seed.stage
)

select
    stage,
    outcome,
    configured_outcome,
    outcome = 'won' as is_won,
    outcome <> 'open' as is_closed,
    -- Where nobody has ordered the open stages, their usual probability does.
    case
        when max(config_order) over () is not null then config_order
        when source_order is not null then source_order
        when max(case when outcome = 'open' then seed_order end) over () is not null
            then seed_order
        else usual_probability
    end::double as stage_order,
    probability::decimal(18, 8) as default_probability
from outcomes
