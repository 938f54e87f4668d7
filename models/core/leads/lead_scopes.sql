{# What a created lead counts for: the first rep who owned it, his team and region
   on that day, its lead source and campaign. #}
select
    leads.lead_id,
    scopes.scope_type,
    scopes.scope_id
from {{ ref('fct_leads') }} as leads
inner join {{ ref('dim_scopes') }} as scopes
    on leads.created_by_assignment_id = scopes.rep_assignment_id
union all
select
    lead_id,
    'lead_source' as scope_type,
    coalesce(lead_source, '(none)') as scope_id
from {{ ref('fct_leads') }}
union all
select
    lead_id,
    'campaign' as scope_type,
    coalesce(campaign_id, '(none)') as scope_id
from {{ ref('fct_leads') }}
