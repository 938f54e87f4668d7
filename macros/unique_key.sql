{# One test node per model, for what would be a `unique` and several `not_null`. Columns
   listed in `nullable` are part of the key but may be unknown. #}
{% test unique_key(model, columns, nullable=[]) %}
select
    {{ (columns + nullable) | join(', ') }},
    count(*) as row_count
from {{ model }}
group by all
having
    count(*) > 1
    {%- for column in columns %}
    or {{ column }} is null
    {%- endfor %}
{% endtest %}
