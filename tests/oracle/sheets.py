"""What all metrics share: the sheet of figures, the registry, scopes and periods."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from math import fsum
from statistics import median

from tests.oracle.company import NONE, OPEN, WON, Account, Company, Deal, Lead, Period, Person

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
    """Collects what is counted per scope and period.

    It may hold more scopes than the catalogue lists for the metric; those are dropped at the end.
    """

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
        """Ratio of the sums; the sample is the number of records in the denominator."""
        for key, items in self.items.items():
            self.put(*key, fsum(n for n, _ in items), fsum(d for _, d in items), len(items))
        return self

    def over(self, other: Sheet) -> Sheet:
        """Ratio of the sums here to the sums there, wherever there is something there."""
        sheet = Sheet()
        for key, items in other.items.items():
            total = fsum(n for n, _ in self.items.get(key, []))
            sheet.put(*key, total, fsum(n for n, _ in items), len(items))
        return sheet

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
    needs: list[str]

    def is_available(self, company: Company) -> bool:
        """Whether every source object that the metric is made of was delivered by some source."""
        return all(
            company.extracts.is_delivered(*need.split("|"))
            # Without delivered contracts a won deal with a term is one.
            or ("contracts" in need.split("|") and company.has_contracts)
            # Without a list of reps they are made from the names that the records use.
            or (need == REPS and company.reps)
            for need in self.needs
        )


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
            needs or [],
        )
        return function

    return register


DEALS = "Opportunity|opportunities"
DEAL_HISTORY = "OpportunityHistory|opportunity_history"
LEADS = "Lead|leads"
ACTIVITIES = "Task|Event|activities"
RECURRING = "subscriptions|Contract|contracts"
CONTRACTS = "Contract|contracts"
QUOTES = "Quote|quotes"
CUSTOMERS = "subscriptions|Contract|contracts|Order|purchases|Opportunity|opportunities"
PURCHASES = "Order|purchases|Opportunity|opportunities"
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


def closing_scopes(deal: Deal) -> list[Scope]:
    """The people's scopes of a won or lost deal: of whoever owned it when it closed."""
    return people(deal.closer, deal.close_date)


def account_scopes(account: Account | None) -> list[Scope]:
    return [
        ("company", "company"),
        ("customer_region", (account and account.region) or NONE),
        ("segment", (account and account.segment) or NONE),
        ("customer", account.scope_id if account else NONE),
    ]


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


def all_periods(company: Company) -> list[Period]:
    return [period for kind in company.periods for period in company.periods[kind]]
