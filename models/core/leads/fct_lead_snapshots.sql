{# Leads open at the end of a month's last day, or of the as-of date. #}
select
    periods.last_day as snapshot_date,
    leads.lead_id,
    owners.rep_id,
    coalesce(assignments.rep_assignment_id, '(none)') as rep_assignment_id,
    statuses.status,
    {{ dbt.datediff('leads.created_date', 'periods.last_day', 'day') }}::integer
        as age_days
from {{ ref('int_leads') }} as leads
inner join {{ ref('dim_periods') }} as periods
    on
        leads.created_date <= periods.last_day
        and coalesce(leads.converted_date > periods.last_day, true)
        and periods.period_type = 'month'
inner join {{ ref('int_lead_statuses') }} as statuses
    on
        leads.lead_id = statuses.lead_id
        and periods.last_day >= statuses.valid_from_date
        and periods.last_day < statuses.valid_to_date
inner join {{ ref('int_lead_owners') }} as owners
    on
        leads.lead_id = owners.lead_id
        and periods.last_day >= owners.owned_from_date
        and periods.last_day < owners.owned_to_date
left join {{ ref('dim_rep_assignments') }} as assignments
    on
        owners.rep_id = assignments.rep_id
        and periods.last_day >= assignments.valid_from
        and periods.last_day < assignments.valid_to
where not statuses.is_closed
