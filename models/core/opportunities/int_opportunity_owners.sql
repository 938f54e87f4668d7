{# Who owned a deal from when to when. The first owner holds since ever. #}
with changes as (
    select
        opportunities.opportunity_id,
        history.owner_ref,
        history.previous_owner_ref,
        history.changed_at,
        row_number() over (
            partition by opportunities.opportunity_id
            order by history.changed_at, history.change_id
        ) as change_number
    from (
        {{ union_staged('opportunity_owner_history', ['salesforce', 'flat']) }}
    ) as history
    inner join {{ ref('int_record_references') }} as keys
        on
            history.opportunity_ref = keys.reference
            and keys.entity = 'opportunity'
    inner join {{ ref('int_opportunities') }} as opportunities
        on keys.record_id = opportunities.opportunity_id
),

owners as (
    select
        opportunity_id,
        0 as change_number,
        coalesce(previous_owner_ref, owner_ref) as owner_ref,
        timestamp '1900-01-01' as owned_from_at
    from changes
    where change_number = 1
    union all
    select
        opportunity_id,
        change_number,
        owner_ref,
        changed_at as owned_from_at
    from changes
    union all
    select
        opportunity_id,
        0 as change_number,
        owner_ref,
        timestamp '1900-01-01' as owned_from_at
    from {{ ref('int_opportunities') }}
    where opportunity_id not in (select changes.opportunity_id from changes)
)

select
    owners.opportunity_id,
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
    partition by owners.opportunity_id order by owners.change_number
)
