{# Contracts with their value at the rate of their first day, and their last day. #}
select
    contracts.contract_id,
    contracts.source,
    contracts.account_id,
    contracts.closed_by_rep_id,
    coalesce(assignments.rep_assignment_id, '(none)') as closed_by_assignment_id,
    {{ in_reporting_currency('contracts.original_value', 'rates.rate') }}
        as total_value,
    (
        {{ in_reporting_currency('contracts.original_value', 'rates.rate') }}::double
        * 12 / nullif(contracts.term_months, 0)
    )::decimal(28, 8) as annual_value,
    contracts.original_value,
    contracts.currency,
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
from {{ ref('int_contracts') }} as contracts
left join {{ ref('dim_rep_assignments') }} as assignments
    on
        contracts.closed_by_rep_id = assignments.rep_id
        and contracts.start_date >= assignments.valid_from
        and contracts.start_date < assignments.valid_to
left join {{ ref('int_exchange_rates') }} as rates
    on
        contracts.currency = rates.currency
        and contracts.start_date >= rates.valid_from
        and contracts.start_date < rates.valid_to
