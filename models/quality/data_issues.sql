{# What is odd about single records, and what it means for the figures. #}
with deals as (
    select
        opportunities.*,
        settings.as_of_date
    from {{ ref('fct_opportunities') }} as opportunities
    cross join {{ source('landing', 'settings') }} as settings
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

{% for issue, condition, consequence, detail in [
    (
        'closed deal without a close date', 'is_closed and closed_date is null',
        'in no metric that is dated by the close', 'stage',
    ),
    (
        'closed before its creation', 'closed_date < created_date',
        'in no metric of the sales cycle',
        "closed_date::varchar || ' before ' || created_date::varchar",
    ),
    (
        'close date still to come', 'closed_date > as_of_date',
        'counts from that day on', 'closed_date::varchar',
    ),
    (
        'deal without a creation date', 'created_date is null',
        'in no metric of age, creation, cycle, stage or first day', 'stage',
    ),
    (
        'history ends in another state than the record',
        "close_basis = 'history ends in another state'",
        'closed on the close date of the record', 'stage',
    ),
] -%}
select
    '{{ issue }}' as issue,
    'opportunity' as entity,
    opportunity_id as record_id,
    '{{ consequence }}' as consequence,
    {{ detail }} as detail
from deals
where {{ condition }}
union all
{% endfor -%}
select
    'owner is no rep' as issue,
    owners.entity,
    owners.record_id,
    'counts as Unassigned' as consequence,
    {{ without_contact_data('owners.owner_ref') }} as detail
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
from ({{ union_staged('leads') }})
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
    {{ without_contact_data('deals.' ~ entity ~ '_ref') }} as detail
from ({{ union_staged('opportunities') }}) as deals
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
union all
select
    'quota given twice' as issue,
    'quota' as entity,
    concat(
        scope_type, ' ', {{ without_contact_data('scope_ref') }}, ', ', period_type,
        ' of ', period_start
    ) as record_id,
    'not counted: another one for the same scope and months is' as consequence,
    amount::varchar as detail
from (
    select
        quotas.*,
        row_number() over (
            partition by
                quotas.scope_type,
                case quotas.scope_type
                    when 'rep' then coalesce(keys.rep_id, quotas.scope_ref)
                    when 'company' then 'company'
                    else quotas.scope_ref
                end,
                quotas.period_type,
                date_trunc('month', quotas.period_start)
            order by quotas.period_start desc, quotas.scope_ref asc
        ) as quota_number
    from {{ ref('stg_flat__quotas') }} as quotas
    left join {{ ref('int_rep_references') }} as keys
        on quotas.scope_ref = keys.reference
    where
        not quotas.is_deleted
        and quotas.exclusion_reason is null
        and quotas.amount <> 0
)
where quota_number > 1
union all
select distinct
    'quota of a ' || quotas.scope_type || ' that no rep is in' as issue,
    'quota' as entity,
    {{ without_contact_data('quotas.scope_ref') }} as record_id,
    'an attainment of 0' as consequence,
    null as detail
from {{ ref('stg_flat__quotas') }} as quotas
left join {{ ref('dim_scopes') }} as scopes
    on
        quotas.scope_type = scopes.scope_type
        and quotas.scope_ref = scopes.scope_id
where
    quotas.scope_type in ('team', 'region')
    and not quotas.is_deleted
    and quotas.exclusion_reason is null
    and scopes.scope_id is null
union all
select
    'created on an unknown day' as issue,
    'lead' as entity,
    lead_id as record_id,
    'in no metric' as consequence,
    null as detail
from ({{ union_staged('leads') }})
where created_at is null and not is_deleted and exclusion_reason is null
