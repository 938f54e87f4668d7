{# Present leads with their references resolved; deleted and excluded ones are out. #}
with earliest_campaigns as (
    select
        lead_keys.record_id as lead_id,
        members.campaign_ref
    from {{ ref('stg_salesforce__campaign_members') }} as members
    -- The memberships of a merged-away lead are its survivor's.
    inner join {{ ref('int_record_references') }} as lead_keys
        on members.lead_ref = lead_keys.reference and lead_keys.entity = 'lead'
    where
        not members.is_deleted
        and members.exclusion_reason is null
        and members.campaign_ref is not null
    qualify row_number() over (
        partition by lead_keys.record_id
        order by members.created_at nulls last, members.campaign_member_id
    ) = 1
)

select
    leads.lead_id,
    leads.source,
    leads.status,
    leads.lead_source,
    leads.owner_ref,
    campaigns.campaign_id,
    accounts.account_id,
    coalesce(merged_contacts.survivor_id, leads.contact_ref) as contact_ref,
    opportunities.opportunity_id,
    leads.is_converted,
    leads.referred_by_account_ref is not null as is_referred_by_account,
    leads.created_at,
    {{ business_date('leads.created_at') }} as created_date,
    leads.qualified_at,
    leads.custom_fields,
    case when leads.is_converted then leads.converted_at end as converted_at,
    case
        when leads.is_converted
            then coalesce(
                leads.converted_date, {{ business_date('leads.created_at') }}
            )
    end as converted_date
from (
    select
        * exclude (is_converted),
        -- A date without the flag counts; a flag that says no rules.
        coalesce(is_converted, converted_date is not null) as is_converted
    from ({{ union_staged('leads') }})
) as leads
left join earliest_campaigns
    on leads.lead_id = earliest_campaigns.lead_id
left join {{ ref('int_merged_contacts') }} as merged_contacts
    on leads.contact_ref = merged_contacts.contact_id
left join {{ ref('int_record_references') }} as campaign_keys
    on
        coalesce(earliest_campaigns.campaign_ref, leads.campaign_ref)
        = campaign_keys.reference
        and campaign_keys.entity = 'campaign'
left join {{ ref('dim_campaigns') }} as campaigns
    on campaign_keys.record_id = campaigns.campaign_id
left join {{ ref('int_record_references') }} as account_keys
    on leads.account_ref = account_keys.reference and account_keys.entity = 'account'
left join {{ ref('int_accounts') }} as accounts
    on
        account_keys.record_id = accounts.account_id
        and accounts.exclusion_reason is null
left join {{ ref('int_record_references') }} as opportunity_keys
    on
        leads.opportunity_ref = opportunity_keys.reference
        and opportunity_keys.entity = 'opportunity'
left join {{ ref('int_opportunities') }} as opportunities
    on opportunity_keys.record_id = opportunities.opportunity_id
where
    not leads.is_deleted
    and leads.merged_into_ref is null
    and leads.exclusion_reason is null
