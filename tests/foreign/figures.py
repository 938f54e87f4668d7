"""Figures by scope and fiscal period, computed with pandas, and their comparison with published
ones."""

from __future__ import annotations

import csv
import functools
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import duckdb
import pandas as pd

PERIODS = {"month": 1, "quarter": 3, "year": 12}
NOBODY = "(none)"
Figure = Callable[[pd.DataFrame], float | None]
# By kpi, scope type and period type: the value by scope and first day of the period.
Key = tuple[str, str, str]


class Figures:
    """Collects figures up to the as-of date; `first_month` is the fiscal year's."""

    def __init__(self, as_of: str, first_month: int = 1) -> None:
        self.as_of = pd.Timestamp(as_of)
        self.first_month = first_month
        self.values: dict[Key, dict[tuple[str, pd.Timestamp], float]] = {}

    def start(self, day: pd.Timestamp, period_type: str) -> pd.Timestamp:
        """First day of the fiscal period that a day lies in."""
        months = (day.month - self.first_month) % PERIODS[period_type]
        return day.to_period("M").to_timestamp() - pd.DateOffset(months=months)

    def starts(self, days: pd.Series, period_type: str) -> pd.Series:
        """The same of many days."""
        months = (days.dt.month - self.first_month) % PERIODS[period_type]
        first = days.to_numpy().astype("datetime64[M]") - months.to_numpy().astype("timedelta64[M]")
        return pd.Series(first.astype("datetime64[ns]"), days.index)

    def periods(self, first: str, period_type: str) -> Iterator[tuple[pd.Timestamp, pd.Timestamp]]:
        """First and last day of each period; the last day of the current one is the as-of date."""
        start = self.start(pd.Timestamp(first), period_type)
        while start <= self.as_of:
            following = start + pd.DateOffset(months=PERIODS[period_type])
            yield start, min(following - pd.Timedelta(days=1), self.as_of)
            start = following

    def add(
        self,
        kpi: str,
        scope_type: str,
        period_type: str,
        found: Iterable[tuple[str, pd.Timestamp, float | None]],
    ) -> None:
        """Figures of one kpi; unknown ones have no row."""
        values = self.values.setdefault((kpi, scope_type, period_type), {})
        for scope, start, value in found:
            if value is not None and not pd.isna(value):
                values[scope, start] = float(value)

    def dated(
        self, kpi: str, records: pd.DataFrame, day: str, scopes: dict[str, str], figure: Figure
    ) -> None:
        """A figure of the records of each period and scope: `scopes` names their columns."""
        records = records[records[day].notna()]
        for period_type in PERIODS:
            starts = self.starts(records[day], period_type)
            for scope_type, column in scopes.items():
                groups = records.groupby([scope_of(records, column), starts])
                self.add(
                    kpi,
                    scope_type,
                    period_type,
                    ((key, start, figure(group)) for (key, start), group in groups),
                )

    def at_period_ends(
        self,
        kpi: str,
        first: str,
        records_on: Callable[[pd.Timestamp], pd.DataFrame],
        scopes: dict[str, str],
        figure: Figure,
    ) -> None:
        """A figure of the records as they are at the end of each period, from `first` on."""
        on = functools.cache(records_on)
        for period_type in PERIODS:
            for start, end in self.periods(first, period_type):
                records = on(end)
                for scope_type, column in scopes.items():
                    groups = records.groupby(scope_of(records, column))
                    self.add(
                        kpi,
                        scope_type,
                        period_type,
                        ((scope, start, figure(group)) for scope, group in groups),
                    )


def scope_of(records: pd.DataFrame, column: str) -> pd.Series:
    """What each record counts under; without a column it is the company."""
    if not column:
        return pd.Series("company", records.index, dtype=object)
    return records[column].astype(object).fillna(NOBODY)


def differences(expected: Figures, database: Path) -> list[str]:
    """Where the published figures of these kpis, scopes and periods are others, in either
    direction; a filled 0 is as good as no row."""
    found = []
    with duckdb.connect(str(database), read_only=True) as con:
        filled = {
            kpi
            for (kpi,) in con.execute(
                "select kpi from kpis.kpi_catalog where when_empty = 'zero'"
            ).fetchall()
        }
        for (kpi, scope_type, period_type), values in expected.values.items():
            rows = con.execute(
                "select case when scope_type = 'company' or scope_id = '(none)' then scope_id "
                "else scope_name end, period_start, value from kpis.kpi_values "
                "where kpi = ? and scope_type = ? and period_type = ?",
                [kpi, scope_type, period_type],
            ).fetchall()
            there = {(scope, pd.Timestamp(start)): value for scope, start, value in rows}
            both = [
                {key: value for key, value in side.items() if value or kpi not in filled}
                for side in (values, there)
            ]
            for key in sorted(set(both[0]) | set(both[1])):
                mine, theirs = (side.get(key) for side in both)
                if mine is None or theirs is None or abs(mine - theirs) > 1e-6 * max(1, abs(mine)):
                    found.append(
                        f"{kpi} of {scope_type} {key[0]}, {period_type} of {key[1]:%Y-%m-%d}: "
                        f"expected {mine}, published {theirs}"
                    )
    return found


# -- figures of a group -----------------------------------------
def count(records: pd.DataFrame) -> float:
    return len(records)


def total(column: str) -> Figure:
    return lambda records: records[column].sum(min_count=1)


def mean(column: str) -> Figure:
    return lambda records: records[column].mean()


def median(column: str) -> Figure:
    return lambda records: records[column].median()


def ratio(numerator: str, denominator: str) -> Figure:
    """Of sums over the records that have both."""

    def figure(records: pd.DataFrame) -> float | None:
        known = records[records[numerator].notna() & records[denominator].notna()]
        below = known[denominator].sum()
        return known[numerator].sum() / below if below else None

    return figure


# -- files ------------------------------------------------------
def write_csv(
    path: Path,
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    delimiter: str = ",",
    encoding: str = "utf-8",
    quoting: int = csv.QUOTE_MINIMAL,
) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file, delimiter=delimiter, quoting=quoting)
        writer.writerow(columns)
        writer.writerows(["" if cell is None else cell for cell in row] for row in rows)


def read_texts(
    path: Path, *, delimiter: str = ",", encoding: str = "utf-8", header_line: int = 1
) -> pd.DataFrame:
    """Every cell as text, empty ones missing; of columns of one name the first."""
    with path.open(encoding=encoding, newline="") as file:
        header, *rows = list(csv.reader(file, delimiter=delimiter))[header_line - 1 :]
    cells = [[cell.strip() or None for cell in row] for row in rows]
    frame = pd.DataFrame(cells, columns=header, dtype=object)
    return frame.loc[:, ~frame.columns.duplicated()]


def some_day(rng: random.Random, first: str, last: str) -> pd.Timestamp:
    days = (pd.Timestamp(last) - pd.Timestamp(first)).days
    return pd.Timestamp(first) + pd.Timedelta(days=rng.randint(0, days))


def at_some_time(rng: random.Random, day: pd.Timestamp) -> pd.Timestamp:
    return day + pd.Timedelta(minutes=rng.randrange(24 * 60))
