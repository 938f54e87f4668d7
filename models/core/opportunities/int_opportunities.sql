{# Present deals with their references resolved; deleted and excluded ones are
   out. Amounts are in the deal's own currency. #}
with line_amounts as (
    select
        opportunity_id,
        sum(amount)::decimal(28, 8) as amount
    from {{ ref('int_opportunity_lines') }}
    group by opportunity_id
)

select
    opportunities.opportunity_id,
    opportunities.source,
    opportunities.name as opportunity_name,
    opportunities.stage,
    opportunities.opportunity_type,
    opportunities.lead_source,
    opportunities.forecast_category,
    opportunities.next_step,
    opportunities.lost_reason,
    opportunities.contract_ref,
    opportunities.owner_ref,
    owners.rep_id as owner_rep_id,
    accounts.account_id,
    campaigns.record_id as campaign_id,
    products.record_id as product_id,
    case
        when stages.configured_outcome is not null then stages.configured_outcome
        when opportunities.is_won then 'won'
        when
            opportunities.is_won is null
            and opportunities.is_closed
            and stages.outcome = 'won'
            then 'won'
        when opportunities.is_closed then 'lost'
        when opportunities.is_closed is not null then 'open'
        else coalesce(stages.outcome, 'open')
    end as outcome,
    coalesce(opportunities.amount, line_amounts.amount) as amount,
    opportunities.amount as own_amount,
    coalesce(opportunities.currency, settings.reporting_currency) as currency,
    coalesce(opportunities.probability, stages.default_probability) as probability,
    opportunities.close_date,
    opportunities.term_months,
    opportunities.created_at,
    {{ business_date('opportunities.created_at') }} as created_date,
    opportunities.last_activity_date,
    opportunities.custom_fields,
    opportunities.source in (
        select source from {{ source('landing', 'files') }}
        where entity = 'opportunity_history'
    ) as has_history_source
from
    ({{ union_staged('opportunities') }}) as opportunities
cross join {{ source('landing', 'settings') }} as settings
left join {{ ref('dim_stages') }} as stages
    on opportunities.stage = stages.stage
left join {{ ref('int_rep_references') }} as owners
    on opportunities.owner_ref = owners.reference
left join {{ ref('int_record_references') }} as account_keys
    on
        opportunities.account_ref = account_keys.reference
        and account_keys.entity = 'account'
left join {{ ref('int_accounts') }} as accounts
    on account_keys.record_id = accounts.account_id
left join {{ ref('int_record_references') }} as campaigns
    on
        opportunities.campaign_ref = campaigns.reference
        and campaigns.entity = 'campaign'
left join {{ ref('int_record_references') }} as products
    on
        opportunities.product_ref = products.reference
        and products.entity = 'product'
left join line_amounts
    on opportunities.opportunity_id = line_amounts.opportunity_id
where
    not opportunities.is_deleted
    and opportunities.exclusion_reason is null
    and accounts.exclusion_reason is null
