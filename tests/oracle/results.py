"""Results: what was sold, won and promised."""

from __future__ import annotations

from datetime import date
from math import fsum

from tests.oracle.company import WON, Company, Deal, Line, Period, Person
from tests.oracle.extracts import to_number
from tests.oracle.sheets import (
    CONTRACTS,
    DEALS,
    PEOPLE,
    PURCHASES,
    QUOTES,
    REPS,
    Figure,
    Scope,
    Sheet,
    account_scopes,
    all_periods,
    closed_deals,
    closing_scopes,
    customer_region,
    families,
    lead_source,
    metric,
    people,
    periods_of,
    products,
    won_deals,
)


@metric(PEOPLE, filled=True, needs=[DEALS])
def sales(company: Company) -> Sheet:
    """Amount of won deals, by close date. "Belongs to whoever owned it when it closed"."""
    sheet = Sheet()
    for deal, period in won_deals(company):
        if deal.amount is not None:
            sheet.add(closing_scopes(deal), period, deal.amount)
    return sheet.sums()


def counting_day(rep: Person, month: date) -> date:
    """A rep's month counts for the team of the first day of the month, a joiner's of his first
    day."""
    return max(month, rep.hired) if rep.hired is not None else month


def quota_of_scopes(company: Company) -> dict[tuple[Scope, Period], tuple[float, int]]:
    """Quota and the number of quotas behind it.

    "Quota is per rep and month"; "quota of a team, region or the company: its own, where the
    extract gives one for that period type or finer ones that add up to it; else the sum of its
    reps'". "A quota of 0 is none".
    """
    found: dict[tuple[Scope, Period], tuple[float, int]] = {}
    for (rep, month), amount in company.quotas.items():
        if amount == 0:
            continue
        for kind in company.periods:
            for period in company.periods[kind]:
                if month in period:
                    for scope in people(rep, counting_day(rep, month)):
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
    finer = {"year": "quarter", "quarter": "month"}.get(period.kind)
    if finer is None:
        return None
    parts = [
        own_quota(company, scope, part)
        for part in company.fiscal.periods(finer, period.start, period.end)
    ]
    if not all(parts):
        return None
    return sum(amount for amount, _ in parts), sum(count for _, count in parts)


def attained_sales(company: Company) -> dict[tuple[Scope, Period], float]:
    """The sales that count against the quota of a scope.

    "Attainment counts the sales, of the whole period, of reps who have a quota in it; where a scope
    has its own quota and none of its reps has one, all its sales".
    """
    sold: dict[tuple[Scope, Period], list[tuple[Person | None, float]]] = {}
    for deal, period in won_deals(company):
        if deal.amount is not None:
            for scope in closing_scopes(deal):
                sold.setdefault((scope, period), []).append((deal.closer, deal.amount))
    attained = {}
    for scope, period in quota_of_scopes(company):
        carriers: dict[Person, list[date]] = {}
        for (rep, month), amount in company.quotas.items():
            if amount and month in period:
                carriers.setdefault(rep, []).append(month)
        deals = sold.get((scope, period), [])
        if any(is_in_scope(rep, months, scope, period) for rep, months in carriers.items()):
            deals = [(rep, amount) for rep, amount in deals if rep in carriers]
        attained[scope, period] = fsum(amount for _, amount in deals)
    return attained


def is_in_scope(rep: Person, months: list[date], scope: Scope, period: Period) -> bool:
    """Whether one of the rep's quotas counts there, or the rep is employed there on a day of it."""
    days = [counting_day(rep, month) for month in months]
    length = (period.end - period.start).days + 1
    in_period = [date.fromordinal(period.start.toordinal() + n) for n in range(length)]
    days += [day for day in in_period if rep.is_employed(day)]
    return any(scope in people(rep, day) for day in days)


@metric(PEOPLE, needs=[DEALS, "quotas"])
def quota_attainment(company: Company) -> Sheet:
    """Sales of reps who carry a quota in the period / the quota of the scope."""
    sheet, attained = Sheet(), attained_sales(company)
    for (scope, period), (quota, count) in quota_of_scopes(company).items():
        sheet.put(scope, period, attained[scope, period], quota, count)
    return sheet


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


@metric(PEOPLE, needs=[DEALS])
def sales_growth_year_on_year(company: Company) -> Sheet:
    """Sales minus sales of the same period a year earlier / sales of that earlier period."""
    sheet, figures = Sheet(), sales(company).figures
    for now in all_periods(company):
        earlier = company.fiscal.year_earlier(now)
        for scope in {scope for scope, period in figures if period == earlier}:
            before = figures[scope, earlier].numerator
            after = figures[scope, now].numerator if (scope, now) in figures else 0.0
            if before:
                sheet.put(scope, now, after - before, before, None)
    return sheet


def sales_targets(company: Company) -> dict[tuple[Scope, Period], tuple[float, int]]:
    """Definition: "The `targets` rows of the metric `sales`, of products too"; "a year's or
    quarter's target is the sum of its parts for money and counts"."""
    found = {}
    for scope in {key[1:3] for key in company.targets if key[0] == "sales"}:
        for period in all_periods(company):
            parts = target_parts(company, "sales", scope, period)
            if parts:
                found[scope, period] = (fsum(parts), len(parts))
    return found


def target_parts(company: Company, kpi: str, scope: Scope, period: Period) -> list[float]:
    """The target given for the period; else those of all the quarters or months in it."""
    own = company.targets.get((kpi, *scope, period.kind, period.start))
    if own is not None:
        return [own]
    finer = {"year": "quarter", "quarter": "month"}.get(period.kind)
    if finer is None:
        return []
    parts = [
        target_parts(company, kpi, scope, part)
        for part in company.fiscal.periods(finer, period.start, period.end)
    ]
    return [amount for part in parts for amount in part] if all(parts) else []


@metric(PEOPLE + " product", needs=[DEALS, "targets"])
def sales_target_attainment(company: Company) -> Sheet:
    """Sales / sales target set for that scope and period."""
    sheet, sold = Sheet(), sales(company).figures | sales_by_product(company).figures
    for key, (target, count) in sales_targets(company).items():
        sheet.put(*key, sold[key].numerator if key in sold else 0.0, target, count)
    return sheet


@metric("company region team", needs=[DEALS, REPS])
def sales_per_rep(company: Company) -> Sheet:
    """Definition: "A rep counts as one in every team in which he was for at least a day of the
    period"."""
    sheet, sold = Sheet(), sales(company).figures
    for period in all_periods(company):
        reps: dict[Scope, set[Person]] = {}
        for rep in company.reps:
            for day in rep.days_of_change(period):
                if rep.is_employed(day) and day <= company.as_of:
                    for scope in people(rep, day):
                        reps.setdefault(scope, set()).add(rep)
        for scope, found in reps.items():
            amount = sold[scope, period].numerator if (scope, period) in sold else 0.0
            sheet.put(scope, period, amount, len(found), len(found))
    return sheet


@metric(PEOPLE + " customer_region product lead_source", needs=[DEALS])
def win_rate(company: Company) -> Sheet:
    """Won deals / won and lost deals. "By product a deal counts once under each product of its
    lines"."""
    sheet = Sheet()
    for deal, period in closed_deals(company):
        scopes = [*closing_scopes(deal), customer_region(deal), lead_source(deal)]
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
                *closing_scopes(deal),
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
            sheet.add(closing_scopes(deal), period, deal.amount)
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


@metric("customer_region", filled=True, needs=[DEALS])
def sales_by_region(company: Company) -> Sheet:
    """Amount of won deals by the region of the account."""
    sheet = Sheet()
    for deal, period in won_deals(company):
        if deal.amount is not None:
            sheet.add([customer_region(deal)], period, deal.amount)
    return sheet.sums()


@metric("customer", filled=True, needs=[DEALS])
def sales_by_customer(company: Company) -> Sheet:
    """Amount of won deals by account."""
    sheet = Sheet()
    for deal, period in won_deals(company):
        if deal.amount is not None:
            sheet.add(account_scopes(deal.account), period, deal.amount)
    return sheet.sums()


@metric("company customer_region customer", needs=[PURCHASES])
def average_purchase_value(company: Company) -> Sheet:
    """Value of purchases / purchases; one without an amount is in no average."""
    sheet = Sheet()
    for purchase in company.purchases:
        if purchase.amount is not None:
            for period in periods_of(company, purchase.day):
                sheet.add(account_scopes(purchase.account), period, purchase.amount)
    return sheet.ratios()


def contract_scopes(contract) -> list[Scope]:
    """Definition: "A contract [belongs] to who closed the latest of its deals", in the team of
    its start."""
    deals = [deal for deal in contract.deals if deal.close_date is not None]
    latest = max(deals, key=closing_order, default=None)
    return people(latest.closer if latest else None, contract.start)


def closing_order(deal: Deal) -> tuple:
    """Deals in the order of their closing; an unknown time of the day is its beginning."""
    seconds = deal.closed_at.timestamp() if deal.closed_at else 0.0
    return deal.close_date, seconds, deal.id


@metric(PEOPLE, needs=[CONTRACTS])
def average_contract_value(company: Company) -> Sheet:
    """Total value x 12 / term in months; a contract of unknown value is left out."""
    sheet = Sheet()
    for contract in company.contracts:
        if contract.value is not None:
            for period in periods_of(company, contract.start, planned=True):
                sheet.add(contract_scopes(contract), period, contract.value * 12 / contract.term)
    return sheet.ratios()


@metric(PEOPLE, filled=True, needs=[CONTRACTS])
def total_contract_value(company: Company) -> Sheet:
    """Total value of contracts, by contract start."""
    sheet = Sheet()
    for contract in company.contracts:
        if contract.value is not None:
            for period in periods_of(company, contract.start, planned=True):
                sheet.add(contract_scopes(contract), period, contract.value)
    return sheet.sums()


def line_scopes(deal: Deal, line: Line) -> list[Scope]:
    product = line.product
    return [
        *closing_scopes(deal),
        lead_source(deal),
        ("product", product.scope_id if product else "(none)"),
        ("product_family", (product and product.family) or "(none)"),
    ]


def product_costs(company: Company) -> list[tuple]:
    rows = company.kept("product_costs", company.extracts.flat("product_costs"))
    costs = []
    for r in rows:
        product = company.flat_product(r["product_id"])
        cost = to_number(r["unit_cost"]), r["currency"]
        costs.append((product, company.date(r["valid_from"]), cost))
    return costs


def line_cost(company: Company, line: Line, day: date, costs: list[tuple]) -> float | None:
    """Definition: "A line's cost is its own, else the product's on the close day
    (product_costs), else products.unit_cost"."""
    if line.total_cost is not None:
        return line.total_cost
    unit = line.unit_cost
    if unit is None and line.product is not None:
        valid = [(since, cost) for product, since, cost in costs if product is line.product]
        valid = [pair for pair in valid if pair[0] <= day]
        unit = company.worth(*max(valid)[1], day) if valid else line.product.unit_cost
    return None if unit is None else unit * line.quantity


@metric(PEOPLE + " product product_family lead_source", needs=[DEALS])
def profit_margin(company: Company) -> Sheet:
    """Revenue minus direct cost of won deal lines with a known cost / revenue of those lines."""
    sheet, costs = Sheet(), product_costs(company)
    for deal, period in won_deals(company):
        for line in deal.lines:
            cost = line_cost(company, line, deal.close_date, costs)
            if line.amount is not None and cost is not None:
                sheet.add(line_scopes(deal, line), period, line.amount - cost, line.amount)
    return sheet.ratios()


@metric(PEOPLE + " product", needs=[DEALS])
def discount_rate(company: Company) -> Sheet:
    """List value minus sold value of won deal lines with a list price / list value."""
    sheet = Sheet()
    for deal, period in won_deals(company):
        for line in deal.lines:
            if line.amount is not None and line.list_price is not None:
                value = line.list_price * line.quantity
                sheet.add(line_scopes(deal, line), period, value - line.amount, value)
    return sheet.ratios()


@metric("company", needs=[DEALS, "costs"])
def sales_efficiency(company: Company) -> Sheet:
    """Sales / sales and marketing cost."""
    sheet, sold = Sheet(), sales(company).figures
    for period, (cost, count) in company.acquisition_costs().items():
        key = (("company", "company"), period)
        sheet.put(*key, sold[key].numerator if key in sold else 0.0, cost, count)
    return sheet


@metric(PEOPLE, needs=[DEALS])
def win_rate_by_value(company: Company) -> Sheet:
    """Amount of won deals / amount of won and lost deals."""
    sheet = Sheet()
    for deal, period in closed_deals(company):
        if deal.amount is not None:
            won = deal.amount if deal.outcome == WON else 0.0
            sheet.add(closing_scopes(deal), period, won, deal.amount)
    return sheet.ratios()


def is_won_by_now(company: Company, deal: Deal) -> bool:
    """Won; where nobody knows when, it is known at least that it was by now."""
    return deal.outcome == WON and (deal.close_date is None or deal.close_date <= company.as_of)


@metric(PEOPLE + " lead_source", needs=[DEALS])
def win_rate_of_created(company: Company) -> Sheet:
    """Deals created in the period and won by the as-of date / deals created in the period."""
    sheet = Sheet()
    for deal, period in created_deals(company):
        won = float(is_won_by_now(company, deal))
        sheet.add([*creation_scopes(deal), lead_source(deal)], period, won)
    return sheet.ratios()


def created_deals(company: Company) -> list[tuple[Deal, Period]]:
    return [
        (deal, period)
        for deal in company.deals
        for period in periods_of(company, deal.created_date)
    ]


def creation_scopes(deal: Deal) -> list[Scope]:
    """Definition: "A created deal [belongs] to whoever owned it when it was created"."""
    return people(deal.owners.at(deal.created_at), deal.created_date)


def deals_in_pipeline(company: Company) -> Sheet:
    """Definition: "Open at its start or created in it, credited to the owner on the first day,
    or at creation"."""
    sheet = Sheet()
    for period in all_periods(company):
        for deal in company.deals:
            state = deal.state_at_start(period)
            if state is not None and state.kind == "open":
                sheet.add(people(deal.owner_at_start(period), period.start), period, 1)
    for deal, period in created_deals(company):
        sheet.add(creation_scopes(deal), period, 1)
    return sheet


@metric(PEOPLE, needs=[DEALS])
def lead_to_deal_rate(company: Company) -> Sheet:
    """Deals won in the period / deals in the pipeline at any time in the period."""
    won = Sheet()
    for deal, period in won_deals(company):
        won.add(closing_scopes(deal), period, 1)
    return won.over(deals_in_pipeline(company))


@metric(PEOPLE, needs=[DEALS, QUOTES])
def quote_to_close_rate(company: Company) -> Sheet:
    """Deals won in the period / quotes issued in the period."""
    won, issued = Sheet(), Sheet()
    for deal, period in won_deals(company):
        won.add(closing_scopes(deal), period, 1)
    for quote in company.quotes:
        for period in periods_of(company, quote.day):
            issued.add(people(quote.owner, quote.day), period, 1)
    return won.over(issued)


@metric(PEOPLE, needs=[DEALS, QUOTES])
def quote_to_close_rate_of_issued(company: Company) -> Sheet:
    """Quotes issued whose deal was won by the as-of date / quotes issued. "A quote without a deal
    [is] in no rate that asks for the deal's outcome"."""
    sheet = Sheet()
    for quote in company.quotes:
        if quote.deal is not None:
            for period in periods_of(company, quote.day):
                won = float(is_won_by_now(company, quote.deal))
                sheet.add(people(quote.owner, quote.day), period, won)
    return sheet.ratios()


@metric(PEOPLE, needs=[DEALS, "forecasts"])
def forecast_accuracy(company: Company) -> Sheet:
    """1 - |sales - forecast| / sales, never below 0. "Accuracy is null where sales are 0"."""
    sheet, sold = Sheet(), sales(company).figures
    for key, forecast in forecasts(company).items():
        amount = sold[key].numerator if key in sold else 0.0
        if amount:
            value = max(0.0, 1 - abs(amount - forecast) / abs(amount))
            sheet.figures[key] = Figure(None, None, value, None)
    return sheet


@metric(PEOPLE, needs=[DEALS, "forecasts"])
def forecast_bias(company: Company) -> Sheet:
    """Forecast minus sales / sales."""
    sheet, sold = Sheet(), sales(company).figures
    for key, forecast in forecasts(company).items():
        figure = sold.get(key)
        if figure is not None:
            amount = figure.numerator
            sheet.put(*key, forecast - amount, amount, figure.sample_size)
    return sheet


def forecasts(company: Company) -> dict[tuple[Scope, Period], float]:
    """Definition: "Rows of that period type, else the sum of the next finer ones, each chosen
    by its own period's first day; never split. Credit: the rep's team on the forecast period's
    first day"."""
    found: dict[tuple[Scope, Period], float] = {}
    reps = {forecast.rep for forecast in company.forecasts}
    for period in all_periods(company):
        for rep in reps:
            for part, amount in chosen_forecasts(company, rep, period):
                for scope in people(rep, part.start):
                    found[scope, period] = found.get((scope, period), 0.0) + amount
    return found


def chosen_forecasts(company: Company, rep: Person, period: Period) -> list[tuple[Period, float]]:
    """Definition: "The last one submitted on or before the first day of the period, else the
    first one submitted in it"."""
    rows = [
        f
        for f in company.forecasts
        if f.rep is rep
        and (f.kind, f.start) == (period.kind, period.start)
        and f.submitted <= company.as_of
    ]
    early = [f for f in rows if f.submitted <= period.start]
    late = [f for f in rows if period.start < f.submitted <= period.end]
    if early:
        return [(period, max(early, key=lambda f: f.submitted).amount)]
    if late:
        return [(period, min(late, key=lambda f: f.submitted).amount)]
    finer = {"year": "quarter", "quarter": "month"}.get(period.kind)
    if finer is None:
        return []
    parts = company.fiscal.periods(finer, period.start, period.end)
    return [chosen for part in parts for chosen in chosen_forecasts(company, rep, part)]
