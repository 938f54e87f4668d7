{# Tasks and events of Salesforce in one shape: what they were, by whom, with whom and
   when. Invitees have copies of an event, which count once. A view, since one model reads
   it: millions of activities need not be written twice. #}
{{ config(materialized='view') }}

with settings as (
    select as_of_date from {{ source('landing', 'settings') }}
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
    where
        not is_deleted
        and exclusion_reason is null
        and not coalesce(is_series, false)
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
        and not coalesce(is_series, false)
),

activities as (
    select * from tasks
    union all
    select * from events
)

select
    activities.activity_id,
    activities.source,
    activities.their_type,
    activities.usual_type,
    activities.direction,
    activities.is_done,
    activities.is_mass_email or activities.created_by_ref in (
        select machine_users.user_id from machine_users
    ) as is_automated,
    activities.owner_ref,
    case
        when split_part(activities.who_ref, ':', 2) like '00Q%' then activities.who_ref
    end as lead_ref,
    case
        when split_part(activities.who_ref, ':', 2) like '003%'
            then coalesce(merged_contacts.survivor_id, activities.who_ref)
    end as contact_ref,
    coalesce(
        activities.account_ref,
        case
            when split_part(activities.what_ref, ':', 2) like '001%'
                then activities.what_ref
        end
    ) as account_ref,
    case
        when split_part(activities.what_ref, ':', 2) like '006%'
            then activities.what_ref
    end as opportunity_ref,
    activities.activity_at,
    activities.due_date,
    activities.minutes,
    activities.created_at
from activities
left join {{ ref('int_merged_contacts') }} as merged_contacts
    on activities.who_ref = merged_contacts.contact_id
