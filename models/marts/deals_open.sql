with deals as (
    select
        open_deals.opportunity_id,
        deals.opportunity_name,
        open_deals.rep_id,
        coalesce(reps.rep_name, 'Unassigned') as rep_name,
        assignments.team,
        assignments.region,
        deals.account_id,
        coalesce(accounts.account_name, 'No account') as account_name,
        deals.opportunity_type,
        deals.lead_source,
        deals.forecast_category,
        open_deals.stage,
        deals.next_step,
        reps.leave_date < settings.as_of_date as has_owner_left,
        signs.lacks_next_step,
        open_deals.amount,
        open_deals.probability,
        open_deals.weighted_amount,
        deals.times_pushed,
        signs.days_in_stage,
        signs.won_deals_p75_days_in_stage,
        open_deals.age_days,
        {{ dbt.datediff(
            'open_deals.expected_close_date', 'settings.as_of_date', 'day'
        ) }} as days_overdue,
        {{ dbt.datediff('signs.last_contact_date', 'settings.as_of_date', 'day') }}
            as days_since_contact,
        deals.created_date,
        open_deals.expected_close_date,
        signs.last_contact_date,
        settings.as_of_date
    from {{ ref('fct_pipeline_snapshots') }} as open_deals
    inner join {{ source('landing', 'settings') }} as settings
        on open_deals.snapshot_date = settings.as_of_date
    inner join {{ ref('fct_opportunities') }} as deals
        on open_deals.opportunity_id = deals.opportunity_id
    inner join {{ ref('int_open_deal_signs') }} as signs
        on open_deals.opportunity_id = signs.opportunity_id
    left join {{ ref('dim_reps') }} as reps
        on open_deals.rep_id = reps.rep_id
    left join {{ ref('dim_rep_assignments') }} as assignments
        on open_deals.rep_assignment_id = assignments.rep_assignment_id
    left join {{ ref('dim_accounts') }} as accounts
        on deals.account_id = accounts.account_id
    where open_deals.snapshot = 'closing'
)

select
    opportunity_id,
    opportunity_name,
    rep_id,
    rep_name,
    team,
    region,
    account_id,
    account_name,
    opportunity_type,
    lead_source,
    forecast_category,
    stage,
    next_step,
    nullif(
        concat_ws(
            '; ',
            case when rep_id is null then 'no owner' end,
            case when has_owner_left then 'owner has left' end,
            case
                when days_overdue > 0 then 'overdue by ' || days_overdue || ' days'
            end,
            case when expected_close_date is null then 'no expected close date' end,
            case when times_pushed >= 2 then 'pushed ' || times_pushed || ' times' end,
            case
                when days_since_contact > 30
                    then 'no contact for ' || days_since_contact || ' days'
                when
                    last_contact_date is null
                    and age_days > 30
                    and {{ is_delivered('activities') }}
                    then 'no contact recorded'
            end,
            case
                when days_in_stage > won_deals_p75_days_in_stage
                    then
                        'in stage ' || days_in_stage || ' days, won deals take '
                        || round(won_deals_p75_days_in_stage)::integer
            end,
            case when lacks_next_step then 'no next step' end,
            case when amount is null then 'no amount' end
        ),
        ''
    ) as risk_reasons,
    amount,
    probability,
    weighted_amount,
    times_pushed,
    days_in_stage,
    won_deals_p75_days_in_stage,
    age_days,
    case
        when expected_close_date is not null then greatest(days_overdue, 0)
    end::integer as days_overdue,
    days_since_contact::integer as days_since_contact,
    created_date,
    expected_close_date,
    last_contact_date,
    as_of_date
from deals
