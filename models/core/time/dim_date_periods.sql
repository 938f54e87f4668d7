{# Days that have come, up to the as-of date: what is dated later counts only where
   a plan dates it, and plans join dim_periods. #}
select
    dates.date_day,
    periods.period_type,
    periods.period_start
from {{ ref('dim_dates') }} as dates
inner join {{ ref('dim_periods') }} as periods
    on dates.date_day between periods.period_start and periods.last_day
