select
    source,
    kind,
    delivery,
    file,
    object,
    entity,
    read_as,
    bytes,
    rows_in_file,
    rows_filtered,
    rows_landed,
    rows_rejected,
    rows_superseded,
    landed_at
from {{ source('landing', 'files') }}
