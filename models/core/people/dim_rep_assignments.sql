{# Before a rep's first dated row there is no team: what is dated then counts
   under (none), it is not claimed for the later team. #}
with extract_rows as (
    select
        people.rep_id,
        coalesce(reps.valid_from, date '1900-01-01') as valid_from,
        reps.team,
        reps.region,
        reps.role,
        reps.manager_ref
    from {{ ref('stg_flat__reps') }} as reps
    inner join {{ ref('int_people') }} as people
        on reps.rep_id = people.person_id
    where not reps.is_deleted and reps.exclusion_reason is null
    qualify row_number() over (
        partition by people.rep_id, coalesce(reps.valid_from, date '1900-01-01')
        order by reps.rep_id
    ) = 1
),

-- An extract without any team (an HR file of dates, say) leaves teams to the CRM.
extract_columns as (
    select
        count(team) > 0 as has_teams,
        count(region) > 0 as has_regions,
        count(role) > 0 as has_roles,
        count(manager_ref) > 0 as has_managers
    from extract_rows
),

crm_people as (
    select *
    from {{ ref('int_people') }}
    where not is_in_extract
    qualify row_number() over (
        partition by rep_id order by person_id <> rep_id, person_id
    ) = 1
),

rows_since_ever as (
    select
        rep_id,
        valid_from,
        team,
        region,
        role,
        manager_ref,
        true as is_from_extract
    from extract_rows
    union all
    select
        rep_id,
        date '1900-01-01' as valid_from,
        null as team,
        null as region,
        null as role,
        null as manager_ref,
        true as is_from_extract
    from extract_rows
    group by rep_id
    having min(valid_from) > date '1900-01-01'
    union all
    select
        rep_id,
        date '1900-01-01' as valid_from,
        null as team,
        null as region,
        null as role,
        null as manager_ref,
        false as is_from_extract
    from {{ ref('int_reps') }}
    where rep_id not in (select rep_id from extract_rows)
),

assignments as (
    select
        rows_since_ever.rep_id,
        rows_since_ever.valid_from,
        case
            when is_from_extract and has_teams then rows_since_ever.team
            else crm_people.team
        end as team,
        case
            when is_from_extract and has_regions then rows_since_ever.region
            else crm_people.region
        end as region,
        case
            when is_from_extract and has_roles then rows_since_ever.role
            else crm_people.role
        end as role,
        case
            when is_from_extract and has_managers then rows_since_ever.manager_ref
            else crm_people.manager_ref
        end as manager_ref
    from rows_since_ever
    cross join extract_columns
    left join crm_people on rows_since_ever.rep_id = crm_people.rep_id
),

manager_names as (
    select
        rep_id,
        -- The extract's name speaks before the CRM's.
        coalesce(max(name) filter (where is_in_extract), max(name)) as name
    from {{ ref('int_people') }}
    group by rep_id
)

select
    assignments.rep_id || '@' || assignments.valid_from::varchar as rep_assignment_id,
    assignments.rep_id,
    assignments.team,
    assignments.region,
    assignments.role,
    managers.rep_id as manager_rep_id,
    coalesce(
        manager_names.name, {{ without_contact_data('assignments.manager_ref') }}
    ) as manager,
    assignments.valid_from,
    coalesce(
        lead(assignments.valid_from) over (
            partition by assignments.rep_id order by assignments.valid_from
        ),
        date '9999-12-31'
    ) as valid_to
from assignments
left join {{ ref('int_rep_references') }} as managers
    on assignments.manager_ref = managers.reference
left join manager_names
    on managers.rep_id = manager_names.rep_id
union all
select
    '(none)' as rep_assignment_id,
    null as rep_id,
    null as team,
    null as region,
    null as role,
    null as manager_rep_id,
    null as manager,
    date '1900-01-01' as valid_from,
    date '9999-12-31' as valid_to
