{# The first answer to a lead: on the lead, or on the contact that it became; by any
   person. #}
with outbound_contacts as (
    select
        lead_id,
        contact_ref,
        activity_at,
        activity_date
    from {{ ref('int_activities') }}
    where
        activity_type in ('call', 'email', 'meeting')
        and is_done
        and is_by_person
        and direction = 'outbound'
),

contacts_of_leads as (
    select
        lead_id,
        activity_at,
        activity_date
    from outbound_contacts
    where lead_id is not null
    union all
    select
        leads.lead_id,
        contacts.activity_at,
        contacts.activity_date
    from outbound_contacts as contacts
    inner join {{ ref('int_leads') }} as leads
        on contacts.contact_ref = leads.contact_ref
)

select
    leads.lead_id,
    min(contacts.activity_at) as first_response_at
from {{ ref('int_leads') }} as leads
cross join {{ source('landing', 'settings') }} as settings
inner join contacts_of_leads as contacts
    on
        leads.lead_id = contacts.lead_id
        and leads.created_at <= contacts.activity_at
        and settings.as_of_date >= contacts.activity_date
group by leads.lead_id
