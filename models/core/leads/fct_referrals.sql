{# New leads that existing customers referred, and referred deals that no lead
   became. #}
select
    lead_id as referral_id,
    created_by_assignment_id as rep_assignment_id,
    created_date as referral_date
from {{ ref('fct_leads') }}
where is_customer_referral
union all
select
    deals.opportunity_id as referral_id,
    deals.created_by_assignment_id as rep_assignment_id,
    deals.created_date as referral_date
from {{ ref('fct_opportunities') }} as deals
inner join {{ ref('dim_lead_sources') }} as lead_sources
    on deals.lead_source = lead_sources.lead_source
where
    lead_sources.is_customer_referral
    and deals.created_date is not null
    and deals.opportunity_id not in (
        select opportunity_id from {{ ref('fct_leads') }}
        where opportunity_id is not null
    )
