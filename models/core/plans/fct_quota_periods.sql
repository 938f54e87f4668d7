{# The quota of a scope for a period and the sales that count towards it. Thirds and
   twelfths add up to the whole again once rounded, far below the cent. #}
with quotas as (
    select
        scope_type,
        scope_id,
        period_type,
        period_start,
        sum(amount)::decimal(28, 6) as quota,
        count(*) as quotas,
        bool_or(is_own_quota) as is_own_quota
    from {{ ref('fct_quota_parts') }}
    where is_counted
    group by all
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
    from {{ ref('fct_quota_parts') }}
    where not is_own_quota
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
