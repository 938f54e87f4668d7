{# Inbound contacts on a deal that was open at that instant, each with the next outbound
   contact by a person on the same deal; credited to the deal's owner then. #}
with contacts as (
    select
        activity_id,
        opportunity_id,
        direction,
        activity_at,
        activity_date,
        min(case when is_outreach then activity_at end) over (
            partition by opportunity_id order by activity_at
            range between interval 1 microsecond following and unbounded following
        ) as answered_at
    from {{ ref('fct_activities') }}
    cross join {{ source('landing', 'settings') }} as settings
    where
        opportunity_id is not null
        and is_done
        and activity_type in ('call', 'email', 'meeting')
        and activity_date <= settings.as_of_date
)

select
    contacts.activity_id,
    contacts.opportunity_id,
    intervals.rep_id,
    coalesce(assignments.rep_assignment_id, '(none)') as rep_assignment_id,
    contacts.activity_date as contact_date,
    contacts.activity_at as contact_at,
    contacts.answered_at,
    {{ minutes_between('contacts.activity_at', 'contacts.answered_at') }}
        as response_minutes
from contacts
inner join {{ ref('fct_opportunity_intervals') }} as intervals
    on
        contacts.opportunity_id = intervals.opportunity_id
        and contacts.activity_at >= intervals.valid_from_at
        and contacts.activity_at < intervals.valid_to_at
        and intervals.outcome = 'open'
left join {{ ref('dim_rep_assignments') }} as assignments
    on
        intervals.rep_id = assignments.rep_id
        and contacts.activity_date >= assignments.valid_from
        and contacts.activity_date < assignments.valid_to
where contacts.direction = 'inbound' and contacts.answered_at is not null
