{# Targets as given, and those of longer periods where their parts cover the period. #}
select
    kpi,
    scope_type,
    scope_id,
    period_type,
    period_start,
    sum(target::decimal(28, 8))::double as target,
    count(*) as targets
from {{ ref('fct_target_parts') }}
group by kpi, scope_type, scope_id, period_type, period_start, months_long
having sum(part_months) = months_long
