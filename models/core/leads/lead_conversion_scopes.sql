{# What a converted lead counts for: its owner at that moment, the owner's team and
   region on that day, its lead source. #}
select
    leads.lead_id,
    scopes.scope_type,
    scopes.scope_id
from {{ ref('fct_leads') }} as leads
inner join {{ ref('dim_scopes') }} as scopes
    on leads.converted_by_assignment_id = scopes.rep_assignment_id
where leads.converted_date is not null
union all
select
    lead_id,
    'lead_source' as scope_type,
    coalesce(lead_source, '(none)') as scope_id
from {{ ref('fct_leads') }}
where converted_date is not null
