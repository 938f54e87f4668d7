{# A model's schema is the one its folder names, without the target's as a prefix:
   analysts query `kpis.kpi_values`, whatever the target. Intermediate steps stay in a
   schema of their own that is never published. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {%- if node.name.startswith('int_') -%}
        intermediate
    {%- else -%}
        {{ (custom_schema_name or target.schema) | trim }}
    {%- endif -%}
{%- endmacro %}
