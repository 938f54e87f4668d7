{# The statuses of a lead, each from the change that brought it; the first one
   holds since the creation. #}
with marks as (
    select
        status,
        is_qualified,
        is_closed
    from {{ source('landing', 'config_lead_statuses') }}
    union all
    select
        status,
        is_qualified,
        is_closed
    from {{ ref('lead_statuses') }}
    where status not in (
        select configured.status
        from {{ source('landing', 'config_lead_statuses') }} as configured
    )
),

changes as (
    select
        leads.lead_id,
        leads.created_at,
        history.status,
        history.previous_status,
        history.changed_at,
        row_number() over (
            partition by leads.lead_id order by history.changed_at, history.change_id
        ) as change_number
    from ({{ union_staged('lead_history') }}) as history
    inner join {{ ref('int_record_references') }} as keys
        on
            history.lead_ref = keys.reference
            and keys.entity = 'lead'
            -- What a merged-away lead went through is not its survivor's history.
            and keys.is_merged_away is not true
    inner join {{ ref('int_leads') }} as leads
        on keys.record_id = leads.lead_id
    where history.status is not null
),

statuses as (
    select
        lead_id,
        0 as change_number,
        coalesce(previous_status, status) as status,
        created_at as changed_at
    from changes
    where change_number = 1
    union all
    select
        lead_id,
        change_number,
        status,
        greatest(changed_at, created_at) as changed_at
    from changes
    union all
    select
        lead_id,
        0 as change_number,
        status,
        created_at as changed_at
    from {{ ref('int_leads') }}
    where lead_id not in (select changes.lead_id from changes)
)

select
    statuses.lead_id,
    statuses.change_number,
    statuses.status,
    coalesce(marks.is_qualified, false) as is_qualified,
    coalesce(marks.is_closed, false) as is_closed,
    statuses.changed_at as valid_from_at,
    {{ business_date('statuses.changed_at') }} as valid_from_date,
    coalesce(
        {{ business_date('lead(statuses.changed_at) over following_status') }},
        date '9999-12-31'
    ) as valid_to_date
from statuses
left join marks
    on statuses.status = marks.status
window following_status as (
    partition by statuses.lead_id order by statuses.change_number
)
