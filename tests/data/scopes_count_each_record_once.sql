{{ config(meta={'dagster': {'ref': {'name': 'dim_scopes'}}}) }}
{# Every record counts once in every kind of scope that it has, under `(none)` if need
   be, and a deal at least once under a product: so the parts of a sum make the whole.
   That nothing counts twice in the same scope is for the keys of the bridges to say. #}
{% set people = ['company', 'region', 'team', 'rep'] %}
{% set bridges = [
    ('dim_scopes', people, 'rep_assignment_id', 'dim_rep_assignments', 'true'),
    (
        'campaign_scopes', ['company', 'campaign', 'lead_source'], 'campaign_id',
        'dim_campaigns', 'true',
    ),
    (
        'lead_scopes', people + ['lead_source', 'campaign'], 'lead_id',
        'fct_leads', 'true',
    ),
    (
        'lead_qualification_scopes', people + ['lead_source'], 'lead_id',
        'fct_leads', 'qualified_date is not null',
    ),
    (
        'lead_conversion_scopes', people + ['lead_source'], 'lead_id',
        'fct_leads', 'converted_date is not null',
    ),
    (
        'new_customer_scopes', people + ['customer_region'], 'account_id',
        'dim_accounts', 'customer_since_date is not null',
    ),
    (
        'opportunity_creation_scopes', people + ['lead_source'], 'opportunity_id',
        'fct_opportunities', 'created_date is not null',
    ),
    (
        'opportunity_close_scopes',
        people + ['customer_region', 'segment', 'customer', 'lead_source', 'campaign'],
        'opportunity_id', 'fct_opportunities', 'is_closed and closed_date is not null',
    ),
    (
        'opportunity_close_scopes', ['product', 'product_family'],
        'distinct opportunity_id', 'fct_opportunities',
        'is_closed and closed_date is not null',
    ),
    (
        'pipeline_scopes', people + ['stage'], 'opportunity_id',
        'fct_pipeline_snapshots', 'true',
    ),
    (
        'stage_visit_scopes', people + ['stage'], 'visit_number',
        'fct_opportunity_stages', 'left_date is not null',
    ),
] %}

with counts as (
    {% for bridge, scope_types, record, records, condition in bridges -%}
    select
        '{{ bridge }}' as bridge,
        scope_types.scope_type,
        (
            select count(*) from {{ ref(records) }}
            where {{ condition }}
        ) as record_count,
        count({{ record }}) as counted
    from (
        select unnest(string_split('{{ scope_types | join(' ') }}', ' ')) as scope_type
    ) as scope_types
    left join {{ ref(bridge) }} as bridge
        on scope_types.scope_type = bridge.scope_type
    group by scope_types.scope_type
    union all
    {% endfor -%}
    select
        'account_scopes' as bridge,
        scope_type,
        (select count(*) + 1 from {{ ref('dim_accounts') }}) as record_count,
        count(*) as counted
    from {{ ref('account_scopes') }}
    group by scope_type
    union all
    -- A rep who is employed at the end of a period is so in one assignment.
    select
        'fct_rep_periods' as bridge,
        period_type || ' ' || period_start::varchar || ' ' || rep_id as scope_type,
        max(is_employed_at_end::integer) as record_count,
        count_if(is_there_at_end) as counted
    from {{ ref('fct_rep_periods') }}
    group by period_type, period_start, rep_id
)

select
    bridge,
    scope_type,
    record_count,
    counted
from counts
where record_count <> counted
union all
-- And under the team, region and rep that the assignment names.
select
    'dim_scopes of another assignment' as bridge,
    scopes.scope_type,
    0 as record_count,
    count(*) as counted
from {{ ref('dim_scopes') }} as scopes
inner join {{ ref('dim_rep_assignments') }} as assignments
    on scopes.rep_assignment_id = assignments.rep_assignment_id
where
    scopes.scope_id <> case scopes.scope_type
        when 'team' then coalesce(assignments.team, '(none)')
        when 'region' then coalesce(assignments.region, '(none)')
        when 'rep' then coalesce(assignments.rep_id, '(none)')
        else 'company'
    end
group by scopes.scope_type
