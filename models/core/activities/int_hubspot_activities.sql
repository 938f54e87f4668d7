{# Calls, emails, meetings and tasks of HubSpot in one shape: what they were, by whom,
   with whom and when. Of several contacts, companies or deals it is with the newest,
   which has the highest number. A view, since one model reads it. #}
{{ config(materialized='view') }}

with settings as (
    select as_of_date from {{ source('landing', 'settings') }}
),

associated as (
    select
        source,
        from_object,
        from_id,
        max_by(to_id, (length(to_id), to_id)) filter (
            where to_object = 'contacts'
        ) as contact_id,
        max_by(to_id, (length(to_id), to_id)) filter (
            where to_object = 'companies'
        ) as company_id,
        max_by(to_id, (length(to_id), to_id)) filter (
            where to_object = 'deals'
        ) as deal_id
    from {{ ref('stg_hubspot__associations') }}
    where from_object in ('calls', 'emails', 'meetings', 'tasks')
    group by source, from_object, from_id
),

activities as (
    select
        call_id as activity_id,
        source,
        'calls' as object,
        native_id,
        type as their_type,
        'call' as usual_type,
        case when direction = 'INBOUND' then 'inbound' else 'outbound' end as direction,
        -- Dialled in vain is a call made; missed is no call taken.
        coalesce(
            status in ('COMPLETED', 'NO_ANSWER', 'BUSY')
            or (status = 'MISSED' and direction is distinct from 'INBOUND'),
            true
        ) as is_done,
        object_source,
        null as sequence_id,
        owner_ref,
        coalesce(called_at, created_at) as activity_at,
        null::date as due_date,
        duration_milliseconds / 60000 as minutes,
        created_at
    from {{ ref('stg_hubspot__calls') }}
    where not is_deleted and exclusion_reason is null
    union all
    select
        email_id as activity_id,
        source,
        'emails' as object,
        native_id,
        null as their_type,
        'email' as usual_type,
        case direction
            when 'INCOMING_EMAIL' then 'inbound'
            when 'FORWARDED_EMAIL' then 'internal'
            else 'outbound'
        end as direction,
        coalesce(status = 'SENT', true) as is_done,
        object_source,
        sequence_id,
        owner_ref,
        coalesce(sent_at, created_at) as activity_at,
        null as due_date,
        null as minutes,
        created_at
    from {{ ref('stg_hubspot__emails') }}
    where not is_deleted and exclusion_reason is null
    union all
    select
        meeting_id as activity_id,
        source,
        'meetings' as object,
        native_id,
        type as their_type,
        'meeting' as usual_type,
        'outbound' as direction,
        -- Few sellers mark a meeting as completed: one that is not called off was held.
        coalesce(outcome not in ('NO_SHOW', 'CANCELED', 'RESCHEDULED'), true)
            as is_done,
        object_source,
        null as sequence_id,
        owner_ref,
        coalesce(starts_at, met_at, created_at) as activity_at,
        null as due_date,
        {{ minutes_between('starts_at', 'ends_at') }} as minutes,
        created_at
    from {{ ref('stg_hubspot__meetings') }}
    where not is_deleted and exclusion_reason is null
    union all
    select
        task_id as activity_id,
        source,
        'tasks' as object,
        native_id,
        -- A task to call or to write is a task: the call or email is logged by itself.
        null as their_type,
        'task' as usual_type,
        'outbound' as direction,
        coalesce(status = 'COMPLETED', false) as is_done,
        object_source,
        null as sequence_id,
        owner_ref,
        coalesce(completed_at, due_at, created_at) as activity_at,
        {{ business_date('due_at') }} as due_date,
        null as minutes,
        created_at
    from {{ ref('stg_hubspot__tasks') }}
    where not is_deleted and exclusion_reason is null
)

select
    activities.activity_id,
    activities.source,
    activities.their_type,
    activities.usual_type,
    activities.direction,
    activities.is_done
    and (
        activities.usual_type = 'task'
        or coalesce(
            {{ business_date('activities.activity_at') }} <= settings.as_of_date, true
        )
    ) as is_done,
    activities.sequence_id is not null
    or coalesce(activities.object_source = 'AUTOMATION_PLATFORM', false)
        as is_automated,
    activities.owner_ref,
    activities.source || ':' || associated.contact_id as lead_ref,
    activities.source || ':' || associated.contact_id as contact_ref,
    activities.source || ':' || associated.company_id as account_ref,
    activities.source || ':' || associated.deal_id as opportunity_ref,
    activities.activity_at,
    activities.due_date,
    activities.minutes::decimal(28, 8) as minutes,
    activities.created_at
from activities
cross join settings
left join associated
    on
        activities.source = associated.source
        and activities.object = associated.from_object
        and activities.native_id = associated.from_id
