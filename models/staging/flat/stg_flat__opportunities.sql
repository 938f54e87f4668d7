with opportunities as (
    select *
    from {{ source('flat', 'opportunities') }}
    {{ latest_record(['source', 'opportunity_id']) }}
)

select
    source,
    source || ':' || opportunity_id as opportunity_id,
    opportunity_id as native_id,
    name,
    stage,
    type as opportunity_type,
    lead_source,
    forecast_category,
    next_step,
    lost_reason,
    {{ rep_reference('rep') }} as owner_ref,
    account_id as account_ref,
    campaign_id as campaign_ref,
    product_id as product_ref,
    null::varchar as contract_ref,
    null::boolean as is_won,
    null::boolean as is_closed,
    {{ to_decimal('amount') }} as amount,
    upper(currency) as currency,
    {{ to_share('probability') }} as probability,
    {{ to_date('close_date') }} as close_date,
    {{ to_integer('term_months') }} as term_months,
    {{ to_instant('created_at') }} as created_at,
    null::date as last_activity_date,
    coalesce({{ to_boolean('is_deleted') }}, false) or not is_current as is_deleted,
    exclusion_reason,
    custom_fields
from opportunities
