with accounts as (
    select
        account_id,
        customer_region,
        segment
    from {{ ref('dim_accounts') }}
    union all
    select
        '(none)' as account_id,
        null as customer_region,
        null as segment
)

{% for scope_type, scope_id in [
    ('company', "'company'"), ('customer_region', 'customer_region'),
    ('segment', 'segment'), ('customer', 'account_id'),
] -%}
select
    account_id,
    '{{ scope_type }}' as scope_type,
    coalesce({{ scope_id }}, '(none)') as scope_id
from accounts
{% if not loop.last %}union all
{% endif %}
{%- endfor %}
