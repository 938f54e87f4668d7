{# When a lead became sales qualified: as delivered, else by the history of its status;
   on conversion at the latest. #}
with history_sources as (
    select distinct source
    from {{ source('landing', 'files') }}
    where entity = 'lead_history'
),

first_qualified_statuses as (
    select
        statuses.lead_id,
        min(statuses.valid_from_at) as qualified_at,
        min(statuses.valid_from_date) as qualified_date
    from {{ ref('int_lead_statuses') }} as statuses
    inner join {{ ref('int_leads') }} as leads
        on statuses.lead_id = leads.lead_id
    where
        statuses.is_qualified
        and leads.source in (select history_sources.source from history_sources)
    group by statuses.lead_id
),

qualifications as (
    select
        leads.lead_id,
        coalesce(leads.qualified_at, statuses.qualified_at) as status_at,
        coalesce(
            {{ business_date('leads.qualified_at') }}, statuses.qualified_date
        ) as status_date,
        leads.converted_at,
        leads.converted_date
    from {{ ref('int_leads') }} as leads
    left join first_qualified_statuses as statuses
        on leads.lead_id = statuses.lead_id
),

dated as (
    select
        *,
        coalesce(status_date > converted_date, status_date is null) as is_by_conversion
    from qualifications
)

select
    lead_id,
    case when is_by_conversion then converted_at else status_at end as qualified_at,
    case when is_by_conversion then converted_date else status_date end
        as qualified_date
from dated
where status_date is not null or converted_date is not null
