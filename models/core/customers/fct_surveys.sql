select
    surveys.response_id,
    accounts.account_id,
    surveys.score,
    coalesce(surveys.scale_max, 5) as scale_max,
    -- 4 and 5 of 5, the top two fifths of any scale.
    surveys.score > 0.6 * coalesce(surveys.scale_max, 5) as is_satisfied,
    {{ business_date('surveys.responded_at') }} as responded_date
from {{ ref('stg_flat__surveys') }} as surveys
left join {{ ref('int_record_references') }} as keys
    on surveys.account_ref = keys.reference and keys.entity = 'account'
left join {{ ref('int_accounts') }} as accounts
    on keys.record_id = accounts.account_id
where
    not surveys.is_deleted
    and surveys.exclusion_reason is null
    and accounts.exclusion_reason is null
