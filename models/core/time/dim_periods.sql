{# Fiscal months, quarters and years from the first recorded event to the period of
   the as-of date. No event that is dated later opens a period. #}
with recursive settings as (
    select
        as_of_date,
        fiscal_year_start_month
    from {{ source('landing', 'settings') }}
),

event_days as (
    select min(created_date) as day from {{ ref('fct_opportunities') }}
    union all
    select min(closed_date) as day from {{ ref('fct_opportunities') }}
    union all
    select min(created_date) as day from {{ ref('fct_leads') }}
    union all
    select min(activity_date) as day from {{ ref('fct_activities') }}
    where is_done
    union all
    select min(purchase_date) as day from {{ ref('fct_purchases') }}
    union all
    select min(start_date) as day from {{ ref('fct_contracts') }}
    union all
    select min(start_date) as day from {{ ref('fct_subscriptions') }}
),

months as (
    select
        date_trunc('month', first_event.day)::date as month_start,
        -- Months since the fiscal year began, 0 to 11.
        (extract(month from first_event.day) - fiscal_year_start_month + 12)::integer
        % 12 as fiscal_month,
        settings.as_of_date
    from (select min(day) as day from event_days) as first_event
    cross join settings
    where first_event.day <= settings.as_of_date
    union all
    select
        {{ dbt.dateadd('month', 1, 'month_start') }}::date as month_start,
        (fiscal_month + 1) % 12 as fiscal_month,
        as_of_date
    from months
    where {{ dbt.dateadd('month', 1, 'month_start') }}::date <= as_of_date
),

period_types as (
    select
        'month' as period_type,
        1 as months_long
    union all
    select
        'quarter' as period_type,
        3 as months_long
    union all
    select
        'year' as period_type,
        12 as months_long
),

starts as (
    select distinct
        period_types.period_type,
        period_types.months_long,
        months.as_of_date,
        {{ dbt.dateadd(
            'month',
            '-(months.fiscal_month % period_types.months_long)',
            'months.month_start'
        ) }}::date as period_start,
        months.fiscal_month - months.fiscal_month % period_types.months_long
            as first_fiscal_month
    from months
    cross join period_types
),

periods as (
    select
        *,
        ({{ dbt.dateadd('month', 'months_long', 'period_start') }})::date
            as next_period_start,
        {{ dbt.dateadd('month', '-months_long', 'period_start') }}::date
            as previous_period_start,
        {{ dbt.dateadd('month', -12, 'period_start') }}::date
            as year_ago_period_start,
        -- The last day of the fiscal year that the period lies in.
        {{ dbt.dateadd('month', '12 - first_fiscal_month', 'period_start') }}::date
            as next_fiscal_year_start
    from starts
),

named as (
    select
        *,
        {{ dbt.dateadd('day', -1, 'next_period_start') }}::date as period_end,
        extract(
            year from {{ dbt.dateadd('day', -1, 'next_fiscal_year_start') }}
        )::integer as fiscal_year
    from periods
)

select
    period_type,
    period_start,
    period_end,
    least(period_end, as_of_date) as last_day,
    {{ dbt.dateadd('day', -1, 'period_start') }}::date as day_before,
    previous_period_start,
    year_ago_period_start,
    fiscal_year,
    case period_type
        when 'year' then 'FY' || fiscal_year
        when 'quarter' then 'FY' || fiscal_year || ' Q' || (first_fiscal_month // 3 + 1)
        else extract(year from period_start) || '-' || lpad(
            extract(month from period_start)::varchar, 2, '0'
        )
    end as period_name,
    months_long,
    period_end < as_of_date as is_complete,
    period_end >= as_of_date as is_current
from named
