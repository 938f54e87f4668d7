{# The subscriptions extract; where it is not delivered, every contract of known
   value. #}
select
    subscriptions.subscription_id,
    subscriptions.source,
    accounts.account_id,
    subscriptions.mrr as original_mrr,
    coalesce(subscriptions.currency, settings.reporting_currency) as currency,
    subscriptions.start_date,
    coalesce(subscriptions.end_date, date '9999-12-31') as end_date
from {{ ref('stg_flat__subscriptions') }} as subscriptions
cross join {{ source('landing', 'settings') }} as settings
left join {{ ref('int_record_references') }} as account_keys
    on
        subscriptions.account_ref = account_keys.reference
        and account_keys.entity = 'account'
left join {{ ref('int_accounts') }} as accounts
    on account_keys.record_id = accounts.account_id
where
    not subscriptions.is_deleted
    and subscriptions.exclusion_reason is null
    and accounts.exclusion_reason is null
union all
select
    contracts.contract_id as subscription_id,
    contracts.source,
    contracts.account_id,
    (contracts.original_value::double / nullif(contracts.term_months, 0))
    ::decimal(28, 8) as original_mrr,
    contracts.currency,
    contracts.start_date,
    contracts.end_date
from {{ ref('fct_contracts') }} as contracts
where
    not {{ is_delivered('subscriptions') }}
    and contracts.original_value is not null
