"""The flat extracts: what HR, planning, finance, billing and service deliver."""

# One column of the file a line, or several that belong together.
# fmt: off

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from demo import clock, planning, words
from demo.draws import Draws
from demo.files import Files, sql_list

# Employees have numbers, which HR and planning use; others go by email or name.
_EMPLOYEE = "'E' || (1001 + {})"
_MONTH = "(date '1970-01-01' + to_months(month::int))::date"


def write_flat(company: SimpleNamespace, draws: Draws, files: Files) -> None:
    """Write all flat extracts, in the columns of the flat source."""
    plans = planning.make_plans(draws, company)
    _reps(company, files)
    _plans(company, plans, files)
    _finance(company, plans, files)
    _service(company, plans, files)


def _texts(values) -> np.ndarray:
    return np.array(list(values), dtype=object)


def _reps(company: SimpleNamespace, files: Files) -> None:
    people = company.people
    rows = planning.assignment_rows(company)
    region = people.team_region[rows.team]
    files.write(
        "reps",
        {
            "rep": rows.rep, "role": rows.role, "manager": rows.manager,
            "name": _texts(f"{a} {b}" for a, b in people.rep_names)[rows.rep],
            "email": _texts(people.rep_emails)[rows.rep],
            "team": _texts(people.team_names)[rows.team], "region": region,
            "hired": people.rep_hired[rows.rep],
            "leaves": np.where(people.rep_left >= clock.AS_OF, -1, people.rep_left)[rows.rep],
            "since": np.where(rows.is_first, -1, rows.since),
        },
        {
            "rep_id": _EMPLOYEE.format("rep"), "name": "name", "email": "email",
            "role": f"pick({sql_list(words.ROLES)}, role)",
            "manager": f"case when manager >= 0 then {_EMPLOYEE.format('manager')} end",
            "team": "team", "region": f"pick({sql_list(words.REGIONS)}, region)",
            "hire_date": "day(hired)", "leave_date": "day(leaves)", "valid_from": "day(since)",
        },
    )


def _plans(company: SimpleNamespace, plans: SimpleNamespace, files: Files) -> None:
    quotas, forecasts = plans.quotas, plans.forecasts
    files.write(
        "quotas",
        {"rep": quotas.rep, "month": quotas.month, "amount": quotas.amount},
        {
            "scope_type": "'rep'", "scope_id": _EMPLOYEE.format("rep"), "period_type": "'month'",
            "period_start": _MONTH, "amount": "amount", "currency": "'USD'",
        },
    )
    kpi, scope_type, scope_id, month, target = zip(*plans.targets, strict=True)
    files.write(
        "targets",
        {
            "kpi": _texts(kpi), "scope_type": _texts(scope_type), "scope_id": _texts(scope_id),
            "month": np.array(month), "target": _texts(target),
        },
        {
            "kpi": "kpi", "scope_type": "scope_type", "scope_id": "scope_id",
            "period_type": "'quarter'", "period_start": _MONTH, "target": "target",
        },
    )
    files.write(
        "forecasts",
        {
            "rep": _texts(company.people.rep_emails)[forecasts.rep], "months": forecasts.months,
            "first": forecasts.first, "submitted": forecasts.day, "amount": forecasts.amount,
        },
        {
            "rep": "rep", "period_type": "case when months = 1 then 'month' else 'quarter' end",
            "period_start": "day(first)", "submitted_on": "day(submitted)", "amount": "amount",
            "currency": "'USD'",
        },
    )


def _finance(company: SimpleNamespace, plans: SimpleNamespace, files: Files) -> None:
    subscriptions = company.subscriptions
    month, category, item, amount = zip(*plans.costs, strict=True)
    files.write(
        "costs",
        {
            "month": np.array(month), "category": _texts(category), "item": _texts(item),
            "amount": np.array(amount),
        },
        {
            "month": f"strftime({_MONTH}, '%Y-%m')", "category": "category", "amount": "amount",
            "currency": "'USD'", "item": "item",
        },
    )
    files.write(
        "subscriptions",
        {
            "n": np.arange(len(subscriptions.start)), "account": subscriptions.account,
            "first": subscriptions.start, "last": subscriptions.end, "mrr": subscriptions.mrr,
        },
        {
            "subscription_id": "'S' || (10001 + n)", "account_id": "account_id(account)",
            "start_date": "day(first)", "mrr": "money(mrr)", "end_date": "day(last)",
            "currency": "'USD'",
        },
    )
    product, since, cost = zip(*plans.product_costs, strict=True)
    files.write(
        "product_costs",
        {
            "product": _texts(words.PRODUCTS[number][0] for number in product),
            "since": np.array(since), "cost": np.array(cost),
        },
        {
            "product_id": "product", "valid_from": "day(since)", "unit_cost": "money(cost)",
            "currency": "'USD'",
        },
    )


def _service(company: SimpleNamespace, plans: SimpleNamespace, files: Files) -> None:
    surveys, log = plans.surveys, plans.time_log
    files.write(
        "surveys",
        {
            "n": np.arange(len(surveys.at)), "answered": surveys.at, "score": surveys.score,
            "account": surveys.account, "scale_max": surveys.scale_max,
        },
        {
            "response_id": "'R' || (50001 + n)",
            "responded_at": "replace(moment(answered), ' ', 'T') || 'Z'",
            "score": "score", "account_id": "account_id(account)", "scale_max": "scale_max",
        },
    )
    files.write(
        "time_log",
        {
            "rep": _texts(f"{a} {b}" for a, b in company.people.rep_names)[log.rep],
            "friday": log.day, "activity": log.activity, "quarters": log.quarters,
        },
        {
            "rep": "rep", "date": "day(friday)",
            "activity": f"pick({sql_list(planning.ACTIVITIES)}, activity)",
            "hours": "number(quarters / 4)",
        },
    )
