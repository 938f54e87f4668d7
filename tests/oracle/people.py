"""People: who sells, who stays, how soon they begin."""

from __future__ import annotations

from tests.oracle.company import Company
from tests.oracle.extracts import day_before
from tests.oracle.sheets import (
    ACTIVITIES,
    DEALS,
    REPS,
    Sheet,
    all_periods,
    metric,
    people,
    periods_of,
    won_deals,
)


@metric("company region team", periods="quarter year", needs=[REPS])
def rep_retention_rate(company: Company) -> Sheet:
    """Definition: "Of the reps at the start (on the day before the period), those who are at
    its end; a team's follows the reps who were in it on the day before, and a move to another
    team is no loss"."""
    sheet = Sheet()
    for kind in ("quarter", "year"):
        for period in company.periods[kind]:
            before = day_before(period.start)
            for rep in company.reps:
                if rep.is_employed(before):
                    stays = rep.is_employed(company.last_day(period))
                    sheet.add(people(rep, before), period, float(stays))
    return sheet.ratios()


@metric("company region team", periods="quarter year", needs=[REPS, ACTIVITIES])
def rep_ramp_days(company: Company) -> Sheet:
    """Definition: "The rep's first outbound call, email or meeting by hand on a lead, contact,
    account or deal, on or after the hire date; team: on the hire date"."""
    sheet = Sheet()
    for rep in company.reps:
        days = [
            a.day
            for a in company.activities
            if a.owner is rep
            and a.is_outbound_contact
            and a.has_prospect
            and rep.hired is not None
            and rep.hired <= a.day <= company.as_of
        ]
        if days:
            for period in periods_of(company, rep.hired):
                sheet.add(people(rep, rep.hired), period, (min(days) - rep.hired).days)
    return sheet.ratios()


@metric("company region team", filled=True, needs=[REPS])
def reps(company: Company) -> Sheet:
    """Reps employed on the last day."""
    sheet = Sheet()
    for period in all_periods(company):
        day = company.last_day(period)
        for rep in company.reps:
            if rep.is_employed(day):
                sheet.add(people(rep, day), period, 1)
    return sheet.sums()


@metric("company region team", periods="quarter year", needs=[REPS, DEALS])
def rep_ramp_days_to_first_win(company: Company) -> Sheet:
    """Days from the first day to the first won deal, of reps hired in the period who have one."""
    sheet = Sheet()
    wins: dict = {}
    for deal, _ in won_deals(company):
        if deal.closer is not None:
            wins.setdefault(deal.closer, []).append(deal.close_date)
    for rep in company.reps:
        days = [day for day in wins.get(rep, []) if rep.hired is not None and day >= rep.hired]
        if days:
            for period in periods_of(company, rep.hired):
                sheet.add(people(rep, rep.hired), period, (min(days) - rep.hired).days)
    return sheet.ratios()
