{# Calls, emails, meetings and tasks of every source in one shape: type, direction,
   by whom, done or due and when. #}
with settings as (
    select as_of_date from {{ source('landing', 'settings') }}
),

activity_types as (
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

machine_users as (
    select user_id from {{ ref('stg_salesforce__users') }}
    where not is_person
),

tasks as (
    select
        task_id as activity_id,
        source,
        type as their_type,
        case lower(task_subtype)
            when 'call' then 'call'
            when 'email' then 'email'
            when 'listemail' then 'email'
            when 'linkedin' then 'social'
            else 'task'
        end as usual_type,
        case lower(call_type)
            when 'inbound' then 'inbound'
            when 'internal' then 'internal'
            else 'outbound'
        end as direction,
        coalesce(is_closed, false) as is_done,
        coalesce(lower(task_subtype) = 'listemail', false) as is_mass_email,
        created_by_ref,
        owner_ref,
        who_ref,
        what_ref,
        account_ref,
        coalesce(
            completed_at, {{ start_of_business_day('due_date') }}, created_at
        ) as activity_at,
        due_date,
        (duration_seconds / 60)::decimal(28, 8) as minutes,
        created_at
    from {{ ref('stg_salesforce__tasks') }}
    where not is_deleted and exclusion_reason is null
),

events as (
    select
        event_id as activity_id,
        source,
        type as their_type,
        'meeting' as usual_type,
        'outbound' as direction,
        coalesce(
            {{ business_date('starts_at') }}, event_date
        ) <= as_of_date as is_done,
        false as is_mass_email,
        created_by_ref,
        owner_ref,
        who_ref,
        what_ref,
        account_ref,
        coalesce(
            starts_at, {{ start_of_business_day('event_date') }}
        ) as activity_at,
        null::date as due_date,
        duration_minutes as minutes,
        created_at
    from {{ ref('stg_salesforce__events') }}
    cross join settings
    where
        not is_deleted
        and exclusion_reason is null
        and not coalesce(is_child, false)
),

salesforce_activities as (
    select * from tasks
    union all
    select * from events
),

activities as (
    select
        activity_id,
        source,
        their_type,
        usual_type,
        direction,
        is_done,
        is_mass_email or created_by_ref in (
            select machine_users.user_id from machine_users
        ) as is_automated,
        owner_ref,
        case when split_part(who_ref, ':', 2) like '00Q%' then who_ref end as lead_ref,
        case
            when split_part(who_ref, ':', 2) like '003%' then who_ref
        end as contact_ref,
        coalesce(
            account_ref,
            case when split_part(what_ref, ':', 2) like '001%' then what_ref end
        ) as account_ref,
        case
            when split_part(what_ref, ':', 2) like '006%' then what_ref
        end as opportunity_ref,
        activity_at,
        due_date,
        minutes,
        created_at
    from salesforce_activities
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
