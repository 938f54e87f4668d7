{# An activity counts also where its lead, account or deal has been deleted or excluded;
   it then names none. #}
select
    activities.activity_id,
    activities.source,
    activities.activity_type,
    activities.direction,
    activities.is_done,
    activities.is_by_person,
    activities.is_with_prospect,
    -- What counts as a call made, an email sent, a contact: outbound and by hand.
    activities.is_done
    and activities.is_by_person
    and activities.direction = 'outbound' as is_outreach,
    activities.activity_type = 'task' and activities.due_date is not null as is_task,
    not activities.is_done and activities.due_date < settings.as_of_date as is_overdue,
    reps.rep_id,
    coalesce(done_by.rep_assignment_id, '(none)') as rep_assignment_id,
    coalesce(due_by.rep_assignment_id, '(none)') as due_assignment_id,
    leads.lead_id,
    accounts.account_id,
    opportunities.opportunity_id,
    activities.minutes,
    activities.activity_at,
    activities.activity_date,
    activities.due_date,
    activities.created_at
from {{ ref('int_activities') }} as activities
cross join {{ source('landing', 'settings') }} as settings
left join {{ ref('int_leads') }} as leads
    on activities.lead_id = leads.lead_id
left join {{ ref('int_accounts') }} as accounts
    on
        activities.account_id = accounts.account_id
        and accounts.exclusion_reason is null
left join {{ ref('int_opportunities') }} as opportunities
    on activities.opportunity_id = opportunities.opportunity_id
left join {{ ref('int_reps') }} as reps
    on activities.rep_id = reps.rep_id
left join {{ ref('dim_rep_assignments') }} as done_by
    on
        reps.rep_id = done_by.rep_id
        and activities.activity_date >= done_by.valid_from
        and activities.activity_date < done_by.valid_to
left join {{ ref('dim_rep_assignments') }} as due_by
    on
        reps.rep_id = due_by.rep_id
        and activities.due_date >= due_by.valid_from
        and activities.due_date < due_by.valid_to
