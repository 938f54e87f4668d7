{# Builds a table in one transaction of two statements. dbt-duckdb's own way (build beside, rename
   the old one away, rename the new one, drop the old one) took 12 of 38 seconds of a refresh of
   the demo company; it is for databases that are read meanwhile, and nobody reads this one. #}
{% materialization table, adapter='duckdb' %}
    {%- set existing_relation = load_cached_relation(this) -%}
    {%- set target_relation = this.incorporate(type='table') -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {%- if existing_relation is not none %}
        {%- call statement('drop_existing', auto_begin=True) -%}
            drop {{ existing_relation.type }} if exists {{ existing_relation }} cascade
        {%- endcall %}
    {%- endif %}
    {%- call statement('main') -%}
        {{ create_table_as(False, target_relation, compiled_code) }}
    {%- endcall %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {%- do persist_docs(target_relation, model) %}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
