{# Calls, emails, meetings and tasks of every source in one shape: type, direction,
   by whom, done or due and when. #}
with activity_types as (
    select
        their_type,
        activity_type
    from {{ source('landing', 'config_activity_types') }}
    union all
    select
        their_type,
        activity_type
    from {{ ref('activity_types') }}
    where their_type not in (
        select configured.their_type
        from {{ source('landing', 'config_activity_types') }} as configured
    )
),

activities as (
    select * from {{ ref('int_salesforce_activities') }}
    union all
    select * from {{ ref('int_hubspot_activities') }}
    union all
    select
        activity_id,
        source,
        type as their_type,
        'other' as usual_type,
        coalesce(lower(direction), 'outbound') as direction,
        coalesce(is_done, false) or done_at is not null as is_done,
        coalesce(is_automated, false) as is_automated,
        owner_ref,
        lead_ref,
        null as contact_ref,
        account_ref,
        opportunity_ref,
        coalesce(
            done_at, {{ start_of_business_day('due_date') }}, created_at
        ) as activity_at,
        due_date,
        minutes,
        created_at
    from {{ ref('stg_flat__activities') }}
    where not is_deleted and exclusion_reason is null
)

select
    activities.activity_id,
    activities.source,
    coalesce(
        activity_types.activity_type,
        case
            when
                lower(activities.their_type) in (
                    'call', 'email', 'meeting', 'demo', 'onboarding', 'task', 'social',
                    'note'
                )
                then lower(activities.their_type)
        end,
        activities.usual_type
    ) as activity_type,
    activities.direction,
    activities.is_done,
    coalesce(not activities.is_automated, true) as is_by_person,
    owners.rep_id,
    leads.record_id as lead_id,
    activities.contact_ref,
    accounts.record_id as account_id,
    opportunities.record_id as opportunity_id,
    coalesce(
        activities.lead_ref, activities.contact_ref, activities.account_ref,
        activities.opportunity_ref
    ) is not null as is_with_prospect,
    activities.activity_at,
    {{ business_date('activities.activity_at') }} as activity_date,
    activities.due_date,
    activities.minutes,
    activities.created_at,
    {{ business_date('activities.created_at') }} as created_date
from activities
left join activity_types
    on activities.their_type = activity_types.their_type
left join {{ ref('int_rep_references') }} as owners
    on activities.owner_ref = owners.reference
left join {{ ref('int_record_references') }} as leads
    on activities.lead_ref = leads.reference and leads.entity = 'lead'
left join {{ ref('int_record_references') }} as accounts
    on activities.account_ref = accounts.reference and accounts.entity = 'account'
left join {{ ref('int_record_references') }} as opportunities
    on
        activities.opportunity_ref = opportunities.reference
        and opportunities.entity = 'opportunity'
