{# All staged records of one entity, over the connectors that deliver it.
   Staging models of an entity have the same columns, but for what only one has. #}
{% macro union_staged(entity, connectors=['salesforce', 'hubspot', 'flat']) -%}
    {% for connector in connectors -%}
    select * from {{ ref('stg_' ~ connector ~ '__' ~ entity) }}
    {% if not loop.last %}union all by name
    {% endif %}
    {%- endfor %}
{%- endmacro %}


{# An amount in the reporting currency: `rate` is units of its currency for one
   unit of the reporting currency. A rate of 1 leaves the amount exact. #}
{% macro in_reporting_currency(amount, rate) -%}
    case when {{ rate }} = 1 then {{ amount }}
    else cast({{ amount }}::double / {{ rate }}::double as decimal(28, 8)) end
{%- endmacro %}


{# The instant at which a business day begins, in UTC. #}
{% macro start_of_business_day(day) -%}
    timezone('UTC', timezone(
        (select business_timezone from {{ source('landing', 'settings') }}),
        ({{ day }})::timestamp
    ))
{%- endmacro %}


{# Whether a part rules a period: of what is given for the period itself and for shorter ones,
   the longest do, quarter by quarter in a year. `key` lists the columns of a whole. #}
{% macro is_ruling_part(key) -%}
    part_months = case
        when max(part_months) over (partition by {{ key }}) = months_long
            then months_long
        else max(part_months) over (partition by {{ key }}, quarter_number)
    end
{%- endmacro %}


{# The number of the quarter of a period, from 0, in which a part of it begins. Null for a part
   that does not begin where a month, quarter or year of the fiscal calendar does. #}
{% macro quarter_number(whole_start, part_start, part_months) -%}
    case
        when {{ dbt.datediff(whole_start, part_start, 'month') }} % {{ part_months }} = 0
            then {{ dbt.datediff(whole_start, part_start, 'month') }} // 3
    end
{%- endmacro %}


{# The custom fields of an entity that the configuration passes on, as columns of text, from
   the relation that holds the map `custom_fields`; each with a comma behind it. #}
{% macro custom_columns(entity, relation) -%}
    {%- set configured = adapter.get_relation(
        target.database, 'raw', 'config_custom_fields'
    ) if execute -%}
    {%- if configured -%}
        {%- set query -%}
            select column_name from {{ configured }}
            where entity = '{{ entity }}'
            order by column_name
        {%- endset -%}
        {%- for row in run_query(query) %}
    {{ relation }}.custom_fields['{{ row[0] | replace("'", "''") }}']
        as "{{ row[0] | replace('"', '""') }}",
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}


{# Whether any source has delivered this entity: a header without rows counts. #}
{% macro is_delivered(entity) -%}
    exists(
        select 1 from {{ source('landing', 'files') }} where entity = '{{ entity }}'
    )
{%- endmacro %}


{# Exact minutes from one instant to a later one; decimals, whose sums no order of rows
   can change. #}
{% macro minutes_between(earlier, later) -%}
    (date_diff('microsecond', {{ earlier }}, {{ later }}) / 60000000.0)
    ::decimal(28, 8)
{%- endmacro %}


{# Who owned each record from when to when, by its numbered changes of owner; of a record
   without any the present owner. The first owner holds since ever. #}
{% macro owner_intervals(key, records, changes) -%}
select
    owners.{{ key }},
    owners.change_number,
    keys.rep_id,
    owners.owned_from_at,
    coalesce(
        lead(owners.owned_from_at) over following_owner, timestamp '9999-12-31'
    ) as owned_to_at,
    case
        when owners.change_number = 0 then date '1900-01-01'
        else {{ business_date('owners.owned_from_at') }}
    end as owned_from_date,
    coalesce(
        {{ business_date('lead(owners.owned_from_at) over following_owner') }},
        date '9999-12-31'
    ) as owned_to_date
from (
    select
        {{ key }},
        0 as change_number,
        coalesce(previous_owner_ref, owner_ref) as owner_ref,
        timestamp '1900-01-01' as owned_from_at
    from {{ changes }}
    where change_number = 1
    union all
    select
        {{ key }},
        change_number,
        owner_ref,
        changed_at as owned_from_at
    from {{ changes }}
    union all
    select
        {{ key }},
        0 as change_number,
        owner_ref,
        timestamp '1900-01-01' as owned_from_at
    from {{ records }}
    where {{ key }} not in (select {{ changes }}.{{ key }} from {{ changes }})
) as owners
left join {{ ref('int_rep_references') }} as keys
    on owners.owner_ref = keys.reference
window following_owner as (
    partition by owners.{{ key }} order by owners.change_number
)
{%- endmacro %}


{# A text that somebody wrote, unless it may be contact data: an email is shown as <hidden>. #}
{% macro without_contact_data(text) -%}
    case when contains({{ text }}, '@') then '<hidden>' else {{ text }} end
{%- endmacro %}
