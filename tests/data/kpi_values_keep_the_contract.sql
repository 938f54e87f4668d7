{{ config(meta={'dagster': {'ref': {'name': 'kpi_values'}}}) }}
{# What the contract of the metrics promises, of every row. A sum or count without
   records is 0; a share counts some of the records that it is a share of. #}
{% set shares = [
    'customer_churn_rate', 'customer_retention_rate', 'customer_satisfaction',
    'forecast_accuracy', 'lead_conversion_rate', 'lead_response_rate',
    'pipeline_forecast_accuracy', 'pushed_rate', 'quote_to_close_rate_of_issued',
    'rep_retention_rate', 'selling_time_share', 'slippage_rate',
    'stage_conversion_rate', 'task_completion_rate', 'win_rate',
    'win_rate_of_created',
] %}

with figures as (
    select
        kpi_values.*,
        kpi_catalog.scopes,
        kpi_catalog.periods,
        kpi_catalog.when_empty,
        availability.is_available,
        abs(
            kpi_values.value
            - kpi_values.numerator / nullif(kpi_values.denominator, 0)
        ) as ratio_error,
        abs(kpi_values.value - kpi_values.numerator) as sum_error,
        1e-9 * greatest(abs(kpi_values.value), 1e-9) as tolerance
    from {{ ref('kpi_values') }} as kpi_values
    inner join {{ ref('kpi_catalog') }} as kpi_catalog
        on kpi_values.kpi = kpi_catalog.kpi
    left join {{ ref('kpi_availability') }} as availability
        on kpi_values.kpi = availability.kpi
),

company_gaps as (
    select
        kpi_catalog.kpi,
        'company' as scope_type,
        'company' as scope_id,
        periods.period_type,
        periods.period_start
    from {{ ref('kpi_catalog') }} as kpi_catalog
    inner join {{ ref('kpi_availability') }} as availability
        on kpi_catalog.kpi = availability.kpi
    inner join {{ ref('dim_periods') }} as periods
        on {{ lists('kpi_catalog.periods', 'periods.period_type') }}
    where
        kpi_catalog.when_empty = 'zero'
        and availability.is_available
        and {{ lists('kpi_catalog.scopes', "'company'") }}
)

{% for problem, broken in [
    ('no value', 'value is null'),
    ('value is no number', 'isnan(value) or isinf(value)'),
    ('value is not numerator / denominator', 'ratio_error > tolerance'),
    ('value is not the sum', 'denominator is null and sum_error > tolerance'),
    ('a denominator without a numerator', 'numerator is null and denominator is not null'),
    ('negative number of records', 'sample_size < 0'),
    ('a count is no whole number', "unit = 'count' and value <> floor(value)"),
    (
        'a share is not between 0 and 1',
        "(value < 0 or value > 1) and kpi in ('" ~ shares | join("', '") ~ "')",
    ),
    ('a scope that the catalogue does not list', 'not ' ~ lists('scopes', 'scope_type')),
    ('a period that the catalogue does not list', 'not ' ~ lists('periods', 'period_type')),
    (
        'a metric whose extracts were not delivered',
        'not coalesce(is_available, false)',
    ),
    ('company has another key', "scope_type = 'company' and scope_id <> 'company'"),
] -%}
select
    '{{ problem }}' as problem,
    kpi,
    scope_type,
    scope_id,
    period_type,
    period_start,
    numerator,
    denominator,
    value,
    sample_size
from figures
where {{ broken }}
union all
{% endfor -%}
-- Who carries a quota sells no more than all do; credits, sales below 0, apart.
select
    'attained more than was sold' as problem,
    attained.kpi,
    attained.scope_type,
    attained.scope_id,
    attained.period_type,
    attained.period_start,
    attained.numerator,
    attained.denominator,
    sales.value,
    attained.sample_size
from {{ ref('kpi_values') }} as attained
left join {{ ref('kpi_values') }} as sales
    on
        sales.kpi = 'sales'
        and attained.scope_type = sales.scope_type
        and attained.scope_id = sales.scope_id
        and attained.period_type = sales.period_type
        and attained.period_start = sales.period_start
where
    attained.kpi = 'quota_attainment'
    and attained.numerator > coalesce(sales.value, 0) + 0.000001
    and not exists (
        select 1 from {{ ref('fct_opportunities') }}
        where is_won and amount < 0
    )
union all
select
    'the company has a gap' as problem,
    gaps.*,
    null as numerator,
    null as denominator,
    null as value,
    null as sample_size
from company_gaps as gaps
anti join {{ ref('kpi_values') }}
    using (kpi, scope_type, scope_id, period_type, period_start)
