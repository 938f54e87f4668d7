{# The clause that keeps one row of each key: the latest delivery's, in it the one that
   the source changed last, else the last in the file. `key` lists expressions;
   `modified_at` is the column in which the source says when it changed the record, which
   `in_milliseconds` may be.
   It belongs in a step of its own: conditions beside it would let an older version stand
   in for the latest, and casts beside it would be planned below the window, for all
   versions. #}
{% macro latest_record(key, modified_at=none, in_milliseconds=false) -%}
{%- set cast_to_instant = to_instant_ms if in_milliseconds else to_instant -%}
qualify
    row_number() over (
        partition by {{ key | join(', ') }}
        order by
            delivery_order desc,
            {%- if modified_at %}
            {{ cast_to_instant(modified_at) }} desc nulls last,
            {%- endif %}
            file desc,
            row_number desc
    ) = 1
{%- endmacro %}
