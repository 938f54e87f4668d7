"""Customers: who they are, what they cost and pay."""

from __future__ import annotations

from datetime import date, timedelta

from tests.oracle.company import WON, Account, Company, Period, Person, add_months
from tests.oracle.extracts import day_before, to_number
from tests.oracle.results import closing_order
from tests.oracle.sheets import (
    CUSTOMERS,
    PEOPLE,
    PURCHASES,
    RECURRING,
    Figure,
    Scope,
    Sheet,
    account_scopes,
    all_periods,
    metric,
    people,
    periods_of,
)

COMPANY = ("company", "company")
BY_ACCOUNT = "company customer_region segment"


@metric("company", needs=["costs", CUSTOMERS])
def customer_acquisition_cost(company: Company) -> Sheet:
    """Sales and marketing cost / new customers. "One that returns is never again a new customer,
    nor in CAC"."""
    sheet, costs = Sheet(), company.acquisition_costs()
    for (scope, period), figure in new_customers(company).figures.items():
        if scope == COMPANY and period in costs:
            cost, _ = costs[period]
            sheet.put(scope, period, cost, figure.numerator, figure.sample_size)
    return sheet


@metric("company customer_region segment", filled=True, needs=[RECURRING])
def mrr(company: Company) -> Sheet:
    """Monthly value of subscriptions active on the last day, "from its start day up to and
    including its end day"."""
    sheet = Sheet()
    for kind in company.periods:
        for period in company.periods[kind]:
            for subscription in company.subscriptions:
                if subscription.is_active(company.last_day(period)):
                    mrr = company.worth(
                        subscription.mrr, subscription.currency, company.last_day(period)
                    )
                    sheet.add(account_scopes(subscription.account), period, mrr)
    return sheet.sums()


@metric(BY_ACCOUNT, filled=True, needs=[RECURRING])
def arr(company: Company) -> Sheet:
    """12 x MRR."""
    sheet = Sheet()
    for key, figure in mrr(company).figures.items():
        amount = 12 * figure.value
        sheet.figures[key] = Figure(amount, None, amount, figure.sample_size)
    return sheet


def mrr_by_account(
    company: Company, day: date, rates_of: date | None = None
) -> dict[Account | None, float]:
    """MRR of the accounts on a day: the sum of their active subscriptions; at the rates of that
    day or another."""
    found: dict[Account | None, float] = {}
    for subscription in company.subscriptions:
        if subscription.is_active(day):
            account = subscription.account
            mrr = company.worth(subscription.mrr, subscription.currency, rates_of or day)
            found[account] = found.get(account, 0.0) + mrr
    return found


@metric(BY_ACCOUNT, needs=[RECURRING])
def arpa(company: Company) -> Sheet:
    """MRR / accounts with an active subscription. "A subscription of 0 makes no paying account"."""
    paying = Sheet()
    for period in all_periods(company):
        for account, amount in mrr_by_account(company, company.last_day(period)).items():
            if amount > 0:
                paying.add(account_scopes(account), period, 1)
    recurring = mrr(company)
    return recurring.over(paying)


def start_and_end(company: Company) -> list[tuple[Account | None, Period, float, float]]:
    """Accounts that paid on the day before the period, with their MRR then and at its end."""
    found = []
    for period in all_periods(company):
        last = company.last_day(period)
        end = mrr_by_account(company, last)
        # "Both ends at the end day's rate, so that no exchange rate looks like churn".
        start = mrr_by_account(company, day_before(period.start), rates_of=last)
        for account, before in start.items():
            if before > 0:
                found.append((account, period, before, end.get(account, 0.0)))
    return found


@metric(BY_ACCOUNT, needs=[RECURRING])
def revenue_churn_rate(company: Company) -> Sheet:
    """MRR lost from accounts that paid at the start: churned and contracted / MRR at the start."""
    sheet = Sheet()
    for account, period, before, after in start_and_end(company):
        sheet.add(account_scopes(account), period, max(0.0, before - after), before)
    return sheet.ratios()


@metric(BY_ACCOUNT, needs=[RECURRING])
def gross_revenue_retention(company: Company) -> Sheet:
    """MRR at the end, each account capped at its MRR at the start / MRR at the start."""
    sheet = Sheet()
    for account, period, before, after in start_and_end(company):
        sheet.add(account_scopes(account), period, min(before, after), before)
    return sheet.ratios()


@metric(BY_ACCOUNT, needs=[RECURRING])
def net_revenue_retention(company: Company) -> Sheet:
    """MRR at the end from accounts that paid at the start / MRR at the start."""
    sheet = Sheet()
    for account, period, before, after in start_and_end(company):
        sheet.add(account_scopes(account), period, after, before)
    return sheet.ratios()


@metric(BY_ACCOUNT, filled=True, needs=[CUSTOMERS])
def customers(company: Company) -> Sheet:
    """Customers on the last day."""
    sheet = Sheet()
    for period in all_periods(company):
        for account in company.customer_spans:
            if company.is_customer(account, company.last_day(period)):
                sheet.add(account_scopes(account), period, 1)
    return sheet.sums()


@metric(PEOPLE + " customer_region", filled=True, needs=[CUSTOMERS])
def new_customers(company: Company) -> Sheet:
    """Accounts that became customers, ever."""
    sheet = Sheet()
    for account in company.customer_spans:
        day = company.became_customer(account)
        scopes = [*people(winner(company, account, day), day), *account_scopes(account)]
        for period in periods_of(company, day):
            sheet.add(scopes, period, 1)
    return sheet.sums()


def winner(company: Company, account: Account, day: date) -> Person | None:
    """Definition: "Who closed the account's latest won deal up to that day (else its earliest
    later one, else the account's owner)"."""
    won = [d for d in company.deals if d.account is account and d.outcome == WON and d.close_date]
    early = [deal for deal in won if deal.close_date <= day]
    if early:
        return max(early, key=closing_order).closer
    if won:
        return min(won, key=closing_order).closer
    owner = account.owner
    return owner if owner is not None and owner.is_rep else None


def start_customers(company: Company) -> list[tuple[Account, Period, bool]]:
    """Customers on the day before the period, and whether they are at its end."""
    return [
        (account, period, company.is_customer(account, company.last_day(period)))
        for period in all_periods(company)
        for account in company.customer_spans
        if company.is_customer(account, day_before(period.start))
    ]


@metric(BY_ACCOUNT, needs=[CUSTOMERS])
def customer_retention_rate(company: Company) -> Sheet:
    """Definition: "Of the customers at the start (on the day before the period), those who are
    customers at its end"."""
    sheet = Sheet()
    for account, period, stays in start_customers(company):
        sheet.add(account_scopes(account), period, float(stays))
    return sheet.ratios()


@metric(BY_ACCOUNT, needs=[CUSTOMERS])
def customer_churn_rate(company: Company) -> Sheet:
    """Definition: "Churn is the rest, so the two add up to 1"."""
    sheet = Sheet()
    for account, period, stays in start_customers(company):
        sheet.add(account_scopes(account), period, float(not stays))
    return sheet.ratios()


@metric(BY_ACCOUNT, periods="quarter year", needs=[CUSTOMERS])
def customer_lifetime_value(company: Company) -> Sheet:
    """Definition: "Over the twelve months to the period's end (or the as-of date): mean
    purchase value x (purchases / customers who bought) x mean lifespan in years of 365.25 days
    of all accounts that were a customer on any day so far"."""
    sheet = Sheet()
    for period in [*company.periods["quarter"], *company.periods["year"]]:
        last = company.last_day(period)
        first = add_months(last + timedelta(days=1), -12)
        bought: dict[Scope, list] = {}
        for purchase in company.purchases:
            # Who bought without an account is no customer that is known.
            if purchase.account is not None and first <= purchase.day <= last:
                for scope in account_scopes(purchase.account):
                    bought.setdefault(scope, []).append(purchase)
        lives: dict[Scope, list[int]] = {}
        for account in company.customer_spans:
            days = lifespan(company, account, last)
            if days is not None:
                for scope in account_scopes(account):
                    lives.setdefault(scope, []).append(days)
        for scope, purchases in bought.items():
            amounts = [p.amount for p in purchases if p.amount is not None]
            buyers = {p.account for p in purchases}
            if amounts and scope in lives:
                mean = sum(amounts) / len(amounts)
                years = sum(lives[scope]) / len(lives[scope]) / 365.25
                value = mean * len(purchases) / len(buyers) * years
                sheet.figures[scope, period] = Figure(None, None, value, None)
    return sheet


def lifespan(company: Company, account: Account, last: date) -> int | None:
    """Days "from the first day as a customer to the last loss, gaps included, or through the
    period's end"; a customer is lost on the day after the last."""
    spans = [span for span in company.customer_spans[account] if span[0] <= last]
    if not spans:
        return None
    ends = [last if end is None or end > last else end for _, end in spans]
    return (max(ends) - min(begin for begin, _ in spans)).days + 1


@metric("company", periods="quarter year", needs=["costs", CUSTOMERS])
def clv_to_cac(company: Company) -> Sheet:
    """Customer lifetime value / customer acquisition cost."""
    sheet, costs = Sheet(), customer_acquisition_cost(company).figures
    for key, figure in customer_lifetime_value(company).figures.items():
        if key in costs and costs[key].value:
            # No ratio of sums: it has neither numerator nor denominator.
            value = figure.value / costs[key].value
            sheet.figures[key] = Figure(None, None, value, None)
    return sheet


@metric(BY_ACCOUNT, needs=[CUSTOMERS, PURCHASES])
def revenue_per_customer(company: Company) -> Sheet:
    """Value of purchases / customers at any time in the period."""
    revenue, present = Sheet(), Sheet()
    for purchase in company.purchases:
        if purchase.amount is not None:
            for period in periods_of(company, purchase.day):
                revenue.add(account_scopes(purchase.account), period, purchase.amount)
    for period in all_periods(company):
        last = company.last_day(period)
        for account, spans in company.customer_spans.items():
            if any(s <= last and (e is None or e >= period.start) for s, e in spans):
                present.add(account_scopes(account), period, 1)
    return revenue.over(present)


@metric("company customer_region customer", needs=["surveys"])
def customer_satisfaction(company: Company) -> Sheet:
    """Definition: "Satisfied: a score above 0.6 of the scale (4 and 5 of 5)" / responses."""
    sheet = Sheet()
    for r in company.kept("surveys", company.extracts.flat("surveys")):
        account = company.flat_account(r["account_id"])
        if account is not None and account.is_excluded:
            continue
        scale = to_number(r["scale_max"]) or 5
        satisfied = to_number(r["score"]) > 0.6 * scale
        day = company.day_of(company.instant(r["responded_at"]))
        for period in periods_of(company, day):
            sheet.add(account_scopes(account), period, float(satisfied))
    return sheet.ratios()
