{# Whether a space-separated list of the catalogue holds a word. #}
{% macro lists(list, word) -%}
    ' ' || {{ list }} || ' ' like '% ' || {{ word }} || ' %'
{%- endmacro %}


{# The metrics of the catalogue that have the scope rep and the period quarter. #}
{% macro rep_quarter_kpis() -%}
    {%- set kpis = [] -%}
    {%- if execute -%}
        {%- set query -%}
            select kpi from {{ ref('kpi_catalog') }}
            where {{ lists('scopes', "'rep'") }} and {{ lists('periods', "'quarter'") }}
            order by kpi
        {%- endset -%}
        {%- for row in run_query(query) -%}
            {%- do kpis.append(row[0]) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(kpis) }}
{%- endmacro %}
