{# Rows that landing could not take, and plans that no figure can take: they name
   nobody, no metric, or no period or scope that there is. #}
{% set no_period_type = "given.period_type not in ('month', 'quarter', 'year')" %}
{% set off_the_calendar =
    "given.period_type in ('quarter', 'year')"
    " and (extract(month from given.period_start) + 12"
    " - (select calendar.fiscal_year_start_month from calendar)) % case given.period_type when 'quarter' then 3 else 12 end <> 0"
%}
with calendar as (
    select fiscal_year_start_month from {{ source('landing', 'settings') }}
),

known_metrics as (
    select kpi from {{ ref('kpi_catalog') }}
),

known_scopes as (
    select distinct unnest(string_split(scopes, ' ')) as scope_type
    from {{ ref('kpi_catalog') }}
),

plans as (
    {% for object, column, reference in [
        ('quotas', 'scope_id', 'scope_ref'), ('targets', 'scope_id', 'scope_ref'),
        ('forecasts', 'rep', 'rep_ref'), ('time_log', 'rep', 'rep_ref'),
    ] -%}
    select
        given.source,
        '{{ object }}' as object,
        '{{ column }}' as column_name,
        given.{{ reference }} as value,
        case
            when persons.rep_id is null then 'no rep has this id, email or full name'
            else 'a user of the CRM who is no rep: owns no deal, lead or quota'
        end as reason
    from {{ ref('stg_flat__' ~ object) }} as given
    left join {{ ref('int_rep_references') }} as persons
        on given.{{ reference }} = persons.reference
    left join {{ ref('int_reps') }} as reps
        on persons.rep_id = reps.rep_id
    where
        not given.is_deleted
        and given.exclusion_reason is null
        and reps.rep_id is null
        and {{ "given.scope_type = 'rep'" if column == 'scope_id' else 'true' }}
    union all
    {% endfor -%}
    {% for object, column, broken, reason in [
        ('quotas', 'period_type', no_period_type, 'not month, quarter or year'),
        ('targets', 'period_type', no_period_type, 'not month, quarter or year'),
        ('forecasts', 'period_type', no_period_type, 'not month, quarter or year'),
        ('targets', 'period_start', off_the_calendar, 'no fiscal period begins then'),
        ('forecasts', 'period_start', off_the_calendar, 'no fiscal period begins then'),
        (
            'quotas', 'scope_type',
            "given.scope_type not in ('company', 'region', 'team', 'rep')",
            'not rep, team, region or company',
        ),
        (
            'targets', 'kpi', 'given.kpi not in (select known_metrics.kpi from known_metrics)',
            'no metric of the catalogue',
        ),
        (
            'targets', 'scope_type',
            'given.scope_type not in (select known_scopes.scope_type from known_scopes)',
            'no metric has such a scope',
        ),
    ] -%}
    select
        given.source,
        '{{ object }}' as object,
        '{{ column }}' as column_name,
        given.{{ column }}::varchar as value,
        '{{ reason }}' as reason
    from {{ ref('stg_flat__' ~ object) }} as given
    where
        not given.is_deleted
        and given.exclusion_reason is null
        and {{ broken }}
    {% if not loop.last %}union all
    {% endif -%}
    {% endfor %}
)

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
union all
select
    source,
    null as kind,
    null as delivery,
    null as file,
    object,
    null as row_number,
    null as line_number,
    column_name,
    {{ without_contact_data('value') }} as value,
    reason || ' (rows: ' || count(*) || ')' as reason
from plans
group by source, object, column_name, value, reason
