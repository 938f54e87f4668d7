with converted as (
    select
        scope_type,
        scope_id,
        period_type,
        period_start,
        count(*) as leads
    from {{ ref('fct_leads') }}
    inner join {{ ref('lead_conversion_scopes') }} using (lead_id)
    inner join {{ ref('dim_date_periods') }} on converted_date = date_day
    group by all
)

select
    scope_type,
    scope_id,
    period_type,
    period_start,
    coalesce(converted.leads, 0)::double as numerator,
    created.value as denominator,
    coalesce(converted.leads, 0) / nullif(created.value, 0) as value,
    created.sample_size
from {{ ref('kpi_new_leads') }} as created
left join converted using (scope_type, scope_id, period_type, period_start)
where scope_type in ('company', 'region', 'team', 'rep', 'lead_source')
