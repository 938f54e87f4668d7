with settings as (
    select * from {{ source('landing', 'settings') }}
)

select
    campaigns.campaign_id,
    campaigns.source,
    campaigns.name as campaign_name,
    campaigns.lead_source,
    campaigns.start_date,
    campaigns.end_date,
    {{ in_reporting_currency('campaigns.cost', 'rates.rate') }} as cost,
    campaigns.cost as original_cost,
    coalesce(campaigns.currency, settings.reporting_currency) as currency
from ({{ union_staged('campaigns', ['salesforce', 'flat']) }}) as campaigns
cross join settings
left join {{ ref('int_exchange_rates') }} as rates
    on
        coalesce(campaigns.currency, settings.reporting_currency) = rates.currency
        and coalesce(campaigns.start_date, settings.as_of_date) >= rates.valid_from
        and coalesce(campaigns.start_date, settings.as_of_date) < rates.valid_to
where not campaigns.is_deleted and campaigns.exclusion_reason is null
union all
select
    'flat:' || reference as campaign_id,
    'flat' as source,
    reference as campaign_name,
    null as lead_source,
    null as start_date,
    null as end_date,
    null as cost,
    null as original_cost,
    null as currency
from {{ ref('int_named_records') }}
where entity = 'campaign'
