"""All metrics in one table, as `kpi_values` must hold them: gaps filled, unknown values left
out."""

from __future__ import annotations

import csv
from math import fsum
from pathlib import Path

import pandas as pd

from tests.oracle.company import NONE, Company, Period
from tests.oracle.metrics import METRICS
from tests.oracle.results import target_parts
from tests.oracle.sheets import Figure, Metric, Scope, people

COLUMNS = [
    "kpi",
    "scope_type",
    "scope_id",
    "period_type",
    "period_start",
    "numerator",
    "denominator",
    "value",
    "sample_size",
    "is_complete",
    "previous_value",
    "year_ago_value",
    "target",
    "target_status",
]


def compute(landing_dir: Path | str, config_path: Path | str | None = None) -> pd.DataFrame:
    """The rows of `kpis.kpi_values` for the extracts under `landing_dir` and that configuration
    file.

    One row per kpi, scope_type, scope_id, period_type, period_start (a date); numerator,
    denominator and value as floats, sample_size as Int64, then is_complete, previous_value,
    year_ago_value, target and target_status; unknown ones null. Rows whose value is null are left
    out.
    """
    company = Company(Path(landing_dir), Path(config_path) if config_path else None)
    existence = existing_scopes(company)
    rows = []
    for metric in METRICS.values():
        if not metric.is_available(company):
            continue
        for (scope, period), figure in filled(company, metric, existence).items():
            if (
                figure.value is None
                or scope[0] not in metric.scopes
                or period.kind not in metric.periods
            ):
                continue
            rows.append(
                (
                    metric.name,
                    *scope,
                    period.kind,
                    period.start,
                    figure.numerator,
                    figure.denominator,
                    figure.value,
                    figure.sample_size,
                )
            )
    frame = pd.DataFrame(rows, columns=COLUMNS[:9]).sort_values(COLUMNS[:5], ignore_index=True)
    frame = frame.astype({"numerator": float, "denominator": float, "value": float})
    frame = frame.astype({"sample_size": "Int64"})
    return add_context(company, frame)


def add_context(company: Company, frame: pd.DataFrame) -> pd.DataFrame:
    """What `kpi_values` has behind the figures: completeness, earlier values, target, status."""
    catalogue = read_catalogue()
    keys = list(zip(*(frame[column] for column in COLUMNS[:5]), strict=True))
    values = dict(zip(keys, frame["value"], strict=True))
    context: dict[str, list] = {column: [] for column in COLUMNS[9:]}
    for kpi, scope_type, scope_id, kind, start in keys:
        period = company.fiscal.period(kind, start)
        before, year_ago = company.fiscal.before(period), company.fiscal.year_earlier(period)
        target = target_of(company, catalogue[kpi]["unit"], kpi, (scope_type, scope_id), period)
        value = values[kpi, scope_type, scope_id, kind, start]
        # The period ended before the as-of date.
        context["is_complete"].append(period.end < company.as_of)
        context["previous_value"].append(
            values.get((kpi, scope_type, scope_id, kind, before.start))
        )
        context["year_ago_value"].append(
            values.get((kpi, scope_type, scope_id, kind, year_ago.start))
        )
        context["target"].append(target)
        context["target_status"].append(status_of(value, target, catalogue[kpi]["better"]))
    for column, cells in context.items():
        frame[column] = cells
    return frame.astype({"previous_value": float, "year_ago_value": float, "target": float})


def read_catalogue() -> dict[str, dict[str, str]]:
    """Unit and better direction by metric, of the catalogue that the project ships."""
    path = Path(__file__).parents[2] / "seeds" / "kpi_catalog.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return {row["kpi"]: row for row in csv.DictReader(file)}


def target_of(company: Company, unit: str, kpi: str, scope: Scope, period: Period) -> float | None:
    """ "A year's or quarter's target is the sum of its parts for money and counts, and null for
    ratios, unless one is given"."""
    if unit in ("money", "count"):
        parts = target_parts(company, kpi, scope, period)
        return fsum(parts) if parts else None
    return company.targets.get((kpi, *scope, period.kind, period.start))


def status_of(value: float, target: float | None, better: str) -> str | None:
    """ "`met`; `close`, within a tenth of the target on the wrong side; `missed`"."""
    if target is None:
        return None
    if better == "zero":
        # Met means no further from zero than the target.
        shortfall = abs(value) - abs(target)
    else:
        shortfall = target - value if better == "higher" else value - target
    if shortfall <= 0:
        return "met"
    return "close" if shortfall <= abs(target) / 10 else "missed"


def filled(
    company: Company, metric: Metric, existence: dict[Scope, set[Period]]
) -> dict[tuple[Scope, Period], Figure]:
    """Definition: "A metric whose when_empty is zero has a row for every period in which the
    scope existed ... any other scope from the first period in which this metric has a record
    for it. (none) is not filled"."""
    figures = dict(metric.compute(company).figures)
    if not metric.is_filled:
        return figures
    zero = Figure(0.0, None, 0.0, 0)
    for scope, periods in existence.items():
        for period in periods:
            figures.setdefault((scope, period), zero)
    others = {scope for scope, _ in figures if scope[0] not in ("company", "rep", "team", "region")}
    for scope in others:
        if scope[1] == NONE:
            continue
        for kind in metric.periods:
            starts = [
                period.start for one, period in figures if one == scope and period.kind == kind
            ]
            for period in company.periods[kind]:
                if starts and period.start >= min(starts):
                    figures.setdefault((scope, period), zero)
    return figures


def existing_scopes(company: Company) -> dict[Scope, set[Period]]:
    """Definition: "The company every period; a rep, and a team or region through its reps,
    every period with a day of employment up to the period of the as-of date"."""
    found: dict[Scope, set[Period]] = {("company", "company"): set()}
    for kind in company.periods:
        for period in company.periods[kind]:
            found["company", "company"].add(period)
            for rep in company.reps:
                for day in rep.days_of_change(period):
                    # Nobody is employed yet who begins after the as-of date.
                    if day <= company.as_of and rep.is_employed(day):
                        for scope in people(rep, day):
                            if scope[1] != NONE:
                                found.setdefault(scope, set()).add(period)
    return found
