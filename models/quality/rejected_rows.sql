{# Rows that landing could not take, and plans that no figure can take: they name
   nobody, no metric, or no period that there is. #}
select
    source,
    kind,
    delivery,
    file,
    object,
    row_number,
    line_number,
    column_name,
    value,
    reason
from {{ source('landing', 'rejected_rows') }}
{% for object, column, reference in [
    ('quotas', 'scope_id', 'scope_ref'), ('targets', 'scope_id', 'scope_ref'),
    ('forecasts', 'rep', 'rep_ref'), ('time_log', 'rep', 'rep_ref'),
] -%}
union all
select
    plans.source,
    null as kind,
    null as delivery,
    null as file,
    '{{ object }}' as object,
    null as row_number,
    null as line_number,
    '{{ column }}' as column_name,
    plans.{{ reference }} as value,
    case
        when count(persons.rep_id) = 0
            then 'no rep has this id, email or full name'
        else 'a user of the CRM who is no rep: owns no deal, lead or quota'
    end || ' (rows: ' || count(*) || ')' as reason
from {{ ref('stg_flat__' ~ object) }} as plans
left join {{ ref('int_rep_references') }} as persons
    on plans.{{ reference }} = persons.reference
left join {{ ref('int_reps') }} as reps
    on persons.rep_id = reps.rep_id
where
    not plans.is_deleted
    and plans.exclusion_reason is null
    and reps.rep_id is null
    and {{ "plans.scope_type = 'rep'" if column == 'scope_id' else 'true' }}
group by plans.source, plans.{{ reference }}
{% endfor -%}
{% for object in ['quotas', 'targets', 'forecasts'] -%}
union all
select
    source,
    null as kind,
    null as delivery,
    null as file,
    '{{ object }}' as object,
    null as row_number,
    null as line_number,
    'period_type' as column_name,
    period_type as value,
    'not month, quarter or year (rows: ' || count(*) || ')' as reason
from {{ ref('stg_flat__' ~ object) }}
where
    not is_deleted
    and exclusion_reason is null
    and period_type not in ('month', 'quarter', 'year')
group by source, period_type
{% endfor -%}
{% for object in ['targets', 'forecasts'] -%}
union all
select
    plans.source,
    null as kind,
    null as delivery,
    null as file,
    '{{ object }}' as object,
    null as row_number,
    null as line_number,
    'period_start' as column_name,
    plans.period_start::varchar as value,
    'no fiscal ' || plans.period_type || ' begins then (rows: ' || count(*) || ')'
        as reason
from {{ ref('stg_flat__' ~ object) }} as plans
cross join {{ source('landing', 'settings') }} as settings
where
    not plans.is_deleted
    and plans.exclusion_reason is null
    and plans.period_type in ('quarter', 'year')
    and (
        extract(month from plans.period_start) - settings.fiscal_year_start_month + 12
    ) % case plans.period_type when 'quarter' then 3 else 12 end <> 0
group by plans.source, plans.period_type, plans.period_start
{% endfor -%}
union all
select
    source,
    null as kind,
    null as delivery,
    null as file,
    'quotas' as object,
    null as row_number,
    null as line_number,
    'scope_type' as column_name,
    scope_type as value,
    'not rep, team, region or company (rows: ' || count(*) || ')' as reason
from {{ ref('stg_flat__quotas') }}
where
    not is_deleted
    and exclusion_reason is null
    and scope_type not in ('rep', 'team', 'region', 'company')
group by source, scope_type
union all
select
    targets.source,
    null as kind,
    null as delivery,
    null as file,
    'targets' as object,
    null as row_number,
    null as line_number,
    'kpi' as column_name,
    targets.kpi as value,
    'no metric of the catalogue (rows: ' || count(*) || ')' as reason
from {{ ref('stg_flat__targets') }} as targets
left join {{ ref('kpi_catalog') }} as kpi_catalog
    on targets.kpi = kpi_catalog.kpi
where
    not targets.is_deleted
    and targets.exclusion_reason is null
    and kpi_catalog.kpi is null
group by targets.source, targets.kpi
