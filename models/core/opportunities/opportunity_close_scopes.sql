{# What a closed deal counts for, and with which amount: the people who closed it,
   its account, lead source and campaign, and each product of its lines. #}
with deals as (
    select * from {{ ref('fct_opportunities') }}
    where is_closed and closed_date is not null
),

product_amounts as (
    select
        lines.opportunity_id,
        lines.product_id,
        lines.product_family,
        sum(lines.amount)::decimal(28, 8) as amount
    from {{ ref('fct_opportunity_lines') }} as lines
    group by all
)

select
    deals.opportunity_id,
    scopes.scope_type,
    scopes.scope_id,
    deals.amount
from deals
inner join {{ ref('dim_scopes') }} as scopes
    on deals.closed_by_assignment_id = scopes.rep_assignment_id
union all
select
    deals.opportunity_id,
    scopes.scope_type,
    scopes.scope_id,
    deals.amount
from deals
inner join {{ ref('account_scopes') }} as scopes
    on coalesce(deals.account_id, '(none)') = scopes.account_id
where scopes.scope_type <> 'company'
union all
select
    opportunity_id,
    'lead_source' as scope_type,
    coalesce(lead_source, '(none)') as scope_id,
    amount
from deals
union all
select
    opportunity_id,
    'campaign' as scope_type,
    coalesce(campaign_id, '(none)') as scope_id,
    amount
from deals
{% for scope in ['product', 'product_family'] -%}
union all
select
    deals.opportunity_id,
    '{{ scope }}' as scope_type,
    coalesce(products.{{ 'product_id' if scope == 'product' else scope }}, '(none)')
        as scope_id,
    case
        when products.opportunity_id is null then any_value(deals.amount)
        else sum(products.amount)::decimal(28, 8)
    end as amount
from deals
left join product_amounts as products
    on deals.opportunity_id = products.opportunity_id
group by
    deals.opportunity_id,
    products.opportunity_id,
    products.{{ 'product_id' if scope == 'product' else scope }}
{% endfor %}
