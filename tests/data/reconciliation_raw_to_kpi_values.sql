{{ config(meta={'dagster': {'ref': {'name': 'kpi_values'}}}) }}
{# From the extracts to the figures. Every won deal and every lead that was delivered,
   and is neither deleted nor excluded, is in its fact, a deal with its amount; and year
   by year they add up to the company's sales and new leads. The extracts are read past
   staging, so that what gets lost there is missed here. #}
with settings as (
    select reporting_currency from {{ source('landing', 'settings') }}
),

salesforce_opportunities as (
    select *
    from {{ source('salesforce', 'opportunity') }}
    qualify row_number() over (
        partition by source, {{ salesforce_id('id') }}
        order by
            delivery_order desc, replace(systemmodstamp, 'T', ' ') desc nulls last,
            file desc, row_number desc
    ) = 1
),

flat_opportunities as (
    select *
    from {{ source('flat', 'opportunities') }}
    qualify row_number() over (
        partition by source, opportunity_id
        order by delivery_order desc, file desc, row_number desc
    ) = 1
),

salesforce_leads as (
    select *
    from {{ source('salesforce', 'lead') }}
    qualify row_number() over (
        partition by source, {{ salesforce_id('id') }}
        order by
            delivery_order desc, replace(systemmodstamp, 'T', ' ') desc nulls last,
            file desc, row_number desc
    ) = 1
),

{% for object, modified in [
    ('deals', 'coalesce(hs_lastmodifieddate, updatedat)'),
    ('contacts', 'coalesce(lastmodifieddate, updatedat)'),
] -%}
hubspot_{{ object }} as (
    select *
    from {{ source('hubspot', object) }}
    qualify row_number() over (
        partition by source, hs_object_id
        order by
            delivery_order desc,
            {{ to_instant_ms(modified) }} desc nulls last,
            file desc, row_number desc
    ) = 1
),

merged_{{ object }} as (
    select
        source,
        unnest(regexp_extract_all(hs_merged_object_ids, '\d+')) as hs_object_id
    from {{ source('hubspot', object) }}
),

{% endfor -%}
flat_leads as (
    select *
    from {{ source('flat', 'leads') }}
    qualify row_number() over (
        partition by source, lead_id
        order by delivery_order desc, file desc, row_number desc
    ) = 1
),

delivered_deals as (
    select
        {{ salesforce_key('id') }} as record,
        {{ salesforce_key('accountid') }} as account_ref,
        stagename as stage,
        lower(iswon) in ('1', 'true') as is_won,
        lower(isclosed) in ('0', '1', 'true', 'false') as has_outcome,
        {{ to_decimal('amount') }} as amount
    from salesforce_opportunities
    where
        is_current
        and coalesce(lower(isdeleted) not in ('1', 'true'), true)
        and exclusion_reason is null
    union all
    select
        deals.source || ':' || deals.hs_object_id as record,
        staged.account_ref,
        coalesce(staged.stage, deals.dealstage) as stage,
        lower(deals.hs_is_closed_won) = 'true' as is_won,
        deals.hs_is_closed_won is not null as has_outcome,
        {{ to_decimal('deals.amount') }} as amount
    from hubspot_deals as deals
    anti join merged_deals
        on
            deals.source = merged_deals.source
            and deals.hs_object_id = merged_deals.hs_object_id
    -- For what other files say of a deal: its company, and the name of its stage.
    left join {{ ref('stg_hubspot__opportunities') }} as staged
        on deals.source = staged.source and deals.hs_object_id = staged.native_id
    where
        deals.is_current
        and coalesce(lower(deals.archived) not in ('1', 'true'), true)
        and deals.exclusion_reason is null
    union all
    select
        source || ':' || opportunity_id as record,
        account_id as account_ref,
        stage,
        false as is_won,
        false as has_outcome,
        {{ to_decimal('amount') }} as amount
    from flat_opportunities
    where
        is_current
        and coalesce(lower(is_deleted) not in ('1', 'true'), true)
        and exclusion_reason is null
),

excluded_accounts as (
    select keys.reference
    from {{ ref('int_record_references') }} as keys
    inner join {{ ref('int_accounts') }} as accounts
        on keys.record_id = accounts.account_id and keys.entity = 'account'
    where accounts.exclusion_reason is not null
),

-- What the configuration says of a stage goes before what the record says of itself.
expected_deals as (
    select
        deals.record,
        deals.amount
    from delivered_deals as deals
    left join {{ ref('dim_stages') }} as stages
        on deals.stage = stages.stage
    where
        case
            when stages.configured_outcome is not null
                then stages.configured_outcome = 'won'
            when deals.is_won or deals.has_outcome then deals.is_won
            else stages.is_won
        end
        and coalesce(deals.account_ref, '') not in (
            select excluded_accounts.reference from excluded_accounts
        )
),

actual_deals as (
    select
        opportunity_id as record,
        original_amount,
        amount,
        currency,
        closed_date
    from {{ ref('fct_opportunities') }}
    where is_won
),

expected_leads as (
    select {{ salesforce_key('id') }} as record
    from salesforce_leads
    where
        is_current
        and coalesce(lower(isdeleted) not in ('1', 'true'), true)
        and {{ salesforce_id('masterrecordid') }} is null
        and exclusion_reason is null
    union all
    select contacts.source || ':' || contacts.hs_object_id as record
    from hubspot_contacts as contacts
    anti join merged_contacts
        on
            contacts.source = merged_contacts.source
            and contacts.hs_object_id = merged_contacts.hs_object_id
    where
        contacts.is_current
        and coalesce(lower(contacts.archived) not in ('1', 'true'), true)
        and contacts.exclusion_reason is null
        and (
            lower(contacts.lifecyclestage) in (
                'lead', 'marketingqualifiedlead', 'salesqualifiedlead', 'opportunity',
                'customer', 'evangelist'
            )
            or coalesce(
                contacts.hs_lifecyclestage_lead_date,
                contacts.hs_lifecyclestage_marketingqualifiedlead_date,
                contacts.hs_lifecyclestage_salesqualifiedlead_date,
                contacts.hs_lifecyclestage_opportunity_date,
                contacts.hs_lifecyclestage_customer_date,
                contacts.hs_lifecyclestage_evangelist_date
            ) is not null
        )
    union all
    select source || ':' || lead_id as record
    from flat_leads
    where
        is_current
        and coalesce(lower(is_deleted) not in ('1', 'true'), true)
        and exclusion_reason is null
),

actual_leads as (
    select
        lead_id as record,
        created_date
    from {{ ref('fct_leads') }}
),

expected_years as (
    select
        'sales' as kpi,
        years.period_start,
        -- Only an amount in another currency is taken as it was converted.
        sum(
            case
                when actual.currency = settings.reporting_currency
                    then coalesce(expected.amount, actual.original_amount)
                else actual.amount
            end
        )::double as value
    from expected_deals as expected
    cross join settings
    inner join actual_deals as actual
        on expected.record = actual.record
    inner join {{ ref('dim_periods') }} as years
        on
            actual.closed_date between years.period_start and years.last_day
            and years.period_type = 'year'
    group by years.period_start
    union all
    select
        'new_leads' as kpi,
        years.period_start,
        count(*)::double as value
    from expected_leads as expected
    inner join actual_leads as actual
        on expected.record = actual.record
    inner join {{ ref('dim_periods') }} as years
        on
            actual.created_date between years.period_start and years.last_day
            and years.period_type = 'year'
    group by years.period_start
),

actual_years as (
    select
        kpi,
        period_start,
        value
    from {{ ref('kpi_values') }}
    where
        kpi in ('sales', 'new_leads')
        and scope_type = 'company'
        and period_type = 'year'
)

select
    case
        when actual.record is null then 'a won deal is not in the facts'
        when expected.record is null then 'a won deal is not in the extracts'
        else 'a won deal has another amount than in the extracts'
    end as problem,
    coalesce(expected.record, actual.record) as record,
    expected.amount::double as in_extracts,
    actual.original_amount::double as in_warehouse
from expected_deals as expected
full outer join actual_deals as actual
    on expected.record = actual.record
where
    actual.record is null
    or expected.record is null
    or expected.amount <> coalesce(actual.original_amount, 0)
union all
select
    case
        when actual.record is null then 'a lead is not in the facts'
        else 'a lead is not in the extracts'
    end as problem,
    coalesce(expected.record, actual.record) as record,
    null as in_extracts,
    null as in_warehouse
from expected_leads as expected
full outer join actual_leads as actual
    on expected.record = actual.record
where actual.record is null or expected.record is null
union all
select
    'a year of the company is not the sum of its deals or leads' as problem,
    kpi || ' ' || period_start::varchar as record,
    expected.value as in_extracts,
    actual.value as in_warehouse
from expected_years as expected
full outer join actual_years as actual using (kpi, period_start)
where
    abs(coalesce(expected.value, 0) - coalesce(actual.value, 0))
    > 1e-9 * abs(coalesce(expected.value, 0))
