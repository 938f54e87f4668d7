{# A model's schema is the one its folder names, without the target's as a prefix:
   analysts query `kpis.kpi_values`, whatever the target. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}
