-- Owner changes come twice, once with names and once with ids; the ids count.
with changes as (
    select *
    from {{ source('salesforce', 'opportunity_field_history') }}
    {{ latest_record(['source', salesforce_id('id')]) }}
)

select
    source,
    {{ salesforce_key('opportunityid') }} as opportunity_ref,
    {{ salesforce_key('id') }} as change_id,
    {{ to_instant('createddate') }} as changed_at,
    {{ salesforce_key('newvalue') }} as owner_ref,
    {{ salesforce_key('oldvalue') }} as previous_owner_ref
from changes
where
    lower(field) = 'owner'
    and {{ is_salesforce_id('newvalue') }}
    and not coalesce({{ to_boolean('isdeleted') }}, false)
