"""The scorecard in the terminal: the published figures, read as any reader would."""

from __future__ import annotations

import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

import duckdb
from rich import box
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from orchestration.progress import shown_path
from orchestration.restatements import summary

_SCORECARD = """
    select label, theme, unit, period_name, is_complete, value, previous_value, target,
        target_status, trend
    from kpis.kpi_scorecard
    where scope_type = 'company' and period_type = 'quarter'
    order by list_position(?, theme), label, period_start
"""
# Where targets are only for others than the company, or for other periods than quarters.
_HEADLINES = """
    select
        catalog.label, catalog.theme, catalog.unit, periods.period_name, periods.is_complete,
        figures.value, figures.previous_value, null, null, null
    from kpis.kpi_values as figures
    inner join kpis.kpi_catalog as catalog using (kpi)
    inner join core.dim_periods as periods using (period_type, period_start)
    where
        catalog.is_headline
        and figures.scope_type = 'company'
        and period_type = 'quarter'
        and (
            periods.is_current
            or period_start = (
                select max(period_start) from core.dim_periods
                where period_type = 'quarter' and is_complete
            )
        )
    order by list_position(?, catalog.theme), catalog.label, period_start
"""
QUERY = (
    "select scope_name, period_start, value from kpis.kpi_values "
    "where kpi = 'win_rate' and scope_type = 'rep' and period_type = 'quarter' "
    "order by period_start desc, value desc limit 20"
)
THEMES = ("results", "pipeline", "leads", "customers", "activity", "people")
TRENDS = {"improving": "green", "worsening": "red", "steady": "dim"}
STATUSES = {"met": "green", "close": "yellow", "missed": "red"}


@dataclass(frozen=True)
class Figure:
    """One metric of the company in one quarter, as `kpis.kpi_scorecard` has it."""

    label: str
    theme: str
    unit: str
    period_name: str
    is_complete: bool
    value: float | None
    previous_value: float | None
    target: float | None
    target_status: str | None
    trend: str | None


def print_scorecard(console: Console, published_file: Path) -> None:
    """Prints the company's latest complete and current quarter, the path and a first query.

    Args:
        console: where to.
        published_file: opened read-only.
    """
    with duckdb.connect(str(published_file), read_only=True) as con:
        figures, other_targets = read_figures(con)
        [(metrics, missing)] = con.execute(
            "select count(*), count(*) filter (where not is_available) "
            "from quality.kpi_availability"
        ).fetchall()
        [(issues,)] = con.execute("select count(*) from quality.data_issues").fetchall()
        restated = summary(con)
        [(company, is_demo, as_of, currency)] = con.execute(
            "select company_name, is_demo, as_of_date, reporting_currency from quality.about"
        ).fetchall()
    name = company or ("The demo company" if is_demo else "The company")
    console.print()
    console.print(f"{name} as of {as_of}, amounts in {currency}", style="bold", highlight=False)
    periods = sorted({(not figure.is_complete, figure.period_name) for figure in figures})
    tables = [scorecard(figures, periods)]
    unlimited = console.options.update(max_width=1000)
    if Measurement.get(console, unlimited, tables[0]).maximum > console.width:
        tables = [scorecard(figures, [period]) for period in periods]
    for table in tables if figures else []:
        console.print(table)
    lines = []
    if not figures:
        lines.append("No metric has a figure for the company yet.")
    if other_targets:
        lines.append(
            "These are the headline metrics, as no target is for the company and a quarter; "
            "kpis.kpi_scorecard holds the metrics with targets."
        )
    if missing:
        lines.append(
            f"{missing} of {metrics} metrics {'lacks' if missing == 1 else 'lack'} an extract: "
            "select * from quality.kpi_availability where not is_available"
        )
    if issues:
        lines.append(
            f"{issues:,} {'record is' if issues == 1 else 'records are'} odd, each with what it "
            "means for the figures: select * from quality.data_issues"
        )
    if restated:
        lines.append(f"{restated}.")
    path = shown_path(published_file)
    lines += [
        "",
        f"Published: {path}",
        "A first query:",
        f'  {shown_path(Path(sys.executable))} -c "import duckdb; '
        f'print(duckdb.connect(\'{path}\', read_only=True).sql(\\"{QUERY}\\"))"',
        "or, with DuckDB's shell:",
        f'  duckdb -readonly {shlex.quote(path)} "{QUERY}"',
    ]
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def read_figures(con: duckdb.DuckDBPyConnection) -> tuple[list[Figure], int]:
    """The company's quarters in the scorecard of a published file; without a target for it, the
    headline metrics, and how many targets there are for others.
    """
    rows = con.execute(_SCORECARD, [list(THEMES)]).fetchall()
    other_targets = 0
    if not rows:
        [(other_targets,)] = con.execute("select count(*) from kpis.kpi_scorecard").fetchall()
        rows = con.execute(_HEADLINES, [list(THEMES)]).fetchall()
    return [Figure(*row) for row in rows], other_targets


def scorecard(figures: list[Figure], periods: list[tuple[bool, str]]) -> Table:
    """A row per metric, the figures of the periods (is current, name) side by side."""
    table = Table(box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False, collapse_padding=True)
    table.add_column("Metric", no_wrap=True)
    for is_current, period in periods:
        table.add_column(
            f"{period}{' so far' if is_current else ''}", justify="right", no_wrap=True
        )
        table.add_column("Target", justify="right", no_wrap=True)
        table.add_column("Status", no_wrap=True)
        table.add_column("Change", justify="right", no_wrap=True)
    by_metric: dict[tuple[str, str], dict[str, Figure]] = {}
    for figure in figures:
        by_metric.setdefault((figure.theme, figure.label), {})[figure.period_name] = figure
    theme_before = None
    for (theme, label), by_period in by_metric.items():
        if theme != theme_before:
            table.add_row(Text(theme.capitalize(), style="bold"))
            theme_before = theme
        cells = [cell for _, period in periods for cell in _cells(by_period.get(period))]
        table.add_row(f"  {label}", *cells)
    return table


def _cells(figure: Figure | None) -> list[Text]:
    if figure is None:
        return [Text("")] * 4
    status = standing(figure)
    trend = (figure.trend or "") if figure.is_complete else "steady"
    return [
        Text(shown(figure.value, figure.unit)),
        Text(shown(figure.target, figure.unit) if figure.target is not None else "", style="dim"),
        Text(status, style=STATUSES.get(status, "")),
        Text(change(figure), style=TRENDS.get(trend, "")),
    ]


def standing(figure: Figure) -> str:
    """How a figure stands to its target; empty where it has none.

    Of a period that is not over, what is met is met; of all else it is too early to say.
    """
    status = figure.target_status or ""
    return status if figure.is_complete or status in ("", "met") else "so far"


def shown(value: float | None, unit: str) -> str:
    """A value as people write its unit: 0.274 of a ratio is 27.4 %; an unknown is a dash."""
    if value is None:
        return "-"
    if unit == "ratio":
        return f"{value:.1%}"
    if unit == "count":
        return f"{value:,.0f}" if value == round(value) else f"{value:,.1f}"
    suffix = {"days": " d", "minutes": " min", "money per day": " /day"}.get(unit, "")
    decimals = 0 if unit.startswith("money") or abs(value) >= 1000 else 1
    return f"{value:,.{decimals}f}{suffix}"


def change(figure: Figure) -> str:
    """The change from the period before, with an arrow: of ratios in points, else in percent."""
    if figure.value is None or figure.previous_value is None:
        return ""
    difference = figure.value - figure.previous_value
    arrow = "↑" if difference > 0 else "↓" if difference < 0 else "→"
    if figure.unit == "ratio":
        return f"{arrow} {abs(difference) * 100:.1f} pts"
    if not figure.previous_value:
        return arrow
    return f"{arrow} {abs(difference / figure.previous_value):.0%}"
