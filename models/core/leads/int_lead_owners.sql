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
    from ({{ union_staged('lead_history') }}) as history
    inner join {{ ref('int_record_references') }} as keys
        on
            history.lead_ref = keys.reference
            and keys.entity = 'lead'
            -- What a merged-away lead went through is not its survivor's history.
            and keys.is_merged_away is not true
    inner join {{ ref('int_leads') }} as leads
        on keys.record_id = leads.lead_id
    where history.owner_ref is not null
)

{{ owner_intervals('lead_id', ref('int_leads'), 'changes') }}
