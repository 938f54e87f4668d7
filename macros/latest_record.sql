{# The clause that keeps one row of each key: the latest delivery's, in it the one that
   the source changed last, else the last in the file. `key` lists expressions;
   `modified_at` is the column in which the source says when it changed the record.
   It belongs in a step of its own: conditions beside it would let an older version stand
   in for the latest, and casts beside it would be planned below the window, for all
   versions. #}
{% macro latest_record(key, modified_at=none) -%}
qualify
    row_number() over (
        partition by {{ key | join(', ') }}
        order by
            delivery_order desc,
            {%- if modified_at %}
            {{ to_instant(modified_at) }} desc nulls last,
            {%- endif %}
            file desc,
            row_number desc
    ) = 1
{%- endmacro %}
