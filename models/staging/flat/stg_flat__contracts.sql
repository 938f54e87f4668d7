with contracts as (
    select *
    from {{ source('flat', 'contracts') }}
    {{ latest_record(['source', 'contract_id']) }}
)

select
    source,
    source || ':' || contract_id as contract_id,
    account_id as account_ref,
    opportunity_id as opportunity_ref,
    null::varchar as owner_ref,
    status,
    null::varchar as status_code,
    {{ to_date('start_date') }} as start_date,
    {{ to_date('end_date') }} as end_date,
    {{ to_integer('term_months') }} as term_months,
    {{ to_decimal('total_value') }} as total_value,
    upper(currency) as currency,
    coalesce({{ to_boolean('is_deleted') }}, false) or not is_current as is_deleted,
    exclusion_reason
from contracts
