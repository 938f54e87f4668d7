{# All staged records of one entity, over the connectors that deliver it.
   Staging models of an entity have the same columns in the same order. #}
{% macro union_staged(entity, connectors) -%}
    {% for connector in connectors -%}
    select * from {{ ref('stg_' ~ connector ~ '__' ~ entity) }}
    {% if not loop.last %}union all
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


{# Whether any source has delivered this entity: a header without rows counts. #}
{% macro is_delivered(entity) -%}
    exists(
        select 1 from {{ source('landing', 'files') }} where entity = '{{ entity }}'
    )
{%- endmacro %}


{# Exact minutes from one instant to a later one. #}
{% macro minutes_between(earlier, later) -%}
    date_diff('microsecond', {{ earlier }}, {{ later }}) / 60000000.0
{%- endmacro %}
