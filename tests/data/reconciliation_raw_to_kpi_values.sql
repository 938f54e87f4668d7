{{ config(meta={'dagster': {'ref': {'name': 'kpi_values'}}}) }}
{# From the extracts to the figures. Every won deal and every lead that was delivered,
   and is neither deleted nor excluded, is in its fact, a deal with its amount; and year
   by year they add up to the company's sales and new leads. The extracts are read past
   staging, so that what gets lost there is missed here. #}
with settings as (
    select reporting_currency from {{ source('landing', 'settings') }}
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

hubspot_contacts as (
    select *
    from {{ source('hubspot', 'contacts') }}
    qualify row_number() over (
        partition by source, hs_object_id
        order by
            delivery_order desc,
            {{ to_instant_ms('coalesce(lastmodifieddate, updatedat)') }}
            desc nulls last,
            file desc, row_number desc
    ) = 1
),

merged_contacts as (
    select
        source,
        unnest(regexp_extract_all(hs_merged_object_ids, '\d+')) as hs_object_id
    from {{ source('hubspot', 'contacts') }}
),

flat_leads as (
    select *
    from {{ source('flat', 'leads') }}
    qualify row_number() over (
        partition by source, lead_id
        order by delivery_order desc, file desc, row_number desc
    ) = 1
),

expected_deals as (
    select
        opportunity_id as record,
        amount
    from {{ ref('int_delivered_deals') }}
    where is_won and left_out_as is null
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
