{# The forecast of a scope for a period beside all its sales. A rep's forecast is the
   one of that length, else the sum of the next shorter ones. #}
with parts as (
    select
        forecasts.rep_id,
        forecasts.rep_assignment_id,
        forecasts.amount,
        forecasts.months_long as part_months,
        periods.period_type as whole_type,
        periods.period_start as whole_start,
        periods.months_long,
        {{ quarter_number(
            'periods.period_start', 'forecasts.period_start', 'forecasts.months_long'
        ) }} as quarter_number
    from {{ ref('fct_forecasts') }} as forecasts
    inner join {{ ref('dim_periods') }} as periods
        on
            forecasts.period_start between periods.period_start and periods.period_end
            and forecasts.months_long <= periods.months_long
    where forecasts.is_chosen
),

forecasts as (
    select * from parts
    where quarter_number is not null
    qualify {{ is_ruling_part('rep_id, whole_type, whole_start') }}
),

forecast_sums as (
    select
        scopes.scope_type,
        scopes.scope_id,
        forecasts.whole_type as period_type,
        forecasts.whole_start as period_start,
        sum(forecasts.amount)::double as forecast
    from forecasts
    inner join {{ ref('dim_scopes') }} as scopes
        on forecasts.rep_assignment_id = scopes.rep_assignment_id
    group by all
),

deals as (
    select
        scopes.scope_type,
        scopes.scope_id,
        date_periods.period_type,
        date_periods.period_start,
        opportunities.amount
    from {{ ref('fct_opportunities') }} as opportunities
    inner join {{ ref('dim_scopes') }} as scopes
        on opportunities.closed_by_assignment_id = scopes.rep_assignment_id
    inner join {{ ref('dim_date_periods') }} as date_periods
        on opportunities.closed_date = date_periods.date_day
    where opportunities.is_won
)

select
    forecast_sums.scope_type,
    forecast_sums.scope_id,
    forecast_sums.period_type,
    forecast_sums.period_start,
    forecast_sums.forecast,
    coalesce(sum(deals.amount), 0)::double as sales,
    count(deals.amount) as deals
from forecast_sums
left join deals
    on
        forecast_sums.scope_type = deals.scope_type
        and forecast_sums.scope_id = deals.scope_id
        and forecast_sums.period_type = deals.period_type
        and forecast_sums.period_start = deals.period_start
group by
    forecast_sums.scope_type, forecast_sums.scope_id, forecast_sums.period_type,
    forecast_sums.period_start, forecast_sums.forecast
