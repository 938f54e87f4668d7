{# Issued quotes, credited to the deal's owner on that day; a quote without a deal to
   its own rep. #}
with statuses as (
    select
        status,
        is_issued
    from {{ source('landing', 'config_quote_statuses') }}
    union all
    select
        status,
        is_issued
    from {{ ref('quote_statuses') }}
    where status not in (
        select configured.status
        from {{ source('landing', 'config_quote_statuses') }} as configured
    )
),

known_deals as (
    select
        opportunity_id,
        native_id
    from ({{ union_staged('opportunities') }})
),

quotes as (
    select
        quotes.quote_id,
        quotes.source,
        deals.opportunity_id,
        quote_owners.rep_id as quote_rep_id,
        quotes.status,
        quotes.amount as original_amount,
        coalesce(quotes.currency, settings.reporting_currency) as currency,
        {{ business_date('quotes.issued_at') }} as issued_date
    from ({{ union_staged('quotes') }}) as quotes
    cross join {{ source('landing', 'settings') }} as settings
    left join statuses
        on quotes.status = statuses.status
    left join {{ ref('int_record_references') }} as keys
        on
            quotes.opportunity_ref = keys.reference
            and keys.entity = 'opportunity'
    left join {{ ref('int_opportunities') }} as deals
        on keys.record_id = deals.opportunity_id
    left join {{ ref('int_rep_references') }} as quote_owners
        on quotes.owner_ref = quote_owners.reference
    where
        not quotes.is_deleted
        and quotes.exclusion_reason is null
        and quotes.issued_at is not null
        and coalesce(statuses.is_issued, true)
        -- A deal that was delivered and counts no more takes its quotes along.
        and (
            deals.opportunity_id is not null
            or quotes.opportunity_ref is null
            or quotes.opportunity_ref not in (
                select opportunity_id from known_deals
                union all
                select native_id from known_deals
            )
        )
),

credited as (
    select
        quotes.*,
        case
            when quotes.opportunity_id is null then quotes.quote_rep_id
            else owners.rep_id
        end as rep_id
    from quotes
    left join {{ ref('int_opportunity_owners') }} as owners
        on
            quotes.opportunity_id = owners.opportunity_id
            and quotes.issued_date >= owners.owned_from_date
            and quotes.issued_date < owners.owned_to_date
)

select
    credited.quote_id,
    credited.source,
    credited.opportunity_id,
    reps.rep_id,
    coalesce(assignments.rep_assignment_id, '(none)') as rep_assignment_id,
    credited.status,
    {{ in_reporting_currency('credited.original_amount', 'rates.rate') }} as amount,
    credited.original_amount,
    credited.currency,
    credited.issued_date
from credited
left join {{ ref('int_reps') }} as reps
    on credited.rep_id = reps.rep_id
left join {{ ref('dim_rep_assignments') }} as assignments
    on
        reps.rep_id = assignments.rep_id
        and credited.issued_date >= assignments.valid_from
        and credited.issued_date < assignments.valid_to
left join {{ ref('int_exchange_rates') }} as rates
    on
        credited.currency = rates.currency
        and credited.issued_date >= rates.valid_from
        and credited.issued_date < rates.valid_to
