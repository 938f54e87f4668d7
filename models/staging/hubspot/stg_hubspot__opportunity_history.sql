-- Changes of a deal's properties, those of one instant in one row; of a deal that the
-- history of properties does not tell of, the dates at which it entered a stage. What
-- became of a merged-away deal is not its survivor's.
with changes as (
    select *
    from {{ source('hubspot', 'deals_history') }}
    {{ latest_record(['source', 'id', 'property', to_instant_ms('timestamp')]) }}
),

deals as (
    select *
    from {{ source('hubspot', 'deals') }}
    {{ latest_record(
        ['source', 'hs_object_id'],
        modified_at='coalesce(hs_lastmodifieddate, updatedat)',
        in_milliseconds=true,
    ) }}
),

told_changes as (
    select
        source,
        id,
        {{ to_instant_ms('timestamp') }} as changed_at,
        max(value) filter (where property = 'dealstage') as stage_id,
        max(value) filter (where property = 'amount') as amount,
        max(value) filter (
            where property = 'hs_deal_stage_probability'
        ) as probability,
        max(value) filter (where property = 'closedate') as close_date,
        max(value) filter (
            where property = 'hs_manual_forecast_category'
        ) as forecast_category
    from changes
    where
        property in (
            'dealstage', 'amount', 'hs_deal_stage_probability', 'closedate',
            'hs_manual_forecast_category'
        )
    group by all
),

entered_stages as (
    {% for stage in [
        'appointmentscheduled', 'qualifiedtobuy', 'presentationscheduled',
        'decisionmakerboughtin', 'contractsent', 'closedwon', 'closedlost',
    ] -%}
    select
        source,
        hs_object_id as id,
        {{ to_instant_ms('hs_v2_date_entered_' ~ stage) }} as changed_at,
        '{{ stage }}' as stage_id,
        {{ loop.index }} as place
    from deals
    where hs_v2_date_entered_{{ stage }} is not null
    {% if not loop.last %}union all
    {% endif %}
    {%- endfor %}
),

all_changes as (
    select
        *,
        null as place
    from told_changes
    union all
    select
        source,
        id,
        changed_at,
        stage_id,
        null as amount,
        null as probability,
        null as close_date,
        null as forecast_category,
        place
    from entered_stages
    where not exists (
        select 1 from told_changes
        where
            told_changes.source = entered_stages.source
            and told_changes.id = entered_stages.id
            and told_changes.stage_id is not null
    )
)

select
    changes.source,
    changes.source || ':' || changes.id as opportunity_ref,
    changes.source || ':' || changes.id || '@' || changes.changed_at::varchar
    || coalesce(':' || changes.place, '') as change_id,
    changes.changed_at,
    coalesce(stages.stage, changes.stage_id) as stage,
    {{ to_decimal('changes.amount') }} as amount,
    coalesce({{ to_share('changes.probability') }}, stages.probability) as probability,
    {{ business_date(to_instant_ms('changes.close_date')) }} as expected_close_date,
    changes.forecast_category,
    false as is_full_state
from all_changes as changes
left join {{ ref('stg_hubspot__pipeline_stages') }} as stages
    on changes.source = stages.source and changes.stage_id = stages.stage_id
left join {{ ref('stg_hubspot__merged_records') }} as merged
    on
        changes.source = merged.source
        and changes.id = merged.merged_id
        and merged.object = 'deals'
where changes.changed_at is not null and merged.merged_id is null
