{# Activated orders and flat purchases; where no source delivers either, every won
   deal on its close date. #}
with delivered as (
    select
        order_id as purchase_id,
        source,
        account_ref,
        coalesce({{ business_date('activated_at') }}, effective_date) as purchase_date,
        amount,
        currency
    from {{ ref('stg_salesforce__orders') }}
    where
        not is_deleted
        and exclusion_reason is null
        and lower(coalesce(status_code, status)) = 'activated'
    union all
    select
        purchase_id,
        source,
        account_ref,
        {{ business_date('purchased_at') }} as purchase_date,
        amount,
        currency
    from {{ ref('stg_flat__purchases') }}
    where not is_deleted and exclusion_reason is null
),

purchases as (
    select
        delivered.purchase_id,
        delivered.source,
        accounts.account_id,
        delivered.purchase_date,
        delivered.amount as original_amount,
        coalesce(delivered.currency, settings.reporting_currency) as currency
    from delivered
    cross join {{ source('landing', 'settings') }} as settings
    left join {{ ref('int_record_references') }} as account_keys
        on
            delivered.account_ref = account_keys.reference
            and account_keys.entity = 'account'
    left join {{ ref('int_accounts') }} as accounts
        on account_keys.record_id = accounts.account_id
    where accounts.exclusion_reason is null and delivered.purchase_date is not null
)

select
    purchases.purchase_id,
    purchases.source,
    purchases.account_id,
    {{ in_reporting_currency('purchases.original_amount', 'rates.rate') }} as amount,
    purchases.original_amount,
    purchases.currency,
    purchases.purchase_date
from purchases
left join {{ ref('int_exchange_rates') }} as rates
    on
        purchases.currency = rates.currency
        and purchases.purchase_date >= rates.valid_from
        and purchases.purchase_date < rates.valid_to
union all
select
    opportunity_id as purchase_id,
    source,
    account_id,
    amount,
    original_amount,
    currency,
    closed_date as purchase_date
from {{ ref('fct_opportunities') }}
where is_won and closed_date is not null and not {{ is_delivered('purchases') }}
