-- A contact is a lead once it has reached the lifecycle stage lead or a later one, and
-- converted once it has reached opportunity or customer, or a deal was made with it. A
-- contact that was merged away is a row too: what names it finds its survivor.
with contacts as (
    select
        *,
        least(
            lead_at, marketingqualifiedlead_at, salesqualifiedlead_at, opportunity_at,
            customer_at, evangelist_at
        ) as became_lead_at,
        least(opportunity_at, customer_at, evangelist_at) as became_opportunity_at,
        lifecycle_stage in ('opportunity', 'customer', 'evangelist') as is_opportunity
    from {{ ref('stg_hubspot__contacts') }}
),

deals as (
    select
        associations.source || ':' || associations.to_id as contact_id,
        opportunities.opportunity_id,
        opportunities.created_at
    from {{ ref('stg_hubspot__associations') }} as associations
    inner join {{ ref('stg_hubspot__opportunities') }} as opportunities
        on
            associations.source = opportunities.source
            and associations.from_id = opportunities.native_id
    where
        associations.from_object = 'deals'
        and associations.to_object = 'contacts'
        and not opportunities.is_deleted
        and opportunities.exclusion_reason is null
    qualify row_number() over (
        partition by associations.source, associations.to_id
        order by
            opportunities.created_at asc nulls last,
            length(opportunities.native_id) asc,
            opportunities.native_id asc
    ) = 1
),

companies as (
    select
        source || ':' || from_id as contact_id,
        source || ':' || to_id as account_ref
    from {{ ref('stg_hubspot__associations') }}
    where from_object = 'contacts' and to_object = 'companies'
    qualify row_number() over (
        partition by source, from_id
        order by is_primary desc, delivery_order desc, length(to_id) asc, to_id asc
    ) = 1
),

leads as (
    select
        contacts.*,
        coalesce(contacts.account_ref, companies.account_ref) as company_ref,
        deals.opportunity_id as opportunity_ref,
        coalesce(contacts.became_lead_at, contacts.created_at) as lead_created_at,
        -- A deal older than the lead was not made of it; the lead joined it.
        coalesce(
            contacts.became_opportunity_at,
            case
                when deals.created_at is not null
                    then greatest(
                        deals.created_at, contacts.became_lead_at, contacts.created_at
                    )
            end
        ) as converted_at
    from contacts
    left join deals
        on contacts.contact_id = deals.contact_id
    left join companies
        on contacts.contact_id = companies.contact_id
    where
        contacts.became_lead_at is not null
        or contacts.is_opportunity
        or contacts.lifecycle_stage in (
            'lead', 'marketingqualifiedlead', 'salesqualifiedlead'
        )
)

select
    source,
    contact_id as lead_id,
    native_id,
    lifecycle_stage as status,
    lead_source,
    owner_ref,
    null::varchar as campaign_ref,
    company_ref as account_ref,
    contact_id as contact_ref,
    opportunity_ref,
    null::varchar as referred_by_account_ref,
    coalesce(is_opportunity, false)
    or became_opportunity_at is not null
    or opportunity_ref is not null as is_converted,
    salesqualifiedlead_at as qualified_at,
    converted_at,
    {{ business_date('converted_at') }} as converted_date,
    lead_created_at as created_at,
    merged_into_ref,
    is_deleted,
    exclusion_reason,
    custom_fields
from leads
union all
select
    source,
    source || ':' || merged_id as lead_id,
    merged_id as native_id,
    null as status,
    null as lead_source,
    null as owner_ref,
    null as campaign_ref,
    null as account_ref,
    source || ':' || merged_id as contact_ref,
    null as opportunity_ref,
    null as referred_by_account_ref,
    null as is_converted,
    null as qualified_at,
    null as converted_at,
    null as converted_date,
    null as created_at,
    source || ':' || survivor_id as merged_into_ref,
    true as is_deleted,
    null as exclusion_reason,
    null as custom_fields
from {{ ref('stg_hubspot__merged_records') }} as merged
where
    object = 'contacts'
    and not exists (
        select 1 from leads
        where leads.source = merged.source and leads.native_id = merged.merged_id
    )
