{# Who owned a lead from when to when: a rep, or nobody (a queue, say). #}
with changes as (
    select
        leads.lead_id,
        history.owner_ref,
        history.previous_owner_ref,
        history.changed_at,
        row_number() over (
            partition by leads.lead_id order by history.changed_at, history.change_id
        ) as change_number
    from ({{ union_staged('lead_history', ['salesforce', 'flat']) }}) as history
    inner join {{ ref('int_record_references') }} as keys
        on history.lead_ref = keys.reference and keys.entity = 'lead'
    inner join {{ ref('int_leads') }} as leads
        on keys.record_id = leads.lead_id
    where history.owner_ref is not null
),

owners as (
    select
        lead_id,
        0 as change_number,
        coalesce(previous_owner_ref, owner_ref) as owner_ref,
        timestamp '1900-01-01' as owned_from_at
    from changes
    where change_number = 1
    union all
    select
        lead_id,
        change_number,
        owner_ref,
        changed_at as owned_from_at
    from changes
    union all
    select
        lead_id,
        0 as change_number,
        owner_ref,
        timestamp '1900-01-01' as owned_from_at
    from {{ ref('int_leads') }}
    where lead_id not in (select changes.lead_id from changes)
)

select
    owners.lead_id,
    owners.change_number,
    keys.rep_id,
    owners.owned_from_at,
    coalesce(
        lead(owners.owned_from_at) over following_owner, timestamp '9999-12-31'
    ) as owned_to_at,
    case
        when owners.change_number = 0 then date '1900-01-01'
        else {{ business_date('owners.owned_from_at') }}
    end as owned_from_date,
    coalesce(
        {{ business_date('lead(owners.owned_from_at) over following_owner') }},
        date '9999-12-31'
    ) as owned_to_date
from owners
left join {{ ref('int_rep_references') }} as keys
    on owners.owner_ref = keys.reference
window following_owner as (
    partition by owners.lead_id order by owners.change_number
)
