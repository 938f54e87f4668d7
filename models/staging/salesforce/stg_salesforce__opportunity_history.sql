with changes as (
    select *
    from {{ source('salesforce', 'opportunity_history') }}
    {{ latest_record(['source', salesforce_id('id')], modified_at='systemmodstamp') }}
)

select
    source,
    {{ salesforce_key('opportunityid') }} as opportunity_ref,
    {{ salesforce_key('id') }} as change_id,
    {{ to_instant('createddate') }} as changed_at,
    stagename as stage,
    {{ to_decimal('amount') }} as amount,
    {{ to_share('probability', whole=100) }} as probability,
    {{ to_date('closedate') }} as expected_close_date,
    forecastcategory as forecast_category,
    -- Columns that nobody may see, or asked for, say nothing of the state.
    count(amount) over (partition by source) > 0
    and count(closedate) over (partition by source) > 0 as is_full_state
from changes
where
    not coalesce({{ to_boolean('isdeleted') }}, false)
