{# Who is a rep: everyone in the reps extract, and every other person who owns or
   owned a deal or a lead, or carries a quota. #}
with owners as (
    select rep_id from {{ ref('int_opportunity_owners') }}
    union
    select rep_id from {{ ref('int_lead_owners') }}
    union
    select keys.rep_id
    from {{ ref('stg_flat__quotas') }} as quotas
    inner join {{ ref('int_rep_references') }} as keys
        on quotas.scope_ref = keys.reference
    where
        quotas.scope_type = 'rep'
        and not quotas.is_deleted
        and quotas.exclusion_reason is null
        and quotas.amount <> 0
)

select
    people.rep_id,
    max_by(people.name, people.precedence) as rep_name,
    max_by(people.role, people.precedence) as role,
    max_by(people.team, people.precedence) as team,
    max_by(people.region, people.precedence) as region,
    max_by(people.manager_ref, people.precedence) as manager_ref,
    bool_or(people.is_in_extract) as is_in_extract,
    coalesce(
        max(people.hire_date) filter (where people.is_in_extract),
        max(people.hire_date)
    ) as hire_date,
    coalesce(
        max(people.leave_date) filter (where people.is_in_extract),
        max(people.leave_date)
    ) as leave_date
from (
    select
        *,
        -- The extract speaks before the CRMs, of these the one of the rep's own id.
        case
            when is_in_extract then 3
            when person_id = rep_id then 2
            else 1
        end as precedence
    from {{ ref('int_people') }}
) as people
where people.is_in_extract or people.rep_id in (select rep_id from owners)
group by people.rep_id
