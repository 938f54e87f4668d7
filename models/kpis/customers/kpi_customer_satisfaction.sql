select
    scope_type,
    scope_id,
    period_type,
    period_start,
    count_if(is_satisfied)::double as numerator,
    count(*)::double as denominator,
    numerator / nullif(denominator, 0) as value,
    count(*) as sample_size
from {{ ref('fct_surveys') }} as surveys
inner join {{ ref('account_scopes') }} as scopes
    on coalesce(surveys.account_id, '(none)') = scopes.account_id
inner join {{ ref('dim_date_periods') }} on responded_date = date_day
where scope_type in ('company', 'customer_region', 'customer')
group by all
