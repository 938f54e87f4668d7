-- Teams by their own file, else as the owners name them.
with teams as (
    select
        source,
        id,
        name,
        1 as precedence,
        delivery_order,
        file,
        row_number
    from {{ source('hubspot', 'teams') }}
    union all
    select
        source,
        team ->> 'id' as id,
        team ->> 'name' as name,
        2 as precedence,
        delivery_order,
        file,
        row_number
    from (
        select
            *,
            unnest(
                json_extract(case when json_valid(teams) then teams end, '$[*]')
            ) as team
        from {{ source('hubspot', 'owners') }}
    )
)

select
    source,
    source || ':' || id as user_role_id,
    name
from teams
where id is not null
qualify
    row_number() over (
        partition by source, id
        order by precedence asc, delivery_order desc, file desc, row_number desc
    ) = 1
