{# The quota of a scope for a period and the sales that count towards it. A team,
   region or the company has its own quota where the extract gives one for that
   period or shorter ones that cover it; else the sum of its reps'. #}
with rep_quotas as (
    select
        scopes.scope_type,
        scopes.scope_id,
        periods.period_type,
        periods.period_start,
        sum(quotas.amount) as quota,
        count(*) as quotas
    from {{ ref('fct_quotas') }} as quotas
    inner join {{ ref('dim_scopes') }} as scopes
        on quotas.rep_assignment_id = scopes.rep_assignment_id
    inner join {{ ref('dim_periods') }} as periods
        on quotas.quota_month between periods.period_start and periods.period_end
    group by all
),

own_months as (
    select
        months.scope_type,
        months.scope_id,
        months.first_month,
        months.amount,
        periods.period_type,
        periods.period_start,
        periods.months_long
    from {{ ref('int_quota_months') }} as months
    inner join {{ ref('dim_periods') }} as periods
        on
            months.month_start between periods.period_start and periods.period_end
            and months.months_long <= periods.months_long
    where months.scope_type <> 'rep'
    qualify row_number() over (
        partition by
            months.scope_type, months.scope_id, months.month_start,
            periods.period_type, periods.period_start
        order by months.months_long desc, months.first_month asc
    ) = 1
),

own_quotas as (
    select
        scope_type,
        scope_id,
        period_type,
        period_start,
        sum(amount) as quota,
        count(distinct first_month) as quotas
    from own_months
    group by scope_type, scope_id, period_type, period_start, months_long
    having count(*) = months_long
),

quotas as (
    select
        coalesce(own.scope_type, reps.scope_type) as scope_type,
        coalesce(own.scope_id, reps.scope_id) as scope_id,
        coalesce(own.period_type, reps.period_type) as period_type,
        coalesce(own.period_start, reps.period_start) as period_start,
        coalesce(own.quota, reps.quota) as quota,
        coalesce(own.quotas, reps.quotas) as quotas,
        own.quota is not null as is_own_quota
    from own_quotas as own
    full outer join rep_quotas as reps
        on
            own.scope_type = reps.scope_type
            and own.scope_id = reps.scope_id
            and own.period_type = reps.period_type
            and own.period_start = reps.period_start
),

carriers as (
    select distinct
        quotas.rep_id,
        periods.period_type,
        periods.period_start
    from {{ ref('fct_quotas') }} as quotas
    inner join {{ ref('dim_periods') }} as periods
        on quotas.quota_month between periods.period_start and periods.period_end
),

scopes_with_carriers as (
    select
        scopes.scope_type,
        scopes.scope_id,
        carriers.period_type,
        carriers.period_start
    from carriers
    inner join {{ ref('fct_rep_periods') }} as rep_periods
        on
            carriers.rep_id = rep_periods.rep_id
            and carriers.period_type = rep_periods.period_type
            and carriers.period_start = rep_periods.period_start
    inner join {{ ref('dim_scopes') }} as scopes
        on rep_periods.rep_assignment_id = scopes.rep_assignment_id
    where rep_periods.is_there_in_period
    union
    select
        scope_type,
        scope_id,
        period_type,
        period_start
    from rep_quotas
),

sales as (
    select
        scopes.scope_type,
        scopes.scope_id,
        date_periods.period_type,
        date_periods.period_start,
        sum(deals.amount) as all_sales,
        sum(deals.amount) filter (where carriers.rep_id is not null)
            as sales_of_carriers
    from {{ ref('fct_opportunities') }} as deals
    inner join {{ ref('dim_scopes') }} as scopes
        on deals.closed_by_assignment_id = scopes.rep_assignment_id
    inner join {{ ref('dim_date_periods') }} as date_periods
        on deals.closed_date = date_periods.date_day
    left join carriers
        on
            deals.closed_by_rep_id = carriers.rep_id
            and date_periods.period_type = carriers.period_type
            and date_periods.period_start = carriers.period_start
    where deals.is_won
    group by all
)

select
    quotas.scope_type,
    quotas.scope_id,
    quotas.period_type,
    quotas.period_start,
    quotas.quota,
    quotas.quotas,
    quotas.is_own_quota,
    coalesce(
        case
            when quotas.is_own_quota and scopes_with_carriers.scope_id is null
                then sales.all_sales
            else sales.sales_of_carriers
        end,
        0
    )::decimal(38, 8) as sales_towards_quota
from quotas
left join scopes_with_carriers
    on
        quotas.scope_type = scopes_with_carriers.scope_type
        and quotas.scope_id = scopes_with_carriers.scope_id
        and quotas.period_type = scopes_with_carriers.period_type
        and quotas.period_start = scopes_with_carriers.period_start
left join sales
    on
        quotas.scope_type = sales.scope_type
        and quotas.scope_id = sales.scope_id
        and quotas.period_type = sales.period_type
        and quotas.period_start = sales.period_start
