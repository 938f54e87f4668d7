"""One function per metric. Each quotes what it follows and returns a Sheet of figures."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from math import fsum
from statistics import median

from tests.oracle.company import (
    LOST,
    NONE,
    OPEN,
    WON,
    Company,
    Deal,
    Lead,
    Period,
    Person,
    State,
    add_months,
)
from tests.oracle.extracts import day_before, to_month, to_number

Scope = tuple[str, str]
PEOPLE = "company region team rep"
ALL_PERIODS = "month quarter year"


@dataclass
class Figure:
    numerator: float | None
    denominator: float | None
    value: float | None
    sample_size: int | None


class Sheet:
    """Collects what is counted per scope and period."""

    def __init__(self) -> None:
        self.items: dict[tuple[Scope, Period], list[tuple[float, float]]] = {}
        self.figures: dict[tuple[Scope, Period], Figure] = {}

    def add(
        self, scopes: Iterable[Scope], period: Period, numerator: float, denominator: float = 1
    ) -> None:
        """Counts one record under each of the scopes, once under each."""
        for scope in set(scopes):
            self.items.setdefault((scope, period), []).append((numerator, denominator))

    def sums(self) -> Sheet:
        for key, items in self.items.items():
            total = fsum(n for n, _ in items)
            self.figures[key] = Figure(total, None, total, len(items))
        return self

    def ratios(self) -> Sheet:
        """Ratio of the sums; the sample is what the denominator counts."""
        for key, items in self.items.items():
            self.put(
                *key,
                fsum(n for n, _ in items),
                fsum(d for _, d in items),
                sum(d != 0 for _, d in items),
            )
        return self

    def medians(self) -> Sheet:
        for key, items in self.items.items():
            self.figures[key] = Figure(None, None, median(n for n, _ in items), len(items))
        return self

    def put(
        self, scope: Scope, period: Period, numerator: float, denominator: float, sample: int | None
    ) -> None:
        value = numerator / denominator if denominator else None
        self.figures[scope, period] = Figure(numerator, denominator, value, sample)


@dataclass
class Metric:
    name: str
    compute: Callable[[Company], Sheet]
    scopes: list[str]
    periods: list[str]
    is_filled: bool
    needs: list[tuple[str, ...]]


METRICS: dict[str, Metric] = {}


def metric(
    scopes: str, *, periods: str = ALL_PERIODS, filled: bool = False, needs: list[str] | None = None
):
    """Registers a metric with its scopes and periods of the catalogue.

    `needs`: source objects, each a choice separated by bars; a metric with one of them never
    delivered by any source has no rows at all.
    """

    def register(function: Callable[[Company], Sheet]) -> Callable[[Company], Sheet]:
        METRICS[function.__name__] = Metric(
            function.__name__,
            function,
            scopes.split(),
            periods.split(),
            filled,
            [tuple(need.split("|")) for need in needs or []],
        )
        return function

    return register


DEALS = "Opportunity|opportunities"
LEADS = "Lead|leads"
ACTIVITIES = "Task|Event|activities"
RECURRING = "subscriptions|Contract|contracts"
REPS = "reps|User"


# -- scopes and periods ---------------------------------------------
def people(rep: Person | None, day: date) -> list[Scope]:
    """Company, region, team and rep that a record of that rep and day counts towards."""
    team, region, _ = rep.assignment(day) if rep else (None, None, None)
    return [
        ("company", "company"),
        ("rep", rep.scope_id if rep else NONE),
        ("team", team or NONE),
        ("region", region or NONE),
    ]


def customer_region(deal: Deal) -> Scope:
    return ("customer_region", (deal.account and deal.account.region) or NONE)


def lead_source(record: Deal | Lead) -> Scope:
    return ("lead_source", record.lead_source or NONE)


def products(deal: Deal) -> dict[str, float | None]:
    """The amount of the deal's lines by product; without lines all of it under (none)."""
    if not deal.lines:
        return {NONE: deal.amount}
    amounts: dict[str, float | None] = {}
    for line in deal.lines:
        key = line.product.scope_id if line.product else NONE
        amounts.setdefault(key, None)
        if line.amount is not None:
            amounts[key] = (amounts[key] or 0) + line.amount
    return amounts


def families(deal: Deal) -> dict[str, float | None]:
    if not deal.lines:
        return {NONE: deal.amount}
    amounts: dict[str, float | None] = {}
    for line in deal.lines:
        key = (line.product and line.product.family) or NONE
        amounts.setdefault(key, None)
        if line.amount is not None:
            amounts[key] = (amounts[key] or 0) + line.amount
    return amounts


def periods_of(company: Company, day: date | None, *, planned: bool = False) -> list[Period]:
    """The periods in which a day lies. After the as-of date only a plan counts."""
    if day is None or (day > company.as_of and not planned):
        return []
    return [p for kind in company.periods for p in company.periods[kind] if day in p]


def closed_deals(company: Company) -> list[tuple[Deal, Period]]:
    """Won and lost deals with each period of their close date."""
    return [
        (deal, period)
        for deal in company.deals
        if deal.outcome != OPEN
        for period in periods_of(company, deal.close_date)
    ]


def won_deals(company: Company) -> list[tuple[Deal, Period]]:
    return [(deal, period) for deal, period in closed_deals(company) if deal.outcome == WON]


# -- results ---------------------------------------------
@metric(PEOPLE, filled=True, needs=[DEALS])
def sales(company: Company) -> Sheet:
    """Amount of won deals, by close date. "Belongs to whoever owned it when it closed"."""
    sheet = Sheet()
    for deal, period in won_deals(company):
        if deal.amount is not None:
            sheet.add(people(deal.closer, deal.close_date), period, deal.amount)
    return sheet.sums()


def quota_of_scopes(company: Company) -> dict[tuple[Scope, Period], tuple[float, int]]:
    """Definition: "Quota is per rep and month"; "quota of a team, region or the company: its
    own, where the extract gives one for that period type or finer ones that add up to it; else
    the sum of its reps'". A rep's month counts for the team of the first day of the month, of a
    joiner's first day."""
    found: dict[tuple[Scope, Period], tuple[float, int]] = {}
    for (rep, month), amount in company.quotas.items():
        if amount == 0:
            continue
        day = month
        if rep.hired is not None and month < rep.hired < add_months(month, 1):
            day = rep.hired
        for kind in company.periods:
            for period in company.periods[kind]:
                if month in period:
                    for scope in people(rep, day):
                        total, count = found.get((scope, period), (0, 0))
                        found[scope, period] = (total + amount, count + 1)
    for scope in {(kind, scope_id) for kind, scope_id, _, _ in company.own_quotas}:
        for kind in company.periods:
            for period in company.periods[kind]:
                own = own_quota(company, scope, period)
                if own is not None:
                    found[scope, period] = own
    return found


def own_quota(company: Company, scope: Scope, period: Period) -> tuple[float, int] | None:
    """The quota given for that period type, else finer ones that cover the whole period."""
    amount = company.own_quotas.get((*scope, period.kind, period.start))
    if amount:
        return amount, 1
    finer = {"year": ["quarter", "month"], "quarter": ["month"], "month": []}[period.kind]
    for kind in finer:
        parts = company.fiscal.periods(kind, period.start, period.end)
        amounts = [company.own_quotas.get((*scope, kind, part.start)) for part in parts]
        if all(amounts):
            return sum(amounts), len(amounts)
    return None


@metric(PEOPLE, needs=[DEALS, "quotas"])
def quota_attainment(company: Company) -> Sheet:
    """Definition: "Attainment counts the sales, of the whole period, of reps who have a quota
    in it; where a scope has its own quota and none of its reps has one, all its sales"."""
    sheet = Sheet()
    sold: dict[tuple[Scope, Period], list[tuple[Person | None, float]]] = {}
    for deal, period in won_deals(company):
        if deal.amount is not None:
            for scope in people(deal.closer, deal.close_date):
                sold.setdefault((scope, period), []).append((deal.closer, deal.amount))
    for (scope, period), (quota, count) in quota_of_scopes(company).items():
        carriers = {
            rep for (rep, month), amount in company.quotas.items() if amount and month in period
        }
        deals = sold.get((scope, period), [])
        if any(is_in_scope(rep, scope, period) for rep in carriers):
            deals = [(rep, amount) for rep, amount in deals if rep in carriers]
        sheet.put(scope, period, fsum(amount for _, amount in deals), quota, count)
    return sheet


def is_in_scope(rep: Person, scope: Scope, period: Period) -> bool:
    """Whether the rep is in that team, region, ... on any day of the period."""
    day = period.start
    while day <= period.end:
        if scope in people(rep, day):
            return True
        day = date.fromordinal(day.toordinal() + 1)
    return False


@metric(PEOPLE, needs=[DEALS])
def sales_growth(company: Company) -> Sheet:
    """Definition: "A row wherever the earlier sales are not 0, also when there are none now
    (-1). The first period has none"."""
    sheet, figures = Sheet(), sales(company).figures
    for kind in company.periods:
        for earlier, now in zip(company.periods[kind], company.periods[kind][1:], strict=False):
            for scope in {scope for scope, period in figures if period == earlier}:
                before = figures[scope, earlier].numerator
                after = figures[scope, now].numerator if (scope, now) in figures else 0.0
                if before:
                    sheet.put(scope, now, after - before, before, None)
    return sheet


@metric(PEOPLE + " customer_region product lead_source", needs=[DEALS])
def win_rate(company: Company) -> Sheet:
    """Won deals / won and lost deals. "By product a deal counts once under each product of its
    lines"."""
    sheet = Sheet()
    for deal, period in closed_deals(company):
        scopes = [*people(deal.closer, deal.close_date), customer_region(deal), lead_source(deal)]
        scopes += [("product", product) for product in products(deal)]
        sheet.add(scopes, period, float(deal.outcome == WON))
    return sheet.ratios()


@metric(PEOPLE + " customer_region product lead_source", needs=[DEALS])
def average_deal_size(company: Company) -> Sheet:
    """Definition: "A deal without an amount counts as a deal but is in no average or median of
    amounts; an amount of 0 is an amount". By product with the amount of those lines."""
    sheet = Sheet()
    for deal, period in won_deals(company):
        if deal.amount is not None:
            scopes = [
                *people(deal.closer, deal.close_date),
                customer_region(deal),
                lead_source(deal),
            ]
            sheet.add(scopes, period, deal.amount)
        for product, amount in products(deal).items():
            if amount is not None:
                sheet.add([("product", product)], period, amount)
    return sheet.ratios()


@metric(PEOPLE, needs=[DEALS])
def median_deal_size(company: Company) -> Sheet:
    """Definition: "A team's median is computed from the team's records"."""
    sheet = Sheet()
    for deal, period in won_deals(company):
        if deal.amount is not None:
            sheet.add(people(deal.closer, deal.close_date), period, deal.amount)
    return sheet.medians()


@metric("product product_family", filled=True, needs=[DEALS])
def sales_by_product(company: Company) -> Sheet:
    """Amount of won deal lines by product; deals without lines under (none)."""
    sheet = Sheet()
    for deal, period in won_deals(company):
        for product, amount in products(deal).items():
            if amount is not None:
                sheet.add([("product", product)], period, amount)
        for family, amount in families(deal).items():
            if amount is not None:
                sheet.add([("product_family", family)], period, amount)
    return sheet.sums()


# -- pipeline ---------------------------------------------
def open_on_last_day(company: Company) -> list[tuple[Deal, State, Period, date]]:
    """Deals open at the end of the last day of a period, or of the as-of date, as they were
    then."""
    found = []
    for kind in company.periods:
        for period in company.periods[kind]:
            day = company.last_day(period)
            for deal in company.deals:
                state = deal.state_on(day)
                if state is not None and state.kind == OPEN:
                    found.append((deal, state, period, day))
    return found


@metric(PEOPLE + " stage", filled=True, needs=[DEALS])
def pipeline_value(company: Company) -> Sheet:
    """Amount of the deals open on that day, as it was then, under its owner on that day."""
    sheet = Sheet()
    for deal, state, period, day in open_on_last_day(company):
        if state.amount is not None:
            scopes = [*people(deal.owner_on(day), day), ("stage", state.stage)]
            sheet.add(scopes, period, state.amount)
    return sheet.sums()


@metric(PEOPLE + " customer_region product lead_source", needs=[DEALS])
def sales_cycle_days(company: Company) -> Sheet:
    """Close date minus creation date. A deal closed before its creation has none."""
    sheet = Sheet()
    for deal, period in won_deals(company):
        if deal.cycle_days is not None:
            scopes = [
                *people(deal.closer, deal.close_date),
                customer_region(deal),
                lead_source(deal),
            ]
            scopes += [("product", product) for product in products(deal)]
            sheet.add(scopes, period, deal.cycle_days)
    return sheet.ratios()


def expected_on_first_day(company: Company) -> list[tuple[Deal, State, State, Period]]:
    """Definition: "Takes the deals open at the start of the period whose expected close date,
    as it then stood, lies in the period, and asks for their stage at the end of the period. In
    the current period only deals expected by the as-of date are taken, with their stage on it".
    Returns deal, state at the start, state at the end.

    Deals without a creation date are in no first-day metric, and neither are those of a source
    without any deal history."""
    found = []
    for kind in company.periods:
        for period in company.periods[kind]:
            for deal in company.deals:
                if not deal.has_history_source or deal.created_at is None:
                    continue
                first = deal.state_on(day_before(period.start))
                if first is None or first.kind != OPEN or first.expected is None:
                    continue
                if period.start <= first.expected <= company.last_day(period):
                    found.append((deal, first, deal.state_on(company.last_day(period)), period))
    return found


def first_day_scopes(deal: Deal, period: Period) -> list[Scope]:
    """Definition: "Metrics of the deals open on the first day of a period credit that day's
    owner", as of its start, in the team valid that day."""
    return people(deal.owner_on(day_before(period.start)), period.start)


@metric(PEOPLE, needs=[DEALS])
def slippage_rate(company: Company) -> Sheet:
    """Definition: "Not won is slipped, lost included"."""
    sheet = Sheet()
    for deal, _, last, period in expected_on_first_day(company):
        sheet.add(first_day_scopes(deal, period), period, float(last.kind != WON))
    return sheet.ratios()


# -- leads ---------------------------------------------
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
    return lead.is_converted and (
        lead.converted_date is None or lead.converted_date <= company.as_of
    )


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


# -- activity ---------------------------------------------
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


# -- customers ---------------------------------------------
def sales_and_marketing_cost(company: Company) -> dict[Period, float]:
    """By period: the extract's sales and marketing rows, dated by their month."""
    costs: dict[Period, float] = {}
    for r in company.kept("costs", company.extracts.flat("costs")):
        if r["category"].lower() in ("sales", "marketing"):
            for period in periods_of(company, to_month(r["month"]), planned=True):
                costs[period] = costs.get(period, 0) + to_number(r["amount"])
    if company.config.add_campaign_costs:
        for period, cost in campaign_cost(company).items():
            costs[period] = costs.get(period, 0) + cost
    return costs


def campaign_cost(company: Company) -> dict[Period, float]:
    """Definition: "Campaigns with a cost and both dates, spread over their days"."""
    costs: dict[Period, float] = {}
    for one in company.campaigns.values():
        if one.cost is None or one.start is None or one.end is None or one.end < one.start:
            continue
        length = (one.end - one.start).days + 1
        for kind in company.periods:
            for period in company.periods[kind]:
                days = (min(one.end, period.end) - max(one.start, period.start)).days + 1
                if days > 0:
                    costs[period] = costs.get(period, 0) + one.cost * days / length
    return costs


@metric("company", needs=["costs"])
def customer_acquisition_cost(company: Company) -> Sheet:
    """Sales and marketing cost / new customers. "One that returns is never again a new
    customer, nor in CAC"."""
    sheet, costs = Sheet(), sales_and_marketing_cost(company)
    became = [company.became_customer(account) for account in company.customer_spans]
    for kind in company.periods:
        for period in company.periods[kind]:
            new = sum(day in period and day <= company.as_of for day in became)
            if new and period in costs:
                sheet.put(("company", "company"), period, costs[period], new, new)
    return sheet


def account_scopes(account, *, segment: bool = True) -> list[Scope]:
    scopes = [("company", "company"), ("customer_region", (account and account.region) or NONE)]
    if segment:
        scopes.append(("segment", (account and account.segment) or NONE))
    return scopes


@metric("company customer_region segment", filled=True, needs=[RECURRING])
def mrr(company: Company) -> Sheet:
    """Monthly value of subscriptions active on the last day, "from its start day up to and
    including its end day"."""
    sheet = Sheet()
    for kind in company.periods:
        for period in company.periods[kind]:
            for subscription in company.subscriptions:
                if subscription.is_active(company.last_day(period)):
                    sheet.add(account_scopes(subscription.account), period, subscription.mrr)
    return sheet.sums()


# -- people ---------------------------------------------
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


@metric("company region team", periods="quarter year", needs=[REPS])
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


__all__ = ["LOST", "METRICS", "Figure", "Metric", "Sheet"]
