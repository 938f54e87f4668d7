-- Stages of the pipelines' lists, or of rows of their own; those that a later delivery
-- lacks still name what happened in them.
with stages as (
    select
        source,
        id as pipeline_id,
        stage_id,
        stage_label,
        stage_display_order,
        stage_is_closed,
        stage_probability,
        delivery_order,
        file,
        row_number
    from {{ source('hubspot', 'pipelines') }}
    where stage_id is not null
    union all
    select
        source,
        id as pipeline_id,
        stage ->> 'id' as stage_id,
        stage ->> 'label' as stage_label,
        stage ->> 'displayOrder' as stage_display_order,
        stage -> 'metadata' ->> 'isClosed' as stage_is_closed,
        stage -> 'metadata' ->> 'probability' as stage_probability,
        delivery_order,
        file,
        row_number
    from (
        select
            *,
            unnest(
                json_extract(case when json_valid(stages) then stages end, '$[*]')
            ) as stage
        from {{ source('hubspot', 'pipelines') }}
    )
),

latest_stages as (
    select * from stages
    {{ latest_record(['source', 'stage_id']) }}
)

select
    source,
    pipeline_id,
    stage_id,
    coalesce(stage_label, stage_id) as stage,
    {{ to_decimal('stage_display_order') }} as stage_order,
    {{ to_share('stage_probability') }} as probability,
    {{ to_boolean('stage_is_closed') }}
    and {{ to_share('stage_probability') }} = 1 as is_won,
    {{ to_boolean('stage_is_closed') }} as is_closed
from latest_stages
where stage_id is not null
