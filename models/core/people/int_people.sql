{# Everybody whom a source could mean by a rep: persons of the CRMs, the reps
   extract, and, where neither was delivered, the names that flat files use. #}
with crm_users as (
    {{ union_staged('users', ['salesforce', 'hubspot']) }}
),

teams as (
    {{ union_staged('user_roles', ['salesforce', 'hubspot']) }}
),

users as (
    select
        users.* exclude (team),
        coalesce(users.team, teams.name) as team,
        case
            when users.email is null then users.user_id
            when users.source = first_value(users.source) over persons_first
                then users.user_id
            else first_value(users.user_id) over persons_first
        end as rep_id
    from crm_users as users
    left join teams
        on users.role_ref = teams.user_role_id
    where not users.is_deleted and users.exclusion_reason is null
    -- The robot that shares somebody's email is not that person.
    window persons_first as (
        partition by users.email
        order by users.is_person desc nulls last, users.source asc, users.user_id asc
    )
),

extract_reps as (
    select *
    from {{ ref('stg_flat__reps') }}
    where not is_deleted and exclusion_reason is null
    qualify row_number() over (
        partition by native_id order by valid_from desc nulls last
    ) = 1
),

candidates as (
    select
        extract_reps.native_id,
        users.rep_id,
        users.is_person,
        case
            when
                extract_reps.native_id
                in (users.native_id, users.user_id, left(users.native_id, 15))
                then 1
            when extract_reps.email = users.email then 2
            else 3
        end as precedence
    from extract_reps
    inner join users
        on
            extract_reps.native_id
            in (users.native_id, users.user_id, left(users.native_id, 15))
            or extract_reps.email = users.email
            or extract_reps.name = users.name
    qualify row_number() over (
        partition by extract_reps.native_id
        order by precedence asc, users.is_person desc, users.rep_id asc
    ) = 1
),

-- Whom several rows claim is the one with the same id, else email; of namesakes the
-- first, the others are people of their own.
matches as (
    select
        native_id,
        rep_id
    from candidates
    qualify rank() over (
        partition by rep_id
        order by
            precedence asc,
            case when precedence = 3 then native_id end asc
    ) = 1
),

named_by_flat_files as (
    select distinct
        'flat:' || reference as person_id,
        reference as name
    from {{ ref('int_named_references') }}
    where
        entity = 'rep'
        and not {{ is_delivered('users') }}
        and not {{ is_delivered('reps') }}
)

select
    rep_id,
    user_id as person_id,
    source,
    native_id,
    name,
    email,
    is_person,
    false as is_in_extract,
    role,
    team,
    region,
    manager_ref,
    hire_date,
    leave_date
from users
union all
select
    coalesce(matches.rep_id, extract_reps.rep_id) as rep_id,
    extract_reps.rep_id as person_id,
    extract_reps.source,
    extract_reps.native_id,
    extract_reps.name,
    extract_reps.email,
    true as is_person,
    true as is_in_extract,
    extract_reps.role,
    extract_reps.team,
    extract_reps.region,
    extract_reps.manager_ref,
    extract_reps.hire_date,
    extract_reps.leave_date
from extract_reps
left join matches on extract_reps.native_id = matches.native_id
union all
select
    person_id as rep_id,
    person_id,
    'flat' as source,
    name as native_id,
    name,
    null as email,
    true as is_person,
    true as is_in_extract,
    null as role,
    null as team,
    null as region,
    null as manager_ref,
    null as hire_date,
    null as leave_date
from named_by_flat_files
