select
    source,
    kind,
    delivery,
    file,
    object,
    entity,
    bytes,
    rows_in_file,
    rows_filtered,
    rows_landed,
    rows_rejected,
    landed_at
from {{ source('landing', 'files') }}
