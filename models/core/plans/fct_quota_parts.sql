{# The quotas that a scope's quota for a period is the sum of. A team, region or the
   company has its own quota where the extract gives one for that period or shorter
   ones that cover it; its reps' then do not count. #}
with own_months as (
    select
        months.scope_type,
        months.scope_id,
        months.first_month,
        months.months_long,
        months.amount,
        periods.period_type,
        periods.period_start,
        periods.months_long as period_months
    from {{ ref('int_quota_months') }} as months
    inner join {{ ref('dim_periods') }} as periods
        on
            months.month_start between periods.period_start and periods.period_end
            -- A quota that only overlaps the period is not made to fit.
            and months.first_month >= periods.period_start
            and {{ dbt.dateadd('month', 'months.months_long', 'months.first_month') }}
            <= {{ dbt.dateadd('day', 1, 'periods.period_end') }}
    where months.scope_type <> 'rep'
    qualify row_number() over (
        partition by
            months.scope_type, months.scope_id, months.month_start,
            periods.period_type, periods.period_start
        order by
            months.months_long desc, months.first_month asc, months.amount asc
    ) = 1
),

covered as (
    select * from own_months
    qualify period_months = count(*) over (
        partition by scope_type, scope_id, period_type, period_start
    )
),

parts as (
    select
        scope_type,
        scope_id,
        period_type,
        period_start,
        null as rep_id,
        first_month,
        months_long,
        sum(amount) as amount,
        true as is_own_quota
    from covered
    group by all
    union all
    select
        scopes.scope_type,
        scopes.scope_id,
        periods.period_type,
        periods.period_start,
        quotas.rep_id,
        quotas.quota_month as first_month,
        1 as months_long,
        quotas.amount,
        false as is_own_quota
    from {{ ref('fct_quotas') }} as quotas
    inner join {{ ref('dim_scopes') }} as scopes
        on quotas.rep_assignment_id = scopes.rep_assignment_id
    inner join {{ ref('dim_periods') }} as periods
        on quotas.quota_month between periods.period_start and periods.period_end
)

select
    *,
    is_own_quota or not bool_or(is_own_quota) over (
        partition by scope_type, scope_id, period_type, period_start
    ) as is_counted
from parts
