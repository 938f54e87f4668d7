"""The weekly digest: the company's scorecard as a message, with the changes and what is odd."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from orchestration.channels import Message
from orchestration.errors import RefreshError
from orchestration.freshness import Freshness
from orchestration.scanning import counted
from orchestration.scorecard import THEMES, Figure, change, read_figures, shown, standing
from orchestration.settings import Settings


def digest(settings: Settings, stale: Sequence[Freshness] = ()) -> Message:
    """The scorecard of the company's latest complete and current quarter.

    Args:
        settings: where the published file is.
        stale: sources that deliver no more, told first.

    Raises:
        RefreshError: nothing is published, or the file cannot be read.
    """
    try:
        with duckdb.connect(str(settings.published_file), read_only=True) as con:
            figures, _ = read_figures(con)
            [(company, is_demo, as_of, currency)] = con.execute(
                "select company_name, is_demo, as_of_date, reporting_currency from quality.about"
            ).fetchall()
            [(rejected,)] = con.execute("select count(*) from quality.rejected_rows").fetchall()
    except duckdb.Error:
        raise RefreshError(
            f"{settings.published_file} cannot be read, so there is nothing to tell: "
            "run `make refresh`."
        ) from None
    name = company or ("Demo company" if is_demo else "your company")
    lines = [f"Figures as of {as_of}, amounts in {currency}."]
    lines += [f"Stale: {item.in_words}." for item in stale if not item.is_fresh]
    if rejected:
        lines.append(f"{counted(rejected, 'row is', 'rows are')} in quality.rejected_rows.")
    if not figures:
        lines.append("No metric has a figure for the company yet.")
    return Message(
        f"Sales KPIs of {name}: the week's digest",
        "\n".join(lines),
        "\n\n".join(_period(figures, period) for period in _periods(figures)),
    )


def _periods(figures: Sequence[Figure]) -> list[tuple[bool, str]]:
    """Of the complete and then the current quarter whether it is current, and its name."""
    return sorted({(not figure.is_complete, figure.period_name) for figure in figures})


def _period(figures: Sequence[Figure], period: tuple[bool, str]) -> str:
    """A quarter's figures, a line each: value, change from the quarter before, target."""
    is_current, name = period
    rows = {
        (figure.theme, figure.label): (
            shown(figure.value, figure.unit),
            change(figure),
            f"{standing(figure)} ({shown(figure.target, figure.unit)})"
            if figure.target is not None
            else "",
        )
        for figure in figures
        if figure.period_name == name and figure.value is not None
    }
    width = max((len(label) for _, label in rows), default=0)
    value_width = max((len(value) for value, _, _ in rows.values()), default=0)
    change_width = max((len(changed) for _, changed, _ in rows.values()), default=0)
    lines = [f"{name}{' so far' if is_current else ''}, change from the quarter before, target"]
    for theme in THEMES:
        of_theme = [(label, row) for (known, label), row in rows.items() if known == theme]
        if of_theme:
            lines.append(theme.capitalize())
        for label, (value, changed, target) in of_theme:
            cells = (
                f"  {label:<{width}}",
                f"{value:>{value_width}}",
                f"{changed:<{change_width}}",
                target,
            )
            lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)
