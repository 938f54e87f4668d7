{{ config(meta={'dagster': {'ref': {'name': 'fct_opportunities'}}}) }}
{# By parent and its key: the columns that refer to it, and the models that have them.
   `(none)` stands for what is unknown and needs no row. #}
{% set foreign_keys = {
    ('dim_reps', 'rep_id'): {
        'rep_id': [
            'dim_rep_assignments', 'fct_activities', 'fct_deal_responses',
            'fct_forecasts', 'fct_lead_snapshots', 'fct_opportunity_intervals',
            'fct_pipeline_expected', 'fct_pipeline_snapshots', 'fct_quota_parts',
            'fct_quotas', 'fct_quotes', 'fct_rep_periods', 'fct_time_log', 'rep_quarter',
        ],
        'first_rep_id': ['fct_leads'],
        'created_by_rep_id': ['fct_opportunities'],
        'closed_by_rep_id': ['fct_contracts', 'fct_opportunities'],
        'left_by_rep_id': ['fct_opportunity_stages'],
    },
    ('dim_rep_assignments', 'rep_assignment_id'): {
        'rep_assignment_id': [
            'dim_scopes', 'fct_activities', 'fct_deal_responses', 'fct_forecasts',
            'fct_lead_snapshots', 'fct_pipeline_deals', 'fct_pipeline_expected',
            'fct_pipeline_snapshots', 'fct_quotas', 'fct_quotes', 'fct_referrals',
            'fct_rep_periods', 'fct_time_log',
        ],
        'hired_into_assignment_id': ['dim_reps'],
        'won_by_assignment_id': ['dim_accounts'],
        'due_assignment_id': ['fct_activities'],
        'created_by_assignment_id': ['fct_leads', 'fct_opportunities'],
        'qualified_by_assignment_id': ['fct_leads'],
        'converted_by_assignment_id': ['fct_leads'],
        'closed_by_assignment_id': ['fct_contracts', 'fct_opportunities'],
        'left_by_assignment_id': ['fct_opportunity_stages'],
    },
    ('dim_accounts', 'account_id'): {
        'account_id': [
            'account_scopes', 'fct_activities', 'fct_contracts',
            'fct_customer_intervals', 'fct_customer_lifespans', 'fct_customer_periods',
            'fct_leads', 'fct_opportunities', 'fct_purchases', 'fct_subscriptions',
            'fct_surveys', 'new_customer_scopes',
        ],
    },
    ('dim_campaigns', 'campaign_id'): {
        'campaign_id': [
            'campaign_scopes', 'fct_campaign_periods', 'fct_leads', 'fct_opportunities',
        ],
    },
    ('dim_products', 'product_id'): {'product_id': ['fct_opportunity_lines']},
    ('dim_stages', 'stage'): {
        'stage': [
            'fct_opportunities', 'fct_opportunity_intervals', 'fct_opportunity_stages',
            'fct_pipeline_expected', 'fct_pipeline_snapshots',
        ],
    },
    ('fct_leads', 'lead_id'): {
        'lead_id': [
            'fct_activities', 'fct_lead_snapshots', 'lead_conversion_scopes',
            'lead_qualification_scopes', 'lead_scopes',
        ],
    },
    ('fct_opportunities', 'opportunity_id'): {
        'opportunity_id': [
            'fct_activities', 'fct_deal_responses', 'fct_leads',
            'fct_opportunity_intervals', 'fct_opportunity_lines',
            'fct_opportunity_stages', 'fct_pipeline_deals',
            'fct_pipeline_expected', 'fct_pipeline_snapshots', 'fct_quotes',
            'opportunity_close_scopes', 'opportunity_creation_scopes',
            'pipeline_scopes', 'stage_visit_scopes',
        ],
    },
    ('fct_opportunity_lines', 'line_id'): {'line_id': ['opportunity_line_scopes']},
    ('fct_activities', 'activity_id'): {'activity_id': ['fct_deal_responses']},
    ('kpi_catalog', 'kpi'): {'kpi': ['fct_targets', 'kpi_scorecard', 'kpi_values']},
} %}

{% set models_with_periods = [
    'dim_date_periods', 'dim_scope_periods', 'fct_campaign_periods',
    'fct_customer_lifespans', 'fct_customer_periods', 'fct_forecast_periods',
    'fct_pipeline_deals', 'fct_pipeline_expected', 'fct_quota_periods',
    'fct_pipeline_periods', 'fct_rep_periods', 'fct_targets', 'kpi_scorecard',
    'kpi_values',
] %}

{% for (parent, key), columns in foreign_keys.items() -%}
{% for column, models in columns.items() -%}
{% for model in models -%}
select
    '{{ model }}.{{ column }}' as foreign_key,
    children.{{ column }} as missing_key,
    '{{ parent }}' as has_no_row_in,
    count(*) as row_count
from {{ ref(model) }} as children
left join {{ ref(parent) }} as parents
    on children.{{ column }} = parents.{{ key }}
where parents.{{ key }} is null and children.{{ column }} <> '(none)'
group by children.{{ column }}
union all
{% endfor -%}
{% endfor -%}
{% endfor -%}

{% for scope_type, parent, key in [
    ('campaign', 'dim_campaigns', 'campaign_id'),
    ('customer', 'dim_accounts', 'account_id'),
    ('product', 'dim_products', 'product_id'),
    ('rep', 'dim_reps', 'rep_id'),
] -%}
select
    'kpi_values.scope_id of a {{ scope_type }}' as foreign_key,
    kpi_values.scope_id as missing_key,
    '{{ parent }}' as has_no_row_in,
    count(*) as row_count
from {{ ref('kpi_values') }} as kpi_values
left join {{ ref(parent) }} as parents
    on kpi_values.scope_id = parents.{{ key }}
where
    parents.{{ key }} is null
    and kpi_values.scope_type = '{{ scope_type }}'
    and kpi_values.scope_id <> '(none)'
group by kpi_values.scope_id
union all
{% endfor -%}

{% for model in models_with_periods -%}
select
    '{{ model }}.period_start' as foreign_key,
    children.period_type || ' ' || children.period_start::varchar as missing_key,
    'dim_periods' as has_no_row_in,
    count(*) as row_count
from {{ ref(model) }} as children
left join {{ ref('dim_periods') }} as periods
    on
        children.period_type = periods.period_type
        and children.period_start = periods.period_start
where periods.period_start is null
group by children.period_type, children.period_start
union all
{% endfor -%}

select
    'dim_date_periods.date_day' as foreign_key,
    days.date_day::varchar as missing_key,
    'dim_dates' as has_no_row_in,
    count(*) as row_count
from {{ ref('dim_date_periods') }} as days
left join {{ ref('dim_dates') }} as dates
    on days.date_day = dates.date_day
where dates.date_day is null
group by days.date_day
