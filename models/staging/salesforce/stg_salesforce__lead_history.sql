-- Owner changes come twice, once with names and once with ids; the ids count. What an
-- assignment rule or a rep who takes a lead from a queue does has a name of its own.
with changes as (
    select *
    from {{ source('salesforce', 'lead_history') }}
    {{ latest_record(['source', salesforce_id('id')]) }}
),

status_changes as (
    select
        source,
        {{ salesforce_key('leadid') }} as lead_ref,
        {{ salesforce_key('id') }} as change_id,
        {{ to_instant('createddate') }} as changed_at,
        newvalue as status,
        oldvalue as previous_status,
        null::varchar as owner_ref,
        null::varchar as previous_owner_ref
    from changes
    where
        lower(field) = 'status'
        and not coalesce({{ to_boolean('isdeleted') }}, false)
),

owner_changes as (
    select
        source,
        {{ salesforce_key('leadid') }} as lead_ref,
        {{ salesforce_key('id') }} as change_id,
        {{ to_instant('createddate') }} as changed_at,
        null::varchar as status,
        null::varchar as previous_status,
        {{ salesforce_key('newvalue') }} as owner_ref,
        {{ salesforce_key('oldvalue') }} as previous_owner_ref
    from changes
    where
        lower(field) in ('owner', 'ownerassignment', 'owneraccepted')
        and {{ is_salesforce_id('newvalue') }}
        and not coalesce({{ to_boolean('isdeleted') }}, false)
)

select * from status_changes
union all
select * from owner_changes
