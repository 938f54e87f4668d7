{# Records that were merged away, each with the one that is left of it in the end. #}
with recursive merged as (
    {% for object in ['companies', 'contacts', 'deals'] -%}
    select
        source,
        '{{ object }}' as object,
        unnest(regexp_extract_all(hs_merged_object_ids, '\d+')) as merged_id,
        hs_object_id as into_id,
        delivery_order
    from {{ source('hubspot', object) }}
    {% if not loop.last %}union all
    {% endif %}
    {%- endfor %}
),

latest_merged as (
    select
        source,
        object,
        merged_id,
        into_id
    from merged
    where merged_id <> into_id
    qualify row_number() over (
        partition by source, object, merged_id
        order by delivery_order desc, into_id desc
    ) = 1
),

survivors as (
    select
        source,
        object,
        merged_id,
        into_id as survivor_id,
        1 as steps
    from latest_merged
    union all
    select
        survivors.source,
        survivors.object,
        survivors.merged_id,
        latest_merged.into_id as survivor_id,
        survivors.steps + 1 as steps
    from survivors
    inner join latest_merged
        on
            survivors.source = latest_merged.source
            and survivors.object = latest_merged.object
            and survivors.survivor_id = latest_merged.merged_id
    where survivors.steps < 20
)

select
    source,
    object,
    merged_id,
    survivor_id
from survivors
qualify
    row_number() over (
        partition by source, object, merged_id order by steps desc
    ) = 1
