{# Who owned a deal from when to when: a rep, or nobody (a queue, say). #}
with changes as (
    select
        deals.opportunity_id,
        history.owner_ref,
        history.previous_owner_ref,
        history.changed_at,
        row_number() over (
            partition by deals.opportunity_id
            order by history.changed_at, history.change_id
        ) as change_number
    from (
        {{ union_staged('opportunity_owner_history') }}
    ) as history
    inner join {{ ref('int_record_references') }} as keys
        on history.opportunity_ref = keys.reference and keys.entity = 'opportunity'
    inner join {{ ref('int_opportunities') }} as deals
        on keys.record_id = deals.opportunity_id
)

{{ owner_intervals('opportunity_id', ref('int_opportunities'), 'changes') }}
