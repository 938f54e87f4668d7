select
    scope_type,
    scope_id,
    period_type,
    period_start,
    sum(cost)::double as numerator,
    sum(leads)::double as denominator,
    numerator / nullif(denominator, 0) as value,
    sum(leads)::bigint as sample_size
from {{ ref('fct_campaign_periods') }}
inner join {{ ref('campaign_scopes') }} using (campaign_id)
group by all
