{# What a visit to a stage counts for when it is left: the stage, and the deal's owner
   on the day of leaving with team and region. #}
select
    visits.opportunity_id,
    visits.visit_number,
    scopes.scope_type,
    scopes.scope_id
from {{ ref('fct_opportunity_stages') }} as visits
inner join {{ ref('dim_scopes') }} as scopes
    on visits.left_by_assignment_id = scopes.rep_assignment_id
where visits.left_date is not null
union all
select
    opportunity_id,
    visit_number,
    'stage' as scope_type,
    stage as scope_id
from {{ ref('fct_opportunity_stages') }}
where left_date is not null
