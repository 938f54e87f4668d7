{# What an open deal counts for on a snapshot day: its owner of that day, the
   owner's team and region then, and its stage. #}
select
    snapshots.snapshot,
    snapshots.snapshot_date,
    snapshots.opportunity_id,
    scopes.scope_type,
    scopes.scope_id
from {{ ref('fct_pipeline_snapshots') }} as snapshots
inner join {{ ref('dim_scopes') }} as scopes
    on snapshots.rep_assignment_id = scopes.rep_assignment_id
union all
select
    snapshot,
    snapshot_date,
    opportunity_id,
    'stage' as scope_type,
    coalesce(stage, '(none)') as scope_id
from {{ ref('fct_pipeline_snapshots') }}
