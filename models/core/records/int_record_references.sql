{# What a reference to an account, product, campaign, lead or deal means: its key,
   its id in any source, else its exact name. A merged-away record is its survivor.
   Reports of Salesforce show the first 15 characters of an id alone. #}
with recursive records as (
    select
        'account' as entity,
        source,
        account_id as record_id,
        native_id,
        name,
        merged_into_ref,
        is_deleted
    from ({{ union_staged('accounts') }})
    union all
    select
        'product' as entity,
        source,
        product_id as record_id,
        native_id,
        name,
        null as merged_into_ref,
        is_deleted
    from ({{ union_staged('products') }})
    where exclusion_reason is null
    union all
    select
        'campaign' as entity,
        source,
        campaign_id as record_id,
        native_id,
        name,
        null as merged_into_ref,
        is_deleted
    from ({{ union_staged('campaigns', ['salesforce', 'flat']) }})
    where exclusion_reason is null
    union all
    select
        'lead' as entity,
        source,
        lead_id as record_id,
        native_id,
        null as name,
        merged_into_ref,
        is_deleted
    from ({{ union_staged('leads') }})
    union all
    select
        'opportunity' as entity,
        source,
        opportunity_id as record_id,
        native_id,
        name,
        null as merged_into_ref,
        is_deleted
    from ({{ union_staged('opportunities') }})
    union all
    select
        entity,
        'flat' as source,
        'flat:' || reference as record_id,
        reference as native_id,
        null as name,
        null as merged_into_ref,
        false as is_deleted
    from {{ ref('int_named_records') }}
),

survivors as (
    select
        entity,
        record_id,
        record_id as survivor_id,
        merged_into_ref as next_ref,
        is_deleted as is_survivor_deleted,
        1 as steps
    from records
    where not is_deleted or merged_into_ref is not null
    union all
    select
        survivors.entity,
        survivors.record_id,
        records.record_id as survivor_id,
        records.merged_into_ref as next_ref,
        records.is_deleted as is_survivor_deleted,
        survivors.steps + 1 as steps
    from survivors
    inner join records
        on
            survivors.next_ref = records.record_id
            and survivors.entity = records.entity
    where survivors.steps < 20
),

living as (
    select
        survivors.entity,
        survivors.survivor_id,
        records.source,
        records.record_id,
        records.native_id,
        case when not records.is_deleted then records.name end as name
    from survivors
    inner join records
        on
            survivors.record_id = records.record_id
            and survivors.entity = records.entity
    where survivors.next_ref is null and not survivors.is_survivor_deleted
),

keys as (
    select
        *,
        record_id as reference,
        1 as precedence
    from living
    union all
    select
        *,
        native_id as reference,
        2 as precedence
    from living
    union all
    select
        *,
        left(native_id, 15) as reference,
        3 as precedence
    from living
    where source like 'salesforce%' and length(native_id) = 18
    union all
    select
        *,
        name as reference,
        4 as precedence
    from living
)

select
    entity,
    reference,
    survivor_id as record_id,
    survivor_id <> record_id as is_merged_away
from keys
where reference is not null
qualify row_number() over (
    partition by entity, reference
    order by precedence, source <> 'flat', source, survivor_id
) = 1
