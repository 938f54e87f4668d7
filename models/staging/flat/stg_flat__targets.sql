with targets as (
    select *
    from {{ source('flat', 'targets') }}
    {{ latest_record([
        'source',
        'lower(kpi)',
        'lower(scope_type)',
        rep_reference('scope_id'),
        'lower(period_type)',
        to_date('period_start'),
    ]) }}
)

select
    source,
    lower(kpi) as kpi,
    lower(scope_type) as scope_type,
    case
        when lower(scope_type) = 'rep' then {{ rep_reference('scope_id') }}
        else scope_id
    end as scope_ref,
    lower(period_type) as period_type,
    {{ to_date('period_start') }} as period_start,
    {{ to_decimal('target') }}::double as target,
    coalesce({{ to_boolean('is_deleted') }}, false) or not is_current as is_deleted,
    exclusion_reason
from targets
