"""Pipeline: what is open, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from tests.oracle.company import OPEN, WON, Company, Deal, Period, Person, State
from tests.oracle.extracts import start_of_day
from tests.oracle.results import (
    attained_sales,
    average_deal_size,
    created_deals,
    creation_scopes,
    deals_in_pipeline,
    quota_of_scopes,
    win_rate,
)
from tests.oracle.sheets import (
    DEAL_HISTORY,
    DEALS,
    PEOPLE,
    Figure,
    Scope,
    Sheet,
    all_periods,
    closing_scopes,
    customer_region,
    lead_source,
    metric,
    people,
    periods_of,
    products,
    won_deals,
)


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
            sheet.add(scopes, period, company.worth(state.amount, deal.currency, day))
    return sheet.sums()


@metric(PEOPLE + " customer_region product lead_source", needs=[DEALS])
def sales_cycle_days(company: Company) -> Sheet:
    """Close date minus creation date. A deal closed before its creation has none."""
    sheet = Sheet()
    for deal, period in won_deals(company):
        if deal.cycle_days is not None:
            scopes = [
                *closing_scopes(deal),
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
                if not deal.has_history_source:
                    continue
                first = deal.state_at_start(period)
                if first is None or first.kind != OPEN or first.expected is None:
                    continue
                if period.start <= first.expected <= company.last_day(period):
                    found.append((deal, first, deal.state_on(company.last_day(period)), period))
    return found


def first_day_scopes(deal: Deal, period: Period) -> list[Scope]:
    """Definition: "Metrics of the deals open on the first day of a period credit that day's
    owner", as of its start, in the team valid that day."""
    return people(deal.owner_at_start(period), period.start)


@metric(PEOPLE, needs=[DEALS, DEAL_HISTORY])
def slippage_rate(company: Company) -> Sheet:
    """Definition: "Not won is slipped, lost included"."""
    sheet = Sheet()
    for deal, _, last, period in expected_on_first_day(company):
        sheet.add(first_day_scopes(deal, period), period, float(last.kind != WON))
    return sheet.ratios()


@metric(PEOPLE, filled=True, needs=[DEALS, DEAL_HISTORY])
def slipped_value(company: Company) -> Sheet:
    """Amount, as of the first day, of the slipped deals."""
    sheet = Sheet()
    for deal, first, last, period in expected_on_first_day(company):
        if last.kind != WON and first.amount is not None:
            amount = company.worth(first.amount, deal.currency, period.start)
            sheet.add(first_day_scopes(deal, period), period, amount)
    return sheet.sums()


@metric(PEOPLE, needs=[DEALS, DEAL_HISTORY])
def pushed_rate(company: Company) -> Sheet:
    """Definition: "Counts only those still open"."""
    sheet = Sheet()
    for deal, _, last, period in expected_on_first_day(company):
        sheet.add(first_day_scopes(deal, period), period, float(last.kind == OPEN))
    return sheet.ratios()


@metric(PEOPLE + " stage", filled=True, needs=[DEALS])
def weighted_pipeline_value(company: Company) -> Sheet:
    """Amount x probability of the deals open on that day, as they were then."""
    sheet = Sheet()
    for deal, state, period, day in open_on_last_day(company):
        weighted = weighted_amount(company, deal, state, day)
        if weighted is not None:
            sheet.add([*people(deal.owner_on(day), day), ("stage", state.stage)], period, weighted)
    return sheet.sums()


def weighted_amount(company: Company, deal: Deal, state: State, day: date) -> float | None:
    """The deal's own probability, else the one that the configuration gives its stage; at the
    rate of that day."""
    probability = state.probability
    if probability is None:
        probability = company.config.stage_probabilities.get(state.stage)
    if state.amount is None or probability is None:
        return None
    return company.worth(state.amount, deal.currency, day) * probability


@metric(PEOPLE + " stage", filled=True, needs=[DEALS])
def open_opportunities(company: Company) -> Sheet:
    """Deals open on that day."""
    sheet = Sheet()
    for deal, state, period, day in open_on_last_day(company):
        sheet.add([*people(deal.owner_on(day), day), ("stage", state.stage)], period, 1)
    return sheet.sums()


@metric(PEOPLE + " stage", needs=[DEALS])
def open_deal_age_days(company: Company) -> Sheet:
    """Days since creation of the deals open on that day."""
    sheet = Sheet()
    for deal, state, period, day in open_on_last_day(company):
        if deal.created_date is not None:
            age = (day - deal.created_date).days
            sheet.add([*people(deal.owner_on(day), day), ("stage", state.stage)], period, age)
    return sheet.ratios()


@metric(PEOPLE + " lead_source", filled=True, needs=[DEALS])
def opportunities_created(company: Company) -> Sheet:
    """Deals created."""
    sheet = Sheet()
    for deal, period in created_deals(company):
        sheet.add([*creation_scopes(deal), lead_source(deal)], period, 1)
    return sheet.sums()


@metric(PEOPLE + " lead_source", filled=True, needs=[DEALS])
def pipeline_created(company: Company) -> Sheet:
    """Definition: "First recorded amount: the first amount ever recorded, which may be later
    than creation"."""
    sheet = Sheet()
    for deal, period in created_deals(company):
        if deal.first_amount is not None:
            amount = company.worth(deal.first_amount, deal.currency, deal.created_date)
            sheet.add([*creation_scopes(deal), lead_source(deal)], period, amount)
    return sheet.sums()


@metric(PEOPLE, needs=[DEALS, DEAL_HISTORY, "quotas"])
def pipeline_coverage(company: Company) -> Sheet:
    """Amount of deals open on the first day and then expected to close in the period / quota."""
    sheet, covered = Sheet(), Sheet()
    for period in all_periods(company):
        for deal, state in expected_in(company, period):
            if state.amount is not None:
                amount = company.worth(state.amount, deal.currency, period.start)
                covered.add(first_day_scopes(deal, period), period, amount)
    amounts = covered.sums().figures
    for key, (quota, count) in quota_of_scopes(company).items():
        sheet.put(*key, amounts[key].numerator if key in amounts else 0.0, quota, count)
    return sheet


def expected_in(company: Company, period: Period) -> list[tuple[Deal, State]]:
    """Deals of sources with history that were open on the first day and then expected in it."""
    found = []
    for deal in company.deals:
        state = deal.state_at_start(period) if deal.has_history_source else None
        if state is not None and state.kind == OPEN and state.expected in period:
            found.append((deal, state))
    return found


@metric(PEOPLE, needs=[DEALS, "quotas"])
def pipeline_coverage_of_remaining(company: Company) -> Sheet:
    """Amount of open deals expected to close by the end of the period / quota minus sales so far,
    where that is above zero. "Subtracts the same sales [as attainment]; its open deals include
    overdue ones". Current periods only."""
    sheet, attained, covered = Sheet(), attained_sales(company), Sheet()
    current = [period for period in all_periods(company) if company.as_of in period]
    for period in current:
        for deal in company.deals:
            state = deal.state_on(company.as_of)
            if state is None or state.kind != OPEN or state.amount is None:
                continue
            if state.expected is not None and state.expected <= period.end:
                owner = deal.owner_on(company.as_of)
                amount = company.worth(state.amount, deal.currency, company.as_of)
                covered.add(people(owner, company.as_of), period, amount)
    amounts = covered.sums().figures
    for key, (quota, count) in quota_of_scopes(company).items():
        remaining = quota - attained[key]
        if key[1] in current and remaining > 0:
            sheet.put(*key, amounts[key].numerator if key in amounts else 0.0, remaining, count)
    return sheet


@metric(PEOPLE, needs=[DEALS])
def median_sales_cycle_days(company: Company) -> Sheet:
    """Median days from creation to close of won deals."""
    sheet = Sheet()
    for deal, period in won_deals(company):
        if deal.cycle_days is not None:
            sheet.add(closing_scopes(deal), period, deal.cycle_days)
    return sheet.medians()


@metric(PEOPLE, needs=[DEALS])
def sales_velocity(company: Company) -> Sheet:
    """Deals in pipeline in the period x average deal size x win rate / average sales cycle."""
    sheet = Sheet()
    sizes, rates = average_deal_size(company).figures, win_rate(company).figures
    cycles = sales_cycle_days(company).figures
    for key, deals in deals_in_pipeline(company).items.items():
        parts = [figures[key].value for figures in (sizes, rates, cycles) if key in figures]
        if len(parts) == 3 and None not in parts and parts[2]:
            value = len(deals) * parts[0] * parts[1] / parts[2]
            sheet.figures[key] = Figure(None, None, value, None)
    return sheet


@metric(PEOPLE, needs=[DEALS, DEAL_HISTORY])
def pipeline_forecast_accuracy(company: Company) -> Sheet:
    """1 - |sales - weighted amount of the deals open on the first day and expected to close in the
    period| / sales, never below 0. Sales of the sources that deliver history: what the others
    would sell nobody could foretell."""
    sheet, weighted, sold = Sheet(), Sheet(), Sheet()
    for period in all_periods(company):
        for deal, state in expected_in(company, period):
            amount = weighted_amount(company, deal, state, period.start)
            if amount is not None:
                weighted.add(first_day_scopes(deal, period), period, amount)
    amounts = weighted.sums().figures
    for deal, period in won_deals(company):
        if deal.has_history_source and deal.amount is not None:
            sold.add(closing_scopes(deal), period, deal.amount)
    for key, figure in sold.sums().figures.items():
        if figure.numerator:
            forecast = amounts[key].numerator if key in amounts else 0.0
            value = max(0.0, 1 - abs(figure.numerator - forecast) / abs(figure.numerator))
            sheet.figures[key] = Figure(None, None, value, None)
    return sheet


def visits(company: Company) -> list[tuple[Deal, Visit]]:
    """Visits of deals to open stages, from histories, in the order in which they began.

    A closed deal without history was all the while in the stage `(none)`.
    """
    found = []
    for deal in company.deals:
        if not deal.has_history_source or deal.created_at is None or deal.was_never_open:
            continue
        if deal.outcome != OPEN and (deal.close_date is None or deal.cycle_days is None):
            continue
        found += [(deal, visit) for visit in deal_visits(deal)]
    return found


@dataclass
class Visit:
    """A stay in a stage: first day, day of leaving (None: still there) and the owner then."""

    stage: str
    kind: str
    entered: date
    left: date | None
    owner: Person | None


def deal_visits(deal: Deal) -> list[Visit]:
    states: list[tuple[datetime, State]] = list(deal.history)
    if not states:
        states = [(deal.created_at, deal.state_without_history())]
    # Nothing counts before the creation: what stood then stands at it.
    before = [state for moment, state in states if moment < deal.created_at]
    steps = [step for step in states if step[0] >= deal.created_at]
    if before:
        steps = [(deal.created_at, before[-1]), *steps]
    else:
        steps = [(deal.created_at, steps[0][1]), *steps[1:]]
    if deal.outcome != OPEN:
        if deal.closed_at is not None:
            steps = [step for step in steps if step[0] < deal.closed_at]
            end = deal.closed_at
        else:
            steps = [step for step in steps if deal.day_of(step[0]) <= deal.close_date] or steps[:1]
            end = None
        closing = State(deal.outcome, deal.stage, None, None, None)
        steps.append((end, closing))
    if deal.outcome == OPEN and steps[-1][1].kind != OPEN:
        # The history ends closed, the record is open: what comes after the as-of date is void,
        # and on it the deal is open, if need be in its present stage.
        steps = [step for step in steps if deal.day_of(step[0]) <= deal.as_of]
        if steps and steps[-1][1].kind != OPEN:
            steps.append((start_of_day(deal.as_of, deal.zone), deal.state_without_history()))
    found: list[Visit] = []
    for moment, state in steps:
        if found and found[-1].stage == state.stage and found[-1].kind == state.kind:
            continue
        day = deal.close_date if moment is None else deal.day_of(moment)
        if found:
            found[-1].left = day
            found[-1].owner = deal.owner_on(day) if moment is None else deal.owners.at(moment)
        found.append(Visit(state.stage, state.kind, day, None, None))
    return found


@metric("stage", needs=[DEALS, DEAL_HISTORY])
def stage_conversion_rate(company: Company) -> Sheet:
    """Definition: "Counts a deal once per open stage and period, by its first entry in it;
    moved on: at any later time in a stage of higher order, or won"."""
    sheet, orders = Sheet(), company.config.stage_orders
    by_deal: dict[Deal, list[Visit]] = {}
    for deal, visit in visits(company):
        by_deal.setdefault(deal, []).append(visit)
    for stays in by_deal.values():
        counted = set()
        for n, visit in enumerate(stays):
            for period in periods_of(company, visit.entered):
                if visit.kind != OPEN or (visit.stage, period) in counted:
                    continue
                counted.add((visit.stage, period))
                later = [v for v in stays[n + 1 :] if v.entered <= company.as_of]
                order = orders.get(visit.stage)
                moved = any(
                    v.kind == WON
                    or (v.kind == OPEN and order is not None and orders.get(v.stage, order) > order)
                    for v in later
                )
                sheet.add([("stage", visit.stage)], period, float(moved))
    return sheet.ratios()


@metric("stage " + PEOPLE, needs=[DEALS, DEAL_HISTORY])
def stage_duration_days(company: Company) -> Sheet:
    """Definition: "Counts every visit left, credited to the owner on the day of leaving. Open
    stages only"."""
    sheet = Sheet()
    for _, visit in visits(company):
        if visit.kind == OPEN and visit.left is not None:
            for period in periods_of(company, visit.left):
                scopes: list[Scope] = [*people(visit.owner, visit.left), ("stage", visit.stage)]
                sheet.add(scopes, period, (visit.left - visit.entered).days)
    return sheet.ratios()
