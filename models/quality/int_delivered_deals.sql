{# Every opportunity as its newest delivered record says, deleted and excluded ones too,
   with what keeps it out of the facts. The extracts are read past staging and core, so that
   what gets lost there is missed in what is compared with this. #}
with salesforce_opportunities as (
    select
        *,
        count(*) over (partition by source, {{ salesforce_id('id') }}) as versions
    from {{ source('salesforce', 'opportunity') }}
    qualify row_number() over (
        partition by source, {{ salesforce_id('id') }}
        order by
            delivery_order desc, replace(systemmodstamp, 'T', ' ') desc nulls last,
            file desc, row_number desc
    ) = 1
),

hubspot_deals as (
    select
        *,
        count(*) over (partition by source, hs_object_id) as versions
    from {{ source('hubspot', 'deals') }}
    qualify row_number() over (
        partition by source, hs_object_id
        order by
            delivery_order desc,
            {{ to_instant_ms('coalesce(hs_lastmodifieddate, updatedat)') }}
            desc nulls last,
            file desc, row_number desc
    ) = 1
),

merged_deals as (
    select distinct
        source,
        unnest(regexp_extract_all(hs_merged_object_ids, '\d+')) as hs_object_id
    from {{ source('hubspot', 'deals') }}
),

flat_opportunities as (
    select
        *,
        count(*) over (partition by source, opportunity_id) as versions
    from {{ source('flat', 'opportunities') }}
    qualify row_number() over (
        partition by source, opportunity_id
        order by delivery_order desc, file desc, row_number desc
    ) = 1
),

delivered_deals as (
    select
        {{ salesforce_key('id') }} as opportunity_id,
        source,
        {{ salesforce_key('accountid') }} as account_ref,
        stagename as stage,
        lower(iswon) in ('1', 'true') as is_won,
        -- Closed without IsWon leaves it to the stage.
        lower(isclosed) in ('0', 'false')
        or (
            lower(isclosed) in ('1', 'true')
            and lower(iswon) in ('0', '1', 'true', 'false')
        ) as has_outcome,
        is_current,
        coalesce(lower(isdeleted) in ('1', 'true'), false) as is_flagged_deleted,
        false as is_merged,
        exclusion_reason,
        {{ to_decimal('amount') }} as amount,
        upper(currencyisocode) as currency,
        versions
    from salesforce_opportunities
    union all
    select
        deals.source || ':' || deals.hs_object_id as opportunity_id,
        deals.source,
        staged.account_ref,
        coalesce(staged.stage, deals.dealstage) as stage,
        lower(deals.hs_is_closed_won) = 'true' as is_won,
        deals.hs_is_closed_won is not null as has_outcome,
        deals.is_current,
        coalesce(lower(deals.archived) in ('1', 'true'), false) as is_flagged_deleted,
        merged_deals.hs_object_id is not null as is_merged,
        deals.exclusion_reason,
        {{ to_decimal('deals.amount') }} as amount,
        upper(deals.deal_currency_code) as currency,
        deals.versions
    from hubspot_deals as deals
    left join merged_deals
        on
            deals.source = merged_deals.source
            and deals.hs_object_id = merged_deals.hs_object_id
    -- For what other files say of a deal: its company, and the name of its stage.
    left join {{ ref('stg_hubspot__opportunities') }} as staged
        on deals.source = staged.source and deals.hs_object_id = staged.native_id
    union all
    select
        source || ':' || opportunity_id as opportunity_id,
        source,
        account_id as account_ref,
        stage,
        false as is_won,
        false as has_outcome,
        is_current,
        coalesce(lower(is_deleted) in ('1', 'true'), false) as is_flagged_deleted,
        false as is_merged,
        exclusion_reason,
        {{ to_decimal('amount') }} as amount,
        upper(currency) as currency,
        versions
    from flat_opportunities
),

excluded_accounts as (
    select distinct keys.reference
    from {{ ref('int_record_references') }} as keys
    inner join {{ ref('int_accounts') }} as accounts
        on keys.record_id = accounts.account_id and keys.entity = 'account'
    where accounts.exclusion_reason is not null
)

-- What the configuration says of a stage goes before what the record says of itself.
select
    deals.opportunity_id,
    deals.source,
    coalesce(
        case
            when stages.configured_outcome is not null
                then stages.configured_outcome = 'won'
            when deals.is_won or deals.has_outcome then deals.is_won
            else stages.is_won
        end,
        false
    ) as is_won,
    case
        when deals.is_flagged_deleted then 'deleted in the source'
        when not deals.is_current then 'missing from the newest full delivery'
        when deals.is_merged then 'merged into another deal'
        when deals.exclusion_reason is not null then 'excluded by a rule'
        when excluded_accounts.reference is not null then 'of an excluded account'
    end as left_out_as,
    deals.amount,
    coalesce(deals.currency, settings.reporting_currency) as currency,
    deals.versions
from delivered_deals as deals
cross join {{ source('landing', 'settings') }} as settings
left join {{ ref('dim_stages') }} as stages
    on deals.stage = stages.stage
left join excluded_accounts
    on deals.account_ref = excluded_accounts.reference
