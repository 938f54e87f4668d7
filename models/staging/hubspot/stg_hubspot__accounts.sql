-- A company that was merged away is a row too: what names it finds its survivor.
with companies as (
    select *
    from {{ source('hubspot', 'companies') }}
    {{ latest_record(
        ['source', 'hs_object_id'],
        modified_at='coalesce(hs_lastmodifieddate, updatedat)',
        in_milliseconds=true,
    ) }}
),

merged as (
    select * from {{ ref('stg_hubspot__merged_records') }}
    where object = 'companies'
)

select
    companies.source,
    companies.source || ':' || companies.hs_object_id as account_id,
    companies.hs_object_id as native_id,
    companies.name,
    null::varchar as region,
    companies.country,
    companies.industry,
    companies.industry as segment,
    {{ hubspot_owner_ref('companies.hubspot_owner_id', 'companies.source') }}
        as owner_ref,
    {{ to_instant_ms('coalesce(companies.createdate, companies.createdat)') }}
        as created_at,
    companies.source || ':' || merged.survivor_id as merged_into_ref,
    coalesce({{ to_boolean('companies.archived') }}, false)
    or not companies.is_current
    or merged.survivor_id is not null as is_deleted,
    companies.exclusion_reason,
    companies.custom_fields
from companies
left join merged
    on
        companies.source = merged.source
        and companies.hs_object_id = merged.merged_id
union all
select
    source,
    source || ':' || merged_id as account_id,
    merged_id as native_id,
    null as name,
    null as region,
    null as country,
    null as industry,
    null as segment,
    null as owner_ref,
    null as created_at,
    source || ':' || survivor_id as merged_into_ref,
    true as is_deleted,
    null as exclusion_reason,
    null as custom_fields
from merged
where
    not exists (
        select 1 from companies
        where
            companies.source = merged.source
            and companies.hs_object_id = merged.merged_id
    )
