{# What is odd about single records, and what it means for the figures. #}
with settings as (
    select as_of_date from {{ source('landing', 'settings') }}
),

deals as (
    select * from {{ ref('fct_opportunities') }}
),

owners as (
    select
        'opportunity' as entity,
        opportunity_id as record_id,
        owner_ref
    from {{ ref('int_opportunities') }}
    union all
    select
        'lead' as entity,
        lead_id as record_id,
        owner_ref
    from {{ ref('int_leads') }}
)

select
    'closed deal without a close date' as issue,
    'opportunity' as entity,
    opportunity_id as record_id,
    'in no metric that is dated by the close' as consequence,
    stage as detail
from deals
where is_closed and closed_date is null
union all
select
    'closed before its creation' as issue,
    'opportunity' as entity,
    opportunity_id as record_id,
    'in no metric of the sales cycle' as consequence,
    closed_date::varchar || ' before ' || created_date::varchar as detail
from deals
where closed_date < created_date
union all
select
    'close date still to come' as issue,
    'opportunity' as entity,
    deals.opportunity_id as record_id,
    'counts from that day on' as consequence,
    deals.closed_date::varchar as detail
from deals
cross join settings
where deals.closed_date > settings.as_of_date
union all
select
    'deal without a creation date' as issue,
    'opportunity' as entity,
    opportunity_id as record_id,
    'in no metric of age, creation, cycle, stage or first day' as consequence,
    stage as detail
from deals
where created_date is null
union all
select
    'history ends in another state than the record' as issue,
    'opportunity' as entity,
    opportunity_id as record_id,
    'closed on the close date of the record' as consequence,
    stage as detail
from deals
where close_basis = 'history ends in another state'
union all
select
    'owner is no rep' as issue,
    owners.entity,
    owners.record_id,
    'counts as Unassigned' as consequence,
    owners.owner_ref as detail
from owners
left join {{ ref('int_rep_references') }} as keys
    on owners.owner_ref = keys.reference
where keys.rep_id is null
union all
select
    'converted without a date' as issue,
    'lead' as entity,
    lead_id as record_id,
    'dated by its creation' as consequence,
    null as detail
from ({{ union_staged('leads', ['salesforce', 'flat']) }})
where
    is_converted
    and converted_date is null
    and not is_deleted
    and exclusion_reason is null
union all
select
    'done without a date' as issue,
    'activity' as entity,
    activity_id as record_id,
    'dated by its due date or its creation' as consequence,
    type as detail
from {{ ref('stg_flat__activities') }}
where is_done and done_at is null and not is_deleted and exclusion_reason is null
{% for entity in ['account', 'product', 'campaign'] -%}
union all
select
    'unknown {{ entity }}' as issue,
    'opportunity' as entity,
    deals.opportunity_id as record_id,
    'counts under (none)' as consequence,
    deals.{{ entity }}_ref as detail
from ({{ union_staged('opportunities', ['salesforce', 'flat']) }}) as deals
left join {{ ref('int_record_references') }} as keys
    on deals.{{ entity }}_ref = keys.reference and keys.entity = '{{ entity }}'
where
    deals.{{ entity }}_ref is not null
    and keys.record_id is null
    and not deals.is_deleted
    and deals.exclusion_reason is null
{% endfor -%}
union all
select
    'contract of unknown value' as issue,
    'contract' as entity,
    contract_id as record_id,
    'in no metric of contract value and in no MRR' as consequence,
    null as detail
from {{ ref('fct_contracts') }}
where total_value is null
