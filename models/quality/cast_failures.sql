{# Values of optional columns that are not of the stated type: the row counts, the
   value is unknown. #}
select
    source,
    kind,
    delivery,
    file,
    object,
    row_number,
    line_number,
    column_name,
    value,
    reason
from {{ source('landing', 'cast_failures') }}
