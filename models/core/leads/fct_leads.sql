-- When a lead reached what earns a credit: the instant, where it is known, and the day.
with moments as (
    select
        leads.lead_id,
        qualifications.qualified_at,
        qualifications.qualified_date,
        leads.converted_at,
        leads.converted_date
    from {{ ref('int_leads') }} as leads
    left join {{ ref('int_lead_qualifications') }} as qualifications
        on leads.lead_id = qualifications.lead_id
),

-- The first rep who owned a lead, and its owners at those moments.
owners as (
    select
        moments.lead_id,
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
    from moments
    inner join {{ ref('int_lead_owners') }} as owners
        on moments.lead_id = owners.lead_id
    group by moments.lead_id
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
    coalesce(leads.converted_date <= settings.as_of_date, false) as is_converted,
    moments.qualified_date is not null as is_qualified,
    leads.is_referred_by_account
    or coalesce(lead_sources.is_customer_referral, false) as is_customer_referral,
    leads.created_at,
    leads.created_date,
    moments.qualified_date,
    leads.converted_date,
    {{ custom_columns('leads', 'leads') }}
    responses.first_response_at,
    {{ minutes_between('leads.created_at', 'responses.first_response_at') }}
        as response_minutes,
    coalesce(
        {{ minutes_between('leads.created_at', 'responses.first_response_at') }}
        <= 60 * settings.lead_response_sla_hours,
        false
    ) as is_answered_in_time
from {{ ref('int_leads') }} as leads
cross join {{ source('landing', 'settings') }} as settings
inner join moments
    on leads.lead_id = moments.lead_id
left join owners
    on leads.lead_id = owners.lead_id
left join {{ ref('int_lead_responses') }} as responses
    on leads.lead_id = responses.lead_id
left join {{ ref('dim_lead_sources') }} as lead_sources
    on leads.lead_source = lead_sources.lead_source
{% for moment, rep_id, day in [
    ('created', 'owners.first_rep_id', 'leads.created_date'),
    ('qualified', 'owners.qualified_by_rep_id', 'moments.qualified_date'),
    ('converted', 'owners.converted_by_rep_id', 'leads.converted_date'),
] -%}
left join {{ ref('dim_rep_assignments') }} as {{ moment }}_by
    on
        {{ rep_id }} = {{ moment }}_by.rep_id
        and {{ day }} >= {{ moment }}_by.valid_from
        and {{ day }} < {{ moment }}_by.valid_to
{% endfor %}
