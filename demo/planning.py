"""What other departments deliver: HR, planning, finance, billing, service."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from demo import clock, words
from demo.clock import DAY, NEVER
from demo.deals import owner_at
from demo.draws import Draws
from demo.people import STILL_THERE
from demo.words import ACCOUNT_MANAGER, EXECUTIVE, MANAGER, SDR

_FIRST_PLAN = 54 * 12  # January 2024, in months since 1970
_LAST_PLAN = 56 * 12 + 11  # December 2026
_PLANNED_ATTAINMENT = {54: 0.86, 55: 0.83, 56: 0.87}
# A month's share of the year's quota: the last quarter carries the most.
_QUARTER_WEIGHT = np.array([0.96, 1.0, 0.95, 1.09])

ACTIVITIES = [
    "prospecting",
    "outreach",
    "calls",
    "demos",
    "meetings",
    "follow_up",
    "negotiation",
    "admin",
    "internal",
    "training",
    "travel",
]
_HOURS = {
    SDR: [11, 10, 7, 0, 1, 2, 0, 4, 3, 2, 0],
    EXECUTIVE: [2, 1, 6, 3, 6, 5, 4, 6, 4, 1, 2],
    ACCOUNT_MANAGER: [1, 1, 7, 2, 7, 6, 4, 6, 4, 1, 2],
    MANAGER: [0, 0, 3, 1, 6, 2, 3, 8, 13, 2, 3],
}


def make_plans(draws: Draws, company: SimpleNamespace) -> SimpleNamespace:
    """All flat extracts but products and reps, as columns of lists and arrays."""
    sales = _monthly_sales(company)
    quotas = _quotas(draws, company, sales)
    costs = _costs(draws, company, sales)
    return SimpleNamespace(
        quotas=quotas,
        forecasts=_forecasts(draws, company, quotas, sales),
        costs=costs,
        targets=_targets(draws, company, quotas, costs),
        surveys=_surveys(draws, company),
        time_log=_time_log(draws, company),
        product_costs=_product_costs(draws),
    )


def assignment_rows(company: SimpleNamespace) -> SimpleNamespace:
    """HR's rows: a rep's team, role and manager, a new row with every change of them.

    Columns: ``rep``, ``team``, ``role``, ``manager`` (a rep, -1: none), ``since``,
    ``is_first``.
    """
    people = company.people
    rows = []
    heads: dict[int, list[tuple[int, int]]] = {}
    for row in np.flatnonzero(people.role == MANAGER):
        heads.setdefault(int(people.team[row]), []).append(
            (int(people.start[row]), int(people.rep[row]))
        )
    for row in np.lexsort((people.start, people.rep)):
        rep, team, role = (int(a[row]) for a in (people.rep, people.team, people.role))
        start, end = int(people.start[row]), int(people.end[row])
        chiefs = sorted(heads.get(team, []))
        before = [chief for day, chief in chiefs if day <= max(start, clock.FIRST_DAY)]
        manager = before[-1] if before else -1
        changes = [(start, manager)]
        begun = max(start, clock.FIRST_DAY)
        changes += [(day, chief) for day, chief in chiefs if begun < day < end]
        for since, chief in changes:
            rows.append((rep, team, role, -1 if role == MANAGER else chief, since))
            if role == MANAGER:
                break
    rep, team, role, manager, since = (np.array(column) for column in zip(*rows, strict=True))
    is_first = np.r_[True, rep[1:] != rep[:-1]]
    return SimpleNamespace(
        rep=rep, team=team, role=role, manager=manager, since=since, is_first=is_first
    )


def _monthly_sales(company: SimpleNamespace) -> np.ndarray:
    """Won amounts, in cents, by rep (rows) and month since the first plan (columns)."""
    deals, people = company.deals, company.people
    won = np.flatnonzero(deals.is_won)
    day = deals.close_day[won]
    owner = company.owners.owner[owner_at(company.owners, won, deals.closed_at[won])]
    month = clock.month_of(day) - _FIRST_PLAN
    table = np.zeros((len(people.rep_names), _LAST_PLAN - _FIRST_PLAN + 1), dtype=np.int64)
    inside = month >= 0
    amount = np.maximum(deals.amount[won], 0)
    np.add.at(table, (owner[inside], month[inside]), amount[inside])
    return table


def _quotas(draws: Draws, company: SimpleNamespace, sales: np.ndarray) -> SimpleNamespace:
    """Monthly quotas of those who sell: joiners ramped, rounded as planners do."""
    people = company.people
    months = np.arange(_FIRST_PLAN, _LAST_PLAN + 1)
    first = clock.first_of_month(months)
    row, column = np.nonzero(
        (people.start[:, None] < clock.first_of_month(months + 1)[None, :])
        & (people.end[:, None] >= first[None, :])
    )
    rep, role = people.rep[row], people.role[row]
    dated = np.maximum(first[column], people.rep_hired[rep])
    sells = np.isin(role, [EXECUTIVE, ACCOUNT_MANAGER])
    carries = sells & (people.start[row] <= dated) & (dated <= people.end[row])
    row, column, rep, role = row[carries], column[carries], rep[carries], role[carries]
    known = (first[column] - people.learning_since[row]) / 30.4
    ramp = np.clip(np.floor(known - 0.5) / 5, 0, 1)
    leaving = people.rep_left[rep] < clock.first_of_month(months + 1)[column] - 10
    share = ramp * np.where(leaving, 0.5, 1.0)
    quarter = column % 12 // 3
    territory = 0.85 + 0.3 * draws.uniform(len(people.rep_names))
    share = share * _QUARTER_WEIGHT[quarter] * territory[rep]
    amount = np.zeros(len(row), dtype=np.int64)
    year = column // 12
    sold = sales[rep, column] * (first[column] <= clock.AS_OF)
    counted = share * (first[column] <= clock.AS_OF)

    def fair(group: np.ndarray) -> np.ndarray:
        """How much better than the average each group of months sells, damped."""
        got = np.bincount(group, weights=sold) / max(sold.sum(), 1)
        asked = np.bincount(group, weights=counted) / max(counted.sum(), 1e-9)
        return np.sqrt(np.clip(got / np.maximum(asked, 1e-9), 0.2, 4))[group]

    # Rich territories and proven sellers get more.
    share = share * fair(people.team[row] * 4 + role)
    counted = share * (first[column] <= clock.AS_OF)
    share = share * fair(rep)
    for one in range(3):
        for kind in (EXECUTIVE, ACCOUNT_MANAGER):
            ours = (year == one) & (role == kind)
            seen = ours & (first[column] <= clock.AS_OF)
            # Of the month that has only begun a part is sold.
            part = np.where(column[seen] == column[seen].max(initial=0), 20 / 30, 1.0)
            part = np.where(one == 2, part, 1.0)
            planned = (share[seen] * part).sum() * _PLANNED_ATTAINMENT[54 + one]
            if planned > 0:
                monthly = sold[seen].sum() / planned / 100
                amount[ours] = np.round(share[ours] * monthly / 500).astype(np.int64) * 500
    order = np.lexsort((column, rep))
    return SimpleNamespace(
        rep=rep[order],
        month=months[column[order]],
        amount=amount[order],
        team=people.team[row[order]],
    )


def _forecasts(draws: Draws, company, quotas, sales) -> SimpleNamespace:
    """What each rep expects: before the month or quarter begins and again within it."""
    people = company.people
    parts = []
    for size in (1, 3):
        starts = quotas.month % size == 0
        rep, begin = quotas.rep[starts], quotas.month[starts]
        column = begin - _FIRST_PLAN
        window = column[:, None] + np.arange(size)[None, :]
        sold = sales[rep[:, None], window].sum(axis=1) / 100
        plan = np.zeros_like(sales)
        plan[quotas.rep, quotas.month - _FIRST_PLAN] = quotas.amount
        quota = plan[rep[:, None], window].sum(axis=1)
        first = clock.first_of_month(begin)
        ends = clock.first_of_month(begin + size) > clock.AS_OF
        mood = draws.lognormal(1.0, 0.2, len(people.rep_names))[rep]
        n = len(rep)
        sold = np.where(ends, quota * draws.lognormal(0.8, 0.4, n), sold)
        for offset, insight in ((-4, 0.35), (12 * size, 0.7)):
            day = clock.workday_before(first + offset)
            base = insight * sold + (1 - insight) * 0.9 * quota
            amount = base * mood * draws.lognormal(1.02, 0.22, n)
            known = (day >= people.rep_hired[rep]) & (day <= people.rep_left[rep])
            keep = np.flatnonzero(known & (day <= clock.AS_OF) & draws.chance(0.97, n))
            parts.append(
                (
                    rep[keep],
                    np.full(len(keep), size),
                    first[keep],
                    day[keep],
                    np.round(amount[keep] / 500).astype(np.int64) * 500,
                )
            )
    rep, size, first, day, amount = (np.concatenate(c) for c in zip(*parts, strict=True))
    order = np.lexsort((first, size, rep, day))
    return SimpleNamespace(
        rep=rep[order], months=size[order], first=first[order], day=day[order], amount=amount[order]
    )


def _costs(draws: Draws, company, sales) -> list[tuple[int, str, str, int]]:
    """(month, category, item, amount): salaries, commissions, travel, tools, marketing."""
    people, campaigns, scale = company.people, company.campaigns, company.scale
    rows = []
    for month in range(int(clock.month_of(clock.FIRST_DAY)), int(clock.month_of(clock.AS_OF)) + 1):
        first = int(clock.first_of_month(month))
        next_first = int(clock.first_of_month(month + 1))
        heads = int(((people.rep_hired < next_first) & (people.rep_left >= first)).sum())
        column = month - _FIRST_PLAN
        sold = sales[:, column].sum() / 100 if column >= 0 else 0
        overlap = np.minimum(campaigns.last + 1, next_first) - np.maximum(campaigns.first, first)
        share = np.clip(overlap, 0, None) / (campaigns.last + 1 - campaigns.first)
        spent = float((campaigns.cost * share).sum()) / 100
        wobble = 0.94 + 0.12 * draws.uniform(6)
        for category, item, amount in (
            ("sales", "Salaries", heads * 6_300),
            ("sales", "Commissions", 0.06 * sold),
            ("sales", "Travel", heads * 640 * wobble[0]),
            ("sales", "Software and data", heads * 290 * wobble[1]),
            ("marketing", "Campaigns", spent),
            ("marketing", "Salaries", 31_000 * scale),
            ("marketing", "Content and agencies", 14_000 * scale * wobble[2]),
            ("other", "Office", heads * 900 * wobble[3]),
        ):
            rows.append((month, category, item, round(amount)))
    return rows


def _targets(draws: Draws, company, quotas, costs) -> list[tuple[str, str, str, int, str]]:
    """(kpi, scope type, scope id, first month of the quarter, target)."""
    leads, deals, people = company.leads, company.deals, company.people
    answered = leads.response < NEVER
    response = (leads.response[answered] - leads.created[answered]).mean() / 60
    cycle = ((deals.closed_at - deals.created)[deals.is_won] / DAY).mean()
    demand = clock.demand_by_day(clock.FIRST_DAY, clock.day_number("2026-12-31"))
    days = np.arange(len(demand)) + clock.FIRST_DAY
    per_day = leads.n / demand[: clock.AS_OF - clock.FIRST_DAY + 1].sum()
    subscriptions = company.subscriptions
    first_buys = np.full(len(company.accounts.created), NEVER)
    np.minimum.at(first_buys, subscriptions.account, subscriptions.start)
    new_customers = ((first_buys > clock.FIRST_DAY) & (first_buys < clock.AS_OF)).sum()
    spent = sum(amount for _, category, _, amount in costs if category != "other")
    team_size = np.bincount(leads.team, minlength=len(people.team_names)) / leads.n

    def mrr(day: int) -> float:
        ends = np.where(subscriptions.end < 0, STILL_THERE, subscriptions.end)
        return subscriptions.mrr[(subscriptions.start <= day) & (ends >= day)].sum() / 100

    rows = []
    for quarter, month in enumerate(range(_FIRST_PLAN, _LAST_PLAN + 1, 3)):
        last = int(clock.first_of_month(month + 3)) - 1
        ours = (quotas.month >= month) & (quotas.month < month + 3)
        quota = quotas.amount[ours]
        inside = (days >= clock.first_of_month(month)) & (days <= last)
        new_leads = per_day * demand[inside].sum()
        improving = 1 - 0.008 * quarter
        # Planners look at the year before and round.
        monthly = mrr(min(last, clock.AS_OF)) * (0.98 + 0.08 * draws.uniform(1)[0])
        company_wide = {
            "sales": round(0.92 * quota.sum(), -4 if quota.sum() > 500_000 else -3),
            "win_rate": round(0.295 + 0.002 * quarter, 3),
            "new_leads": round(new_leads * 1.02, -1),
            "quota_attainment": 0.9,
            "sales_cycle_days": round(cycle * 1.02 * improving),
            "lead_response_minutes": round(response * 1.08 * improving / 30) * 30,
            "customer_acquisition_cost": round(0.97 * spent / max(new_customers, 1), -2),
            "mrr": round(monthly, -3),
        }
        for kpi, target in company_wide.items():
            text = f"{target:g}" if target < 1 else f"{target:.0f}"
            rows.append((kpi, "company", "company", month, text))
        for team, name in enumerate(people.team_names):
            own = quotas.amount[ours & (quotas.team == team)].sum()
            for kpi, target in (
                ("sales", f"{round(0.92 * own, -3):.0f}"),
                ("win_rate", f"{company_wide['win_rate']:g}"),
                ("new_leads", f"{round(new_leads * team_size[team]):.0f}"),
                ("quota_attainment", "0.9"),
                ("sales_cycle_days", f"{company_wide['sales_cycle_days']:.0f}"),
            ):
                rows.append((kpi, "team", name, month, target))
        for product in (0, 1, 10, 11, 17):
            of_product = company.lines.product == product
            won = deals.is_won[company.lines.deal[of_product]]
            sold = company.lines.total[of_product][won].sum() / 100 / 12
            target = round(sold * (0.8 + 0.036 * quarter), -3)
            rows.append(("sales", "product", words.PRODUCTS[product][0], month, f"{target:.0f}"))
    return rows


def _surveys(draws: Draws, company) -> SimpleNamespace:
    """Answers some weeks into a contract and before its end; those who leave score low."""
    contracts, deals = company.contracts, company.deals
    n = len(contracts.start)
    lost = np.zeros(n, dtype=bool)
    ended = deals.is_closed & ~deals.is_won & (deals.renews >= 0)
    lost[company.contract_number[deals.renews[ended]]] = True
    which = np.concatenate([np.arange(n), np.arange(n)])
    day = np.concatenate([contracts.start + 35, contracts.end - 70])
    day = clock.workday(day + draws.whole(-12, 13, 2 * n))
    keep = (day <= clock.AS_OF) & (day > clock.FIRST_DAY) & draws.chance(0.45, 2 * n)
    which, day = which[keep], day[keep]
    m = len(which)
    happy = draws.pick([3, 6, 13, 42, 36], m) + 1
    unhappy = draws.pick([16, 24, 28, 22, 10], m) + 1
    score = np.where(lost[which], unhappy, happy)
    at = day * DAY + draws.whole(7 * 3600, 20 * 3600, m)
    order = np.argsort(at, kind="stable")
    ten = draws.chance(0.08, m)
    return SimpleNamespace(
        account=contracts.account[which[order]],
        at=at[order],
        score=np.where(ten, score * 2, score)[order],
        scale_max=np.where(ten, 10, 5)[order],
    )


def _time_log(draws: Draws, company) -> SimpleNamespace:
    """Hours of each rep by week (dated on its Friday) and activity."""
    people = company.people
    fridays = np.arange(clock.FIRST_DAY, clock.AS_OF + 1)
    fridays = fridays[(fridays + 3) % 7 == 4]
    row, column = np.nonzero(
        (people.start[:, None] <= fridays[None, :]) & (people.end[:, None] >= fridays[None, :])
    )
    present = draws.chance(0.91, len(row))
    row, day = row[present], fridays[column[present]]
    hours = np.array([_HOURS[role] for role in range(len(words.ROLES))], dtype=float)
    mine = hours[people.role[row]]
    noise = draws.lognormal(1.0, 0.35, mine.size).reshape(mine.shape)
    able = people.rep_skill[people.rep[row]][:, None]
    # The weak drown in administration.
    slack = np.where(np.arange(mine.shape[1])[None, :] >= 7, 1.35 - 0.35 * able, 1.0)
    quarters = np.round(mine * noise * slack * 4).astype(np.int64)
    entry, activity = np.nonzero(quarters > 0)
    return SimpleNamespace(
        rep=people.rep[row[entry]],
        day=day[entry],
        activity=activity,
        quarters=quarters[entry, activity],
    )


def _product_costs(draws: Draws) -> list[tuple[int, int, int]]:
    """(product, first day, cents): a new cost each year, some a little later."""
    rows = []
    for number, (_, _, _, price, share, _, _) in enumerate(words.PRODUCTS):
        cost = price * share
        for year in (2023, 2024, 2025, 2026):
            text = "2023-12-01" if year == 2023 else f"{year}-01-01"
            rows.append((number, clock.day_number(text), round(cost * 100)))
            cost *= 0.99 + 0.055 * float(draws.uniform(1)[0])
    return rows
