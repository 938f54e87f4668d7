with leads as (
    select
        leads.*,
        settings.as_of_date,
        settings.lead_response_sla_hours
    from {{ ref('int_leads') }} as leads
    cross join {{ source('landing', 'settings') }} as settings
),

statuses as (
    select
        lead_id,
        min(valid_from_at) filter (where is_qualified) as qualified_at,
        min(valid_from_date) filter (where is_qualified) as qualified_date
    from {{ ref('int_lead_statuses') }}
    group by lead_id
),

-- The day on which a lead became qualified: as delivered, else by the history of
-- its status; on conversion at the latest.
qualifications as (
    select
        leads.lead_id,
        coalesce(
            leads.qualified_at,
            case when leads.has_history_source then statuses.qualified_at end
        ) as status_at,
        coalesce(
            {{ business_date('leads.qualified_at') }},
            case when leads.has_history_source then statuses.qualified_date end
        ) as status_date,
        leads.converted_at,
        leads.converted_date
    from (
        select
            leads.*,
            leads.source in (
                select files.source
                from {{ source('landing', 'files') }} as files
                where files.entity = 'lead_history'
            ) as has_history_source
        from leads
    ) as leads
    left join statuses
        on leads.lead_id = statuses.lead_id
),

qualified as (
    select
        lead_id,
        case
            when status_date <= converted_date or converted_date is null
                then status_date
            else converted_date
        end as qualified_date,
        case
            when status_date <= converted_date or converted_date is null
                then status_at
            else converted_at
        end as qualified_at
    from qualifications
),

owners as (
    select
        leads.lead_id,
        min_by(owners.rep_id, owners.change_number) as first_rep_id,
    {% for moment in ['qualified', 'converted'] -%}
    max_by(coalesce(owners.rep_id, '(none)'), owners.change_number) filter (
        where
        case
            when {{ moment }}_at is not null
                then owned_from_at <= {{ moment }}_at and {{ moment }}_at < owned_to_at
            else
                owned_from_date <= {{ moment }}_date
                and {{ moment }}_date < owned_to_date
        end
    ) as {{ moment }}_by_rep_id{% if not loop.last %},{% endif %}
    {% endfor %}
    from (
        select
            leads.lead_id,
            leads.converted_at,
            leads.converted_date,
            qualified.qualified_at,
            qualified.qualified_date
        from leads
        inner join qualified
            on leads.lead_id = qualified.lead_id
    ) as leads
    inner join {{ ref('int_lead_owners') }} as owners
        on leads.lead_id = owners.lead_id
    group by leads.lead_id
),

-- On the lead, or on the contact that it became; by any person.
contacts as (
    select
        lead_id,
        activity_at,
        activity_date
    from {{ ref('int_activities') }}
    where
        lead_id is not null
        and activity_type in ('call', 'email', 'meeting')
        and is_done
        and is_by_person
        and direction = 'outbound'
    union all
    select
        leads.lead_id,
        activities.activity_at,
        activities.activity_date
    from {{ ref('int_activities') }} as activities
    inner join leads
        on activities.contact_ref = leads.contact_ref
    where
        activities.activity_type in ('call', 'email', 'meeting')
        and activities.is_done
        and activities.is_by_person
        and activities.direction = 'outbound'
),

responses as (
    select
        leads.lead_id,
        min(contacts.activity_at) as first_response_at
    from leads
    inner join contacts
        on
            leads.lead_id = contacts.lead_id
            and leads.created_at <= contacts.activity_at
            and leads.as_of_date >= contacts.activity_date
    group by leads.lead_id
)

select
    leads.lead_id,
    leads.source,
    leads.campaign_id,
    leads.account_id,
    leads.opportunity_id,
    owners.first_rep_id,
    coalesce(created_by.rep_assignment_id, '(none)') as created_by_assignment_id,
    coalesce(qualified_by.rep_assignment_id, '(none)') as qualified_by_assignment_id,
    coalesce(converted_by.rep_assignment_id, '(none)') as converted_by_assignment_id,
    leads.status,
    leads.lead_source,
    -- By the as-of date: a conversion that is still to come is none.
    coalesce(leads.converted_date <= leads.as_of_date, false) as is_converted,
    qualified.qualified_date is not null as is_qualified,
    leads.is_referred_by_account
    or coalesce(lead_sources.is_customer_referral, false) as is_customer_referral,
    leads.created_at,
    leads.created_date,
    qualified.qualified_date,
    leads.converted_date,
    responses.first_response_at,
    {{ minutes_between('leads.created_at', 'responses.first_response_at') }}
        as response_minutes,
    coalesce(
        {{ minutes_between('leads.created_at', 'responses.first_response_at') }}
        <= 60 * leads.lead_response_sla_hours,
        false
    ) as is_answered_in_time
from leads
inner join qualified
    on leads.lead_id = qualified.lead_id
left join owners
    on leads.lead_id = owners.lead_id
left join responses
    on leads.lead_id = responses.lead_id
left join {{ ref('dim_lead_sources') }} as lead_sources
    on leads.lead_source = lead_sources.lead_source
{% for moment, rep_id, day in [
    ('created', 'owners.first_rep_id', 'leads.created_date'),
    ('qualified', 'owners.qualified_by_rep_id', 'qualified.qualified_date'),
    ('converted', 'owners.converted_by_rep_id', 'leads.converted_date'),
] -%}
left join {{ ref('dim_rep_assignments') }} as {{ moment }}_by
    on
        {{ rep_id }} = {{ moment }}_by.rep_id
        and {{ day }} >= {{ moment }}_by.valid_from
        and {{ day }} < {{ moment }}_by.valid_to
{% endfor %}
