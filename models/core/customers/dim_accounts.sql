with settings as (
    select as_of_date from {{ source('landing', 'settings') }}
),

customers as (
    select
        account_id,
        min(customer_from_date) as customer_since_date,
        max(customer_to_date) as customer_until_date
    from {{ ref('fct_customer_intervals') }}
    group by account_id
),

-- A new customer is credited to who closed the account's latest won deal up to that
-- day, else to who closed its earliest later one, else to the account's owner.
won_deals as (
    select
        customers.account_id,
        deals.closed_by_rep_id,
        deals.closed_date > customers.customer_since_date as is_later,
        row_number() over (
            partition by customers.account_id
            order by
                deals.closed_date asc,
                deals.closed_at asc nulls first,
                deals.opportunity_id asc
        ) as deal_number
    from customers
    inner join {{ ref('fct_opportunities') }} as deals
        on customers.account_id = deals.account_id
    where deals.is_won and deals.closed_date is not null
),

winners as (
    select
        account_id,
        closed_by_rep_id
    from won_deals
    qualify row_number() over (
        partition by account_id
        order by
            is_later,
            deal_number * case when is_later then 1 else -1 end
    ) = 1
)

select
    accounts.account_id,
    accounts.source,
    accounts.account_name,
    accounts.customer_region,
    accounts.segment,
    accounts.industry,
    accounts.country,
    {{ custom_columns('accounts', 'accounts') }}
    accounts.owner_rep_id,
    case
        when winners.account_id is not null then winners.closed_by_rep_id
        else accounts.owner_rep_id
    end as won_by_rep_id,
    coalesce(assignments.rep_assignment_id, '(none)') as won_by_assignment_id,
    accounts.created_date,
    customers.customer_since_date,
    case
        when customers.customer_until_date < settings.as_of_date
            then customers.customer_until_date
    end as customer_until_date
from {{ ref('int_accounts') }} as accounts
cross join settings
left join customers
    on accounts.account_id = customers.account_id
left join winners
    on accounts.account_id = winners.account_id
left join {{ ref('dim_rep_assignments') }} as assignments
    on
        case
            when winners.account_id is not null then winners.closed_by_rep_id
            else accounts.owner_rep_id
        end = assignments.rep_id
        and customers.customer_since_date >= assignments.valid_from
        and customers.customer_since_date < assignments.valid_to
where accounts.exclusion_reason is null
