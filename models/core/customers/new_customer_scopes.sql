{# What a new customer counts for: who won it, with team and region on that day, and
   the account's own region. #}
select
    accounts.account_id,
    scopes.scope_type,
    scopes.scope_id
from {{ ref('dim_accounts') }} as accounts
inner join {{ ref('dim_scopes') }} as scopes
    on accounts.won_by_assignment_id = scopes.rep_assignment_id
where accounts.customer_since_date is not null
union all
select
    account_id,
    'customer_region' as scope_type,
    coalesce(customer_region, '(none)') as scope_id
from {{ ref('dim_accounts') }}
where customer_since_date is not null
