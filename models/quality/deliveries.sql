{# What has been landed, and what the latest run went on without because an operator
   accepted its refusal: such a file has its earlier rows, or none. #}
with refused as (
    select
        source,
        kind,
        delivery,
        file,
        object,
        entity,
        reason
    from {{ source('landing', 'accepted_files') }}
)

select
    files.source,
    files.kind,
    files.delivery,
    files.file,
    files.object,
    files.entity,
    files.read_as,
    files.content_hash,
    files.bytes,
    files.rows_in_file,
    files.rows_filtered,
    files.rows_landed,
    files.rows_rejected,
    files.rows_superseded,
    files.landed_at,
    refused.reason as accepted_problem
from {{ source('landing', 'files') }} as files
left join refused
    on
        files.source = refused.source
        and files.kind = refused.kind
        and files.delivery = refused.delivery
        and files.file = refused.file
union all
select
    refused.source,
    refused.kind,
    refused.delivery,
    refused.file,
    refused.object,
    refused.entity,
    null as read_as,
    null as content_hash,
    null as bytes,
    null as rows_in_file,
    null as rows_filtered,
    0 as rows_landed,
    0 as rows_rejected,
    0 as rows_superseded,
    null as landed_at,
    refused.reason as accepted_problem
from refused
anti join {{ source('landing', 'files') }} as files
    on
        refused.source = files.source
        and refused.kind = files.kind
        and refused.delivery = files.delivery
        and refused.file = files.file
