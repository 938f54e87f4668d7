-- Owners, whom HubSpot leaves out of its list once they are deactivated: they stay. The
-- team is the main one that the owner names, else the one whose list names the user.
with owners as (
    select *
    from {{ source('hubspot', 'owners') }}
    {{ latest_record(['source', 'id'], 'updatedat', in_milliseconds=true) }}
),

teams as (
    select *
    from {{ source('hubspot', 'teams') }}
    {{ latest_record(['source', 'id'], 'updatedat', in_milliseconds=true) }}
),

named_by_owners as (
    select
        source,
        id,
        team ->> 'id' as team_id,
        coalesce((team ->> 'primary') = 'true', false) as is_primary
    from (
        select
            source,
            id,
            unnest(
                json_extract(case when json_valid(teams) then teams end, '$[*]')
            ) as team
        from owners
    ) as teams_of_owners
),

main_teams as (
    select
        source,
        id,
        team_id
    from named_by_owners
    qualify row_number() over (
        partition by source, id order by is_primary desc, team_id asc
    ) = 1
),

named_by_teams as (
    select
        source,
        user_id,
        min(team_id) as team_id
    from (
        select
            source,
            id as team_id,
            unnest(regexp_extract_all(userids, '\d+')) as user_id
        from teams
    ) as users_of_teams
    group by source, user_id
)

select
    owners.source,
    owners.source || ':' || owners.id as user_id,
    owners.id as native_id,
    coalesce(
        nullif(trim(concat_ws(' ', owners.firstname, owners.lastname)), ''),
        owners.email
    ) as name,
    lower(owners.email) as email,
    coalesce(upper(owners.type) <> 'QUEUE', true) as is_person,
    not coalesce({{ to_boolean('owners.archived') }}, false) as is_active,
    owners.source || ':' || coalesce(
        main_teams.team_id, owners.primaryteamid, named_by_teams.team_id
    ) as role_ref,
    null::varchar as role,
    null::varchar as region,
    null::varchar as manager_ref,
    {{ to_instant_ms('owners.createdat') }} as created_at,
    false as is_deleted,
    owners.exclusion_reason
from owners
left join main_teams
    on owners.source = main_teams.source and owners.id = main_teams.id
left join named_by_teams
    on owners.source = named_by_teams.source and owners.userid = named_by_teams.user_id
