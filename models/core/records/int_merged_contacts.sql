{# Contacts that were merged away, each with the survivor at the end of its chain. #}
with recursive merged_contacts as (
    select
        contact_id,
        merged_into_ref
    from {{ ref('stg_salesforce__contacts') }}
    where merged_into_ref is not null
),

survivors as (
    select
        contact_id,
        merged_into_ref as survivor_id,
        1 as steps
    from merged_contacts
    union all
    select
        survivors.contact_id,
        merged_contacts.merged_into_ref as survivor_id,
        survivors.steps + 1 as steps
    from survivors
    inner join merged_contacts
        on survivors.survivor_id = merged_contacts.contact_id
    where survivors.steps < 20
)

select
    contact_id,
    survivor_id
from survivors
qualify row_number() over (partition by contact_id order by steps desc) = 1
