with changes as (
    select *
    from {{ source('flat', 'opportunity_history') }}
    {{ latest_record(['source', 'opportunity_id', to_instant('changed_at')]) }}
)

select
    source,
    opportunity_id as opportunity_ref,
    null::varchar as change_id,
    {{ to_instant('changed_at') }} as changed_at,
    stage,
    {{ to_decimal('amount') }} as amount,
    {{ to_share('probability') }} as probability,
    {{ to_date('close_date') }} as expected_close_date,
    forecast_category,
    false as is_full_state
from changes
where
    not coalesce({{ to_boolean('is_deleted') }}, false)
    and coalesce(stage, amount, probability, close_date, forecast_category) is not null
