-- Rows of one rep, day and activity add up, so all those of the latest delivery stay.
with time_log as (
    select *
    from {{ source('flat', 'time_log') }}
    qualify
        rank() over (
            partition by
                source, {{ rep_reference('rep') }}, {{ to_date('date') }}, activity
            order by delivery_order desc
        ) = 1
)

select
    source,
    {{ rep_reference('rep') }} as rep_ref,
    {{ to_date('date') }} as log_date,
    activity,
    {{ to_decimal('hours') }} as hours,
    concat_ws('|', source, delivery_order, file, row_number) as row_id,
    coalesce({{ to_boolean('is_deleted') }}, false) or not is_current as is_deleted,
    exclusion_reason
from time_log
