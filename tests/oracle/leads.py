"""Leads: how many, how fast, what became of them."""

from __future__ import annotations

from itertools import pairwise

from tests.oracle.company import Company, Lead, Period
from tests.oracle.sheets import (
    ACTIVITIES,
    LEADS,
    NONE,
    PEOPLE,
    Scope,
    Sheet,
    all_periods,
    lead_source,
    metric,
    people,
    periods_of,
)


def campaign(lead: Lead) -> Scope:
    return ("campaign", lead.campaign.scope_id if lead.campaign else NONE)


def created_leads(company: Company) -> list[tuple[Lead, Period, list[Scope]]]:
    """Leads with each period of their creation, under the first rep who owned them."""
    return [
        (lead, period, people(lead.creator, lead.created_date))
        for lead in company.leads
        for period in periods_of(company, lead.created_date)
    ]


@metric(PEOPLE + " lead_source campaign", filled=True, needs=[LEADS])
def new_leads(company: Company) -> Sheet:
    """Leads created."""
    sheet = Sheet()
    for lead, period, scopes in created_leads(company):
        sheet.add([*scopes, lead_source(lead), campaign(lead)], period, 1)
    return sheet.sums()


def was_converted(company: Company, lead: Lead) -> bool:
    """By the as-of date. "Converted is the flag"; "a flag without its date counts"."""
    return lead.is_converted and lead.conversion_date <= company.as_of


@metric(PEOPLE + " lead_source campaign", needs=[LEADS])
def lead_conversion_rate(company: Company) -> Sheet:
    """Leads created in the period and converted by the as-of date / leads created in the period."""
    sheet = Sheet()
    for lead, period, scopes in created_leads(company):
        converted = float(was_converted(company, lead))
        sheet.add([*scopes, lead_source(lead), campaign(lead)], period, converted)
    return sheet.ratios()


def response_minutes(company: Company) -> dict[str, float]:
    """By lead: "the earliest call, email or meeting that is outbound and done, logged by a
    person on that lead (or on the contact it became), not before the lead was created"."""
    contacts: dict[str, list] = {}
    for activity in company.activities:
        if (
            activity.is_outbound_contact
            and activity.moment is not None
            and activity.day <= company.as_of
        ):
            for key in {activity.who, activity.lead} - {None}:
                contacts.setdefault(key, []).append(activity.moment)
    minutes = {}
    for lead in company.leads:
        moments = contacts.get(lead.id, []) + (
            contacts.get(lead.contact, []) if lead.contact else []
        )
        moments = [moment for moment in moments if moment >= lead.created_at]
        if moments:
            minutes[lead.id] = (min(moments) - lead.created_at).total_seconds() / 60
    return minutes


@metric(PEOPLE + " lead_source", needs=[LEADS, ACTIVITIES])
def lead_response_minutes(company: Company) -> Sheet:
    """Minutes from creation to the first response, of leads created in the period that got one."""
    sheet, minutes = Sheet(), response_minutes(company)
    for lead, period, scopes in created_leads(company):
        if lead.id in minutes:
            sheet.add([*scopes, lead_source(lead)], period, minutes[lead.id])
    return sheet.ratios()


@metric(PEOPLE, needs=[LEADS, ACTIVITIES])
def median_lead_response_minutes(company: Company) -> Sheet:
    """Median of the same minutes."""
    sheet, minutes = Sheet(), response_minutes(company)
    for lead, period, scopes in created_leads(company):
        if lead.id in minutes:
            sheet.add(scopes, period, minutes[lead.id])
    return sheet.medians()


@metric(PEOPLE, needs=[LEADS, ACTIVITIES])
def lead_response_rate(company: Company) -> Sheet:
    """Leads that got a first response within the service level / leads created in the period."""
    sheet, minutes = Sheet(), response_minutes(company)
    limit = company.config.sla_hours * 60
    for lead, period, scopes in created_leads(company):
        answered = lead.id in minutes and minutes[lead.id] <= limit
        sheet.add(scopes, period, float(answered))
    return sheet.ratios()


def qualified_leads(company: Company) -> list[tuple[Lead, Period, list[Scope]]]:
    """Leads with each period of their qualification, under their owner at that moment."""
    found = []
    for lead in company.leads:
        qualification = lead.qualification(company.config.qualified_statuses)
        if qualification is not None:
            day, owner = qualification
            found += [(lead, period, people(owner, day)) for period in periods_of(company, day)]
    return found


@metric(PEOPLE + " lead_source", filled=True, needs=[LEADS])
def sales_qualified_leads(company: Company) -> Sheet:
    """Leads that became sales qualified."""
    sheet = Sheet()
    for lead, period, scopes in qualified_leads(company):
        sheet.add([*scopes, lead_source(lead)], period, 1)
    return sheet.sums()


@metric(PEOPLE, periods="month quarter", needs=[LEADS])
def lead_velocity_rate(company: Company) -> Sheet:
    """Sales qualified leads minus those of the period before / those of the period before."""
    sheet, figures = Sheet(), sales_qualified_leads(company).figures
    for kind in ("month", "quarter"):
        periods = company.periods[kind]
        for earlier, now in pairwise(periods):
            for scope in {scope for scope, period in figures if period == earlier}:
                before = figures[scope, earlier].numerator
                after = figures[scope, now].numerator if (scope, now) in figures else 0.0
                sheet.put(scope, now, after - before, before, None)
    return sheet


@metric(PEOPLE + " lead_source", needs=[LEADS])
def lead_conversion_rate_in_period(company: Company) -> Sheet:
    """Leads converted in the period, under their owner then / leads created in it."""
    converted, created = Sheet(), Sheet()
    for lead in company.leads:
        for period in periods_of(company, lead.conversion_date):
            scopes = people(lead.converter, lead.conversion_date)
            converted.add([*scopes, lead_source(lead)], period, 1)
    for lead, period, scopes in created_leads(company):
        created.add([*scopes, lead_source(lead)], period, 1)
    return converted.over(created)


@metric(PEOPLE, needs=[ACTIVITIES, "Opportunity|opportunities"])
def deal_response_minutes(company: Company) -> Sheet:
    """Definition: "Each inbound contact by itself, on a deal open at that instant, to the next
    outbound contact by a person on the same deal; the deal's owner then"."""
    sheet = Sheet()
    contacts: dict[str, list] = {}
    for activity in company.activities:
        if activity.is_outbound_contact and activity.deal and activity.day is not None:
            contacts.setdefault(activity.deal, []).append(activity)
    for inbound in company.activities:
        deal = company.deal_keys.get(inbound.deal)
        is_contact = inbound.type in ("call", "email", "meeting") and inbound.is_done
        if deal is None or not is_contact or inbound.direction != "inbound":
            continue
        if inbound.moment is None or not deal.is_open_at(inbound.moment):
            continue
        answers = [
            a.moment
            for a in contacts.get(deal.id, [])
            if a.moment > inbound.moment and a.day <= company.as_of
        ]
        if answers:
            minutes = (min(answers) - inbound.moment).total_seconds() / 60
            for period in periods_of(company, inbound.day):
                owner = deal.owners.at(inbound.moment)
                sheet.add(people(owner, inbound.day), period, minutes)
    return sheet.ratios()


@metric(PEOPLE, needs=[LEADS])
def lead_age_days(company: Company) -> Sheet:
    """Days since creation of leads open on the last day: "not converted, and in no status marked
    as closed"; under the owner on that day."""
    sheet = Sheet()
    for period in all_periods(company):
        day = company.last_day(period)
        for lead in company.leads:
            converted = lead.conversion_date
            if lead.created_date > day or (converted is not None and converted <= day):
                continue
            if lead.status_on(day) in company.config.closed_statuses:
                continue
            owner = lead.owners.on(day, company.zone)
            sheet.add(people(owner, day), period, (day - lead.created_date).days)
    return sheet.ratios()


@metric("company campaign lead_source", needs=[LEADS, "Campaign|campaigns"])
def cost_per_lead(company: Company) -> Sheet:
    """Definition: "Campaigns with a cost and both dates, spread over their days; leads created
    in the period of campaigns with cost in it. By lead source: the campaign's own (flat only)"."""
    cost, created = Sheet(), Sheet()
    for one in company.campaigns.values():
        scopes = [
            ("company", "company"),
            ("campaign", one.scope_id),
            ("lead_source", one.lead_source or NONE),
        ]
        for period in all_periods(company):
            parts = company.campaign_costs(one, period)
            if not parts:
                continue
            cost.add(scopes, period, sum(parts))
            for lead in company.leads:
                in_time = lead.created_date in period and lead.created_date <= company.as_of
                if lead.campaign is one and in_time:
                    created.add(scopes, period, 1)
    return cost.over(created)


@metric(PEOPLE, filled=True, needs=["Lead|leads|Opportunity|opportunities"])
def referrals(company: Company) -> Sheet:
    """Definition: "A lead (or a deal that no lead became) whose source is marked as customer
    referral, or that names the account that referred it"."""
    sheet, sources = Sheet(), company.config.referral_sources
    for lead, period, scopes in created_leads(company):
        if lead.lead_source in sources or lead.names_referrer:
            sheet.add(scopes, period, 1)
    from_leads = {lead.deal for lead in company.leads}
    for deal in company.deals:
        if deal.lead_source in sources and deal not in from_leads:
            for period in periods_of(company, deal.created_date):
                creator = deal.owners.at(deal.created_at)
                sheet.add(people(creator, deal.created_date), period, 1)
    return sheet.sums()
