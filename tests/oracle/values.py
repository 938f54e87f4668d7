"""All metrics in one table, as `kpi_values` must hold them: gaps filled, unknown values left
out."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from tests.oracle.company import NONE, Company, Period
from tests.oracle.metrics import METRICS
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
]


def compute(landing_dir: Path | str, config_path: Path | str | None = None) -> pd.DataFrame:
    """The rows of `kpis.kpi_values` for the extracts under `landing_dir` and that configuration
    file.

    One row per kpi, scope_type, scope_id, period_type, period_start (a date); numerator,
    denominator and value as floats, sample_size as Int64; unknown ones null. Rows whose value
    is null are left out.
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
    frame = pd.DataFrame(rows, columns=COLUMNS).sort_values(COLUMNS[:5], ignore_index=True)
    frame = frame.astype({"numerator": float, "denominator": float, "value": float})
    return frame.astype({"sample_size": "Int64"})


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
                    if rep.is_employed(day):
                        for scope in people(rep, day):
                            if scope[1] != NONE:
                                found.setdefault(scope, set()).add(period)
    return found
