{# Activated contracts, worth the won deals that they belong to; where no source
   delivers contracts, every won deal with a term is one from its close. #}
with deals as (
    select
        opportunities.opportunity_id,
        opportunities.account_id,
        opportunities.closed_by_rep_id,
        opportunities.closed_date,
        opportunities.closed_at,
        opportunities.term_months,
        opportunities.amount,
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
        sum(deals.amount)::decimal(28, 8) as deal_amount,
        -- max_by skips nulls: a deal that nobody closed would pass its credit on.
        nullif(
            max_by(
                coalesce(deals.closed_by_rep_id, '(none)'),
                (deals.closed_date, deals.opportunity_id)
            ),
            '(none)'
        ) as closed_by_rep_id
    from delivered
    inner join deals
        on
            delivered.contract_id = deals.contract_ref
            or delivered.opportunity_id = deals.opportunity_id
    group by delivered.contract_id
),

contracts as (
    select
        delivered.contract_id,
        delivered.source,
        delivered.account_id,
        contract_deals.closed_by_rep_id,
        delivered.start_date,
        coalesce(delivered.term_months, 12) as term_months,
        delivered.end_date,
        case
            when delivered.total_value is not null
                then {{ in_reporting_currency('delivered.total_value', 'rates.rate') }}
            else contract_deals.deal_amount
        end as total_value
    from delivered
    left join contract_deals
        on delivered.contract_id = contract_deals.contract_id
    left join {{ ref('int_exchange_rates') }} as rates
        on
            coalesce(delivered.currency, delivered.reporting_currency) = rates.currency
            and delivered.start_date >= rates.valid_from
            and delivered.start_date < rates.valid_to
    union all
    select
        opportunity_id as contract_id,
        split_part(opportunity_id, ':', 1) as source,
        account_id,
        closed_by_rep_id,
        closed_date as start_date,
        term_months,
        null as end_date,
        amount as total_value
    from deals
    where
        not {{ is_delivered('contracts') }}
        and term_months > 0
        and closed_date is not null
)

select
    contracts.contract_id,
    contracts.source,
    contracts.account_id,
    contracts.closed_by_rep_id,
    coalesce(assignments.rep_assignment_id, '(none)') as closed_by_assignment_id,
    contracts.total_value,
    (contracts.total_value::double * 12 / nullif(contracts.term_months, 0))
    ::decimal(28, 8) as annual_value,
    contracts.term_months,
    contracts.start_date,
    coalesce(
        contracts.end_date,
        cast({{ dbt.dateadd(
            'day',
            -1,
            dbt.dateadd('month', 'contracts.term_months', 'contracts.start_date')
        ) }} as date)
    ) as end_date
from contracts
left join {{ ref('dim_rep_assignments') }} as assignments
    on
        contracts.closed_by_rep_id = assignments.rep_id
        and contracts.start_date >= assignments.valid_from
        and contracts.start_date < assignments.valid_to
