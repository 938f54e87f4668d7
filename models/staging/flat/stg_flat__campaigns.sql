with campaigns as (
    select *
    from {{ source('flat', 'campaigns') }}
    {{ latest_record(['source', 'campaign_id']) }}
)

select
    source,
    source || ':' || campaign_id as campaign_id,
    campaign_id as native_id,
    name,
    {{ to_date('start_date') }} as start_date,
    {{ to_date('end_date') }} as end_date,
    {{ to_decimal('cost') }} as cost,
    upper(currency) as currency,
    lead_source,
    coalesce({{ to_boolean('is_deleted') }}, false) or not is_current as is_deleted,
    exclusion_reason
from campaigns
