-- The stage is the label that the pipelines' file gives its id, else the id; where a
-- deal does not say whether it is won, its stage does. The account is the main company,
-- else the one associated last, of several the oldest.
with deals as (
    select *
    from {{ source('hubspot', 'deals') }}
    {{ latest_record(
        ['source', 'hs_object_id'],
        modified_at='coalesce(hs_lastmodifieddate, updatedat)',
        in_milliseconds=true,
    ) }}
),

told_deals as (
    select
        *,
        {{ to_boolean('hs_is_closed_won') }} as told_won,
        {{ to_boolean('hs_is_closed') }} as told_closed
    from deals
),

companies as (
    select
        source,
        from_id as deal_id,
        to_id as company_id,
        is_primary
    from {{ ref('stg_hubspot__associations') }}
    where from_object = 'deals' and to_object = 'companies'
    qualify row_number() over (
        partition by source, from_id
        order by is_primary desc, delivery_order desc, length(to_id) asc, to_id asc
    ) = 1
)

select
    deals.source,
    deals.source || ':' || deals.hs_object_id as opportunity_id,
    deals.hs_object_id as native_id,
    deals.dealname as name,
    coalesce(stages.stage, deals.dealstage) as stage,
    deals.dealtype as opportunity_type,
    deals.hs_analytics_source as lead_source,
    deals.hs_manual_forecast_category as forecast_category,
    deals.hs_next_step as next_step,
    deals.closed_lost_reason as lost_reason,
    {{ hubspot_owner_ref('deals.hubspot_owner_id', 'deals.source') }}
        as owner_ref,
    deals.source || ':' || case
        when companies.is_primary then companies.company_id
        -- Exports made by hand list all companies there, the primary one first.
        else coalesce(
            trim(split_part(deals.hs_primary_associated_company, ';', 1)),
            companies.company_id
        )
    end as account_ref,
    null::varchar as campaign_ref,
    null::varchar as product_ref,
    null::varchar as contract_ref,
    coalesce(deals.told_won, stages.is_won) as is_won,
    case
        when deals.told_closed and coalesce(deals.told_won, stages.is_won) is null
            then null
        else coalesce(deals.told_closed, stages.is_closed)
    end as is_closed,
    {{ to_decimal('deals.amount') }} as amount,
    upper(deals.deal_currency_code) as currency,
    coalesce(
        {{ to_share('deals.hs_deal_stage_probability') }}, stages.probability
    ) as probability,
    {{ business_date(to_instant_ms('deals.closedate')) }} as close_date,
    null::integer as term_months,
    {{ to_instant_ms('coalesce(deals.createdate, deals.createdat)') }} as created_at,
    {{ business_date(to_instant_ms('deals.notes_last_updated')) }}
        as last_activity_date,
    coalesce({{ to_boolean('deals.archived') }}, false)
    or not deals.is_current
    or merged.survivor_id is not null as is_deleted,
    deals.exclusion_reason,
    deals.custom_fields
from told_deals as deals
left join {{ ref('stg_hubspot__pipeline_stages') }} as stages
    on deals.source = stages.source and deals.dealstage = stages.stage_id
left join companies
    on deals.source = companies.source and deals.hs_object_id = companies.deal_id
left join {{ ref('stg_hubspot__merged_records') }} as merged
    on
        deals.source = merged.source
        and deals.hs_object_id = merged.merged_id
        and merged.object = 'deals'
