{# Every day of the periods. #}
with recursive days as (
    select
        min(period_start) as date_day,
        max(period_end) as last_day
    from {{ ref('dim_periods') }}
    having min(period_start) is not null
    union all
    select
        {{ dbt.dateadd('day', 1, 'date_day') }}::date as date_day,
        last_day
    from days
    where date_day < last_day
)

select
    date_day,
    extract(isodow from date_day)::integer as day_of_week,
    date_trunc('week', date_day)::date as week_start,
    date_trunc('month', date_day)::date as month_start,
    date_day <= settings.as_of_date as is_elapsed
from days
cross join {{ source('landing', 'settings') }} as settings
