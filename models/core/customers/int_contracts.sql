{# Activated contracts, worth the won deals that they belong to; where no source
   delivers contracts, every won deal with a term is one from its close. The value is in
   the contract's own currency; deals of several are added up in the reporting one. #}
with deals as (
    select
        opportunities.opportunity_id,
        opportunities.account_id,
        opportunities.closed_by_rep_id,
        opportunities.closed_date,
        opportunities.closed_at,
        opportunities.term_months,
        opportunities.original_amount,
        opportunities.currency,
        present.contract_ref
    from {{ ref('fct_opportunities') }} as opportunities
    inner join {{ ref('int_opportunities') }} as present
        on opportunities.opportunity_id = present.opportunity_id
    where opportunities.is_won
),

delivered as (
    select
        contracts.*,
        accounts.account_id,
        opportunities.record_id as opportunity_id,
        settings.reporting_currency
    from
        ({{ union_staged('contracts', ['salesforce', 'flat']) }}) as contracts
    cross join {{ source('landing', 'settings') }} as settings
    left join {{ ref('int_record_references') }} as account_keys
        on
            contracts.account_ref = account_keys.reference
            and account_keys.entity = 'account'
    left join {{ ref('int_accounts') }} as accounts
        on account_keys.record_id = accounts.account_id
    left join {{ ref('int_record_references') }} as opportunities
        on
            contracts.opportunity_ref = opportunities.reference
            and opportunities.entity = 'opportunity'
    where
        not contracts.is_deleted
        and contracts.exclusion_reason is null
        and accounts.exclusion_reason is null
        and contracts.start_date is not null
        and case
            when contracts.source like 'salesforce%'
                then
                    lower(coalesce(contracts.status_code, contracts.status))
                    = 'activated'
            else
                lower(replace(coalesce(contracts.status, 'active'), ' ', ''))
                not in (
                    'draft', 'inapproval', 'inapprovalprocess', 'cancelled', 'canceled'
                )
        end
),

contract_deals as (
    select
        delivered.contract_id,
        case
            when count(distinct deals.currency) = 1
                then sum(deals.original_amount)
            else
                sum({{ in_reporting_currency('deals.original_amount', 'rates.rate') }})
        end::decimal(28, 8) as deal_amount,
        case
            when count(distinct deals.currency) = 1 then any_value(deals.currency)
            else any_value(delivered.reporting_currency)
        end as currency,
        -- max_by skips nulls: a deal that nobody closed would pass its credit on.
        nullif(
            max_by(
                coalesce(deals.closed_by_rep_id, '(none)'),
                (
                    deals.closed_date,
                    coalesce(deals.closed_at, timestamp '1900-01-01'),
                    deals.opportunity_id
                )
            ),
            '(none)'
        ) as closed_by_rep_id
    from delivered
    inner join deals
        on
            delivered.contract_id = deals.contract_ref
            or delivered.opportunity_id = deals.opportunity_id
    left join {{ ref('int_exchange_rates') }} as rates
        on
            deals.currency = rates.currency
            and delivered.start_date >= rates.valid_from
            and delivered.start_date < rates.valid_to
    group by delivered.contract_id
)

select
    delivered.contract_id,
    delivered.source,
    delivered.account_id,
    contract_deals.closed_by_rep_id,
    delivered.start_date,
    delivered.end_date,
    -- A term of 0 is none.
    case when delivered.term_months > 0 then delivered.term_months else 12 end
        as term_months,
    coalesce(delivered.total_value, contract_deals.deal_amount) as original_value,
    case
        when delivered.total_value is not null
            then coalesce(delivered.currency, delivered.reporting_currency)
        else coalesce(contract_deals.currency, delivered.reporting_currency)
    end as currency
from delivered
left join contract_deals
    on delivered.contract_id = contract_deals.contract_id
union all
select
    opportunity_id as contract_id,
    split_part(opportunity_id, ':', 1) as source,
    account_id,
    closed_by_rep_id,
    closed_date as start_date,
    null as end_date,
    term_months,
    original_amount as original_value,
    currency
from deals
where
    not {{ is_delivered('contracts') }}
    and term_months > 0
    and closed_date is not null
