{# The days on which an account was a customer, as intervals without gaps: by its
   subscriptions and contracts; where no source has either, by its purchases. #}
with agreements as (
    select
        account_id,
        start_date,
        end_date
    from {{ ref('fct_subscriptions') }}
    where original_mrr > 0
    union all
    select
        account_id,
        start_date,
        end_date
    from {{ ref('fct_contracts') }}
),

-- Each span once: two alike would have no order among themselves.
active_days as (
    select * from agreements
    union
    select
        purchases.account_id,
        purchases.purchase_date as start_date,
        cast({{ dbt.dateadd(
            'month', 'settings.customer_active_months', 'purchases.purchase_date'
        ) }} as date) as end_date
    from {{ ref('fct_purchases') }} as purchases
    cross join {{ source('landing', 'settings') }} as settings
    where
        not {{ is_delivered('subscriptions') }}
        and not {{ is_delivered('contracts') }}
        and not exists (select 1 from {{ ref('fct_contracts') }})
),

starts as (
    select
        account_id,
        start_date,
        end_date,
        start_date > {{ dbt.dateadd('day', 1, 'max(end_date) over earlier') }}
        or max(end_date) over earlier is null as is_new_interval
    from active_days
    where account_id is not null and end_date >= start_date
    window earlier as (
        partition by account_id order by start_date, end_date
        rows between unbounded preceding and 1 preceding
    )
),

intervals as (
    select
        *,
        count_if(is_new_interval) over (
            partition by account_id order by start_date, end_date
            rows between unbounded preceding and current row
        ) as interval_number
    from starts
)

select
    account_id,
    interval_number::integer as interval_number,
    min(start_date) as customer_from_date,
    max(end_date) as customer_to_date
from intervals
group by account_id, interval_number
