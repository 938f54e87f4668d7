{# What a created deal counts for: who owned it when it was created, the owner's team
   and region on that day, its lead source. #}
select
    opportunities.opportunity_id,
    scopes.scope_type,
    scopes.scope_id
from {{ ref('fct_opportunities') }} as opportunities
inner join {{ ref('dim_scopes') }} as scopes
    on opportunities.created_by_assignment_id = scopes.rep_assignment_id
where opportunities.created_date is not null
union all
select
    opportunity_id,
    'lead_source' as scope_type,
    coalesce(lead_source, '(none)') as scope_id
from {{ ref('fct_opportunities') }}
where created_date is not null
