{# Excluded accounts stay here with their reason: what belongs to them is excluded
   too. #}
with regions as (
    select
        country,
        region
    from {{ source('landing', 'config_regions') }}
    union all
    select
        country,
        region
    from {{ ref('regions') }}
    where
        country not in (select country from {{ source('landing', 'config_regions') }})
)

select
    accounts.account_id,
    accounts.source,
    accounts.name as account_name,
    coalesce(accounts.region, regions.region, accounts.country) as customer_region,
    case
        when accounts.source like 'salesforce%'
            then coalesce(accounts.segment, accounts.industry)
        else accounts.segment
    end as segment,
    accounts.country,
    accounts.industry,
    owners.rep_id as owner_rep_id,
    {{ business_date('accounts.created_at') }} as created_date,
    accounts.custom_fields,
    accounts.exclusion_reason
from ({{ union_staged('accounts') }}) as accounts
left join regions
    on accounts.country = regions.country
left join {{ ref('int_rep_references') }} as owners
    on accounts.owner_ref = owners.reference
where not accounts.is_deleted and accounts.merged_into_ref is null
union all
select
    'flat:' || reference as account_id,
    'flat' as source,
    reference as account_name,
    null as customer_region,
    null as segment,
    null as country,
    null as industry,
    null as owner_rep_id,
    null as created_date,
    null as custom_fields,
    null as exclusion_reason
from {{ ref('int_named_records') }}
where entity = 'account'
