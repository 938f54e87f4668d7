{# Rows that landing could not take, and plans that name nobody. #}
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
{% for object, column, condition in [
    ('quotas', 'scope_ref', "plans.scope_type = 'rep'"),
    ('targets', 'scope_ref', "plans.scope_type = 'rep'"),
    ('forecasts', 'rep_ref', 'true'),
    ('time_log', 'rep_ref', 'true'),
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
    '{{ 'scope_id' if column == 'scope_ref' else 'rep' }}' as column_name,
    plans.{{ column }} as value,
    'no rep has this id, email or full name (' || count(*) || ' rows)' as reason
from {{ ref('stg_flat__' ~ object) }} as plans
left join {{ ref('int_rep_references') }} as keys
    on plans.{{ column }} = keys.reference
where
    not plans.is_deleted
    and {{ condition }}
    and keys.rep_id is null
group by plans.source, plans.{{ column }}
{% endfor %}
