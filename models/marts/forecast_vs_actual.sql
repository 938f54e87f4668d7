{# The latest forecast of a scope is put together like that of the first day: a rep's
   forecast of that length, else the sum of the next shorter ones. #}
with latest_forecasts as (
    select forecasts.*
    from {{ ref('fct_forecasts') }} as forecasts
    -- What is submitted when the period is over tells nothing ahead.
    where
        forecasts.submitted_date < {{ dbt.dateadd(
            'month', 'forecasts.months_long', 'forecasts.period_start'
        ) }}
    qualify row_number() over (
        partition by forecasts.rep_id, forecasts.period_type, forecasts.period_start
        order by forecasts.submitted_date desc
    ) = 1
),

parts as (
    select
        latest_forecasts.rep_id,
        latest_forecasts.rep_assignment_id,
        latest_forecasts.amount,
        latest_forecasts.submitted_date,
        latest_forecasts.months_long as part_months,
        periods.period_type as whole_type,
        periods.period_start as whole_start,
        periods.months_long,
        {{ quarter_number(
            'periods.period_start', 'latest_forecasts.period_start',
            'latest_forecasts.months_long'
        ) }} as quarter_number
    from latest_forecasts
    inner join {{ ref('dim_periods') }} as periods
        on
            latest_forecasts.period_start
            between periods.period_start and periods.period_end
            and latest_forecasts.months_long <= periods.months_long
),

forecasts_of_periods as (
    select * from parts
    where quarter_number is not null
    qualify {{ is_ruling_part('rep_id, whole_type, whole_start') }}
),

latest as (
    select
        scopes.scope_type,
        scopes.scope_id,
        forecasts.whole_type as period_type,
        forecasts.whole_start as period_start,
        sum(forecasts.amount)::double as forecast,
        max(forecasts.submitted_date) as submitted_date
    from forecasts_of_periods as forecasts
    inner join {{ ref('dim_scopes') }} as scopes
        on forecasts.rep_assignment_id = scopes.rep_assignment_id
    group by all
),

scope_periods as (
    select
        scope_type,
        scope_id,
        period_type,
        period_start
    from latest
    union
    select
        scope_type,
        scope_id,
        period_type,
        period_start
    from {{ ref('fct_quota_periods') }}
)

select
    scope_periods.scope_type,
    scope_periods.scope_id,
    scope_periods.period_type,
    scope_periods.period_start,
    coalesce(scope_names.scope_name, scope_periods.scope_id) as scope_name,
    periods.period_end,
    periods.period_name,
    periods.is_complete,
    first_day.forecast as first_day_forecast,
    latest.forecast as latest_forecast,
    latest.submitted_date as latest_submitted_date,
    case
        when availability.is_available then coalesce(sales.value, 0)
    end::double as sales_to_date,
    case
        when availability.is_available
            then latest.forecast - coalesce(sales.value, 0)
    end::double as gap_to_forecast,
    quotas.quota::double as quota,
    case
        when availability.is_available then quotas.sales_towards_quota
    end::double as sales_towards_quota,
    case
        when availability.is_available
            then quotas.quota - quotas.sales_towards_quota
    end::double as gap_to_quota
from scope_periods
-- Without deals sales are not 0 but unknown.
inner join {{ ref('kpi_availability') }} as availability
    on availability.kpi = 'sales'
inner join {{ ref('dim_periods') }} as periods
    on
        scope_periods.period_type = periods.period_type
        and scope_periods.period_start = periods.period_start
left join {{ ref('scope_names') }} as scope_names
    on
        scope_periods.scope_type = scope_names.scope_type
        and scope_periods.scope_id = scope_names.scope_id
left join latest
    on
        scope_periods.scope_type = latest.scope_type
        and scope_periods.scope_id = latest.scope_id
        and scope_periods.period_type = latest.period_type
        and scope_periods.period_start = latest.period_start
{% for alias, model in [
    ('first_day', 'fct_forecast_periods'), ('sales', 'kpi_sales'),
    ('quotas', 'fct_quota_periods'),
] -%}
left join {{ ref(model) }} as {{ alias }}
    on
        scope_periods.scope_type = {{ alias }}.scope_type
        and scope_periods.scope_id = {{ alias }}.scope_id
        and scope_periods.period_type = {{ alias }}.period_type
        and scope_periods.period_start = {{ alias }}.period_start
{% endfor %}
