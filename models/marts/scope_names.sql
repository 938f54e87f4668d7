with settings as (
    select company_name from {{ source('landing', 'settings') }}
)

select
    'company' as scope_type,
    'company' as scope_id,
    coalesce(company_name, 'Company') as scope_name
from settings
union all
select
    'rep' as scope_type,
    rep_id as scope_id,
    rep_name as scope_name
from {{ ref('dim_reps') }}
union all
select
    'customer' as scope_type,
    account_id as scope_id,
    account_name as scope_name
from {{ ref('dim_accounts') }}
union all
select
    'product' as scope_type,
    product_id as scope_id,
    product_name as scope_name
from {{ ref('dim_products') }}
union all
select
    'campaign' as scope_type,
    campaign_id as scope_id,
    campaign_name as scope_name
from {{ ref('dim_campaigns') }}
{% for scope_type, name in [
    ('rep', 'Unassigned'), ('team', 'No team'), ('region', 'No region'),
    ('customer', 'No account'), ('customer_region', 'No customer region'),
    ('segment', 'No segment'), ('product', 'No product'),
    ('product_family', 'No product family'), ('lead_source', 'No lead source'),
    ('campaign', 'No campaign'), ('stage', 'No stage'),
] -%}
union all
select
    '{{ scope_type }}' as scope_type,
    '(none)' as scope_id,
    '{{ name }}' as scope_name
{% endfor %}
