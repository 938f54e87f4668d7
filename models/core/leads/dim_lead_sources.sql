select
    lead_source,
    is_customer_referral
from {{ source('landing', 'config_lead_sources') }}
union all
select
    lead_source,
    is_customer_referral
from {{ ref('lead_sources') }}
where lead_source not in (
    select configured.lead_source
    from {{ source('landing', 'config_lead_sources') }} as configured
)
