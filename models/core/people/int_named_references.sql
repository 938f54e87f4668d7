{# What flat files name: of it, the records of an object that no source
   delivers at all are made. #}
{% set naming = {
    'rep': [
        ('opportunities', 'owner_ref'), ('leads', 'owner_ref'),
        ('activities', 'owner_ref'), ('quotes', 'owner_ref'),
        ('purchases', 'owner_ref'), ('accounts', 'owner_ref'),
        ('quotas', "case when scope_type = 'rep' then scope_ref end"),
        ('targets', "case when scope_type = 'rep' then scope_ref end"),
        ('forecasts', 'rep_ref'), ('time_log', 'rep_ref'),
    ],
    'account': [
        ('opportunities', 'account_ref'), ('leads', 'account_ref'),
        ('activities', 'account_ref'), ('contracts', 'account_ref'),
        ('purchases', 'account_ref'), ('subscriptions', 'account_ref'),
        ('surveys', 'account_ref'),
        ('targets', "case when scope_type = 'customer' then scope_ref end"),
    ],
    'product': [
        ('opportunities', 'product_ref'), ('opportunity_lines', 'product_ref'),
        ('product_costs', 'product_ref'),
        ('targets', "case when scope_type = 'product' then scope_ref end"),
    ],
    'campaign': [
        ('opportunities', 'campaign_ref'), ('leads', 'campaign_ref'),
        ('targets', "case when scope_type = 'campaign' then scope_ref end"),
    ],
} %}

with named as (
    {% for entity, columns in naming.items() -%}
    {% for object, column in columns -%}
    select
        '{{ entity }}' as entity,
        {{ column }} as reference
    from {{ ref('stg_flat__' ~ object) }}
    where not is_deleted
    union all
    {% endfor -%}
    {% endfor -%}
    {% for object in ['opportunity_owner_history', 'lead_history'] -%}
    select
        'rep' as entity,
        owner_ref as reference
    from {{ ref('stg_flat__' ~ object) }}
    {% if not loop.last %}union all
    {% endif -%}
    {% endfor %}
)

select distinct
    entity,
    reference
from named
where reference is not null
