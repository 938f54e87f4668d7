"""Activity: what reps did."""

from __future__ import annotations

from tests.oracle.company import Company
from tests.oracle.extracts import to_number
from tests.oracle.sheets import (
    ACTIVITIES,
    PEOPLE,
    Sheet,
    metric,
    people,
    periods_of,
)


def done_activities(company: Company, *types: str, outbound: bool) -> Sheet:
    sheet = Sheet()
    for activity in company.activities:
        if activity.type not in types or not activity.is_done:
            continue
        if outbound and (activity.direction != "outbound" or not activity.is_by_person):
            continue
        for period in periods_of(company, activity.day):
            sheet.add(people(activity.owner, activity.day), period, 1)
    return sheet.sums()


@metric(PEOPLE, filled=True, needs=[ACTIVITIES])
def calls_and_emails(company: Company) -> Sheet:
    """Definition: "Calls, emails: outbound, done, by a person (automated and mass emails are
    left out)"."""
    return done_activities(company, "call", "email", outbound=True)


@metric(PEOPLE, filled=True, needs=[ACTIVITIES])
def calls_made(company: Company) -> Sheet:
    """Outbound calls done, logged by a person."""
    return done_activities(company, "call", outbound=True)


@metric(PEOPLE, filled=True, needs=[ACTIVITIES])
def emails_sent(company: Company) -> Sheet:
    """Outbound emails, by a person."""
    return done_activities(company, "email", outbound=True)


@metric(PEOPLE, filled=True, needs=[ACTIVITIES])
def meetings_held(company: Company) -> Sheet:
    """Meetings that have taken place, each counted once however many attended."""
    return done_activities(company, "meeting", outbound=False)


@metric(PEOPLE, filled=True, needs=[ACTIVITIES])
def demos_and_onboarding_calls(company: Company) -> Sheet:
    """Demos and onboarding calls that have taken place."""
    return done_activities(company, "demo", "onboarding", outbound=False)


@metric(PEOPLE, needs=["time_log"])
def selling_time_share(company: Company) -> Sheet:
    """Definition: "Hours from the time log, by activity; the configuration says per role which
    activities are selling". Rows of one rep, day and activity add up."""
    sheet, selling = Sheet(), company.config.selling
    for r in company.kept("time_log", company.extracts.flat("time_log")):
        rep, day, hours = company.flat_rep(r["rep"]), company.date(r["date"]), to_number(r["hours"])
        if rep is None:
            continue
        _, _, role = rep.assignment(day)
        is_selling = r["activity"].lower() in selling.get(role, selling["default"])
        for period in periods_of(company, day):
            sheet.add(people(rep, day), period, hours if is_selling else 0.0, hours)
    return sheet.ratios()


def due_tasks(company: Company) -> list[tuple]:
    """Definition: "Task: an activity of type task with a due date; tasks due later in the
    current period count as due"."""
    return [
        (activity, period)
        for activity in company.activities
        if activity.type == "task"
        for period in periods_of(company, activity.due_date, planned=True)
    ]


@metric(PEOPLE, filled=True, needs=[ACTIVITIES])
def tasks_due(company: Company) -> Sheet:
    """Activities of type task due."""
    sheet = Sheet()
    for task, period in due_tasks(company):
        sheet.add(people(task.owner, task.due_date), period, 1)
    return sheet.sums()


@metric(PEOPLE, needs=[ACTIVITIES])
def task_completion_rate(company: Company) -> Sheet:
    """Tasks due in the period that are completed / tasks due in the period."""
    sheet = Sheet()
    for task, period in due_tasks(company):
        sheet.add(people(task.owner, task.due_date), period, float(task.is_done))
    return sheet.ratios()


@metric(PEOPLE, filled=True, needs=[ACTIVITIES])
def tasks_overdue(company: Company) -> Sheet:
    """Tasks due in the period, not completed, whose due date lies before the as-of date."""
    sheet = Sheet()
    for task, period in due_tasks(company):
        if not task.is_done and task.due_date < company.as_of:
            sheet.add(people(task.owner, task.due_date), period, 1)
    return sheet.sums()
