"""Compares a published warehouse with the independent computation.

`python -m tests.oracle.compare --landing DIR --config F --published FILE`
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import duckdb
import pandas as pd

from tests.oracle.metrics import METRICS
from tests.oracle.values import COLUMNS, compute

KEY = COLUMNS[:5]
FIGURES = ["numerator", "denominator", "value", "previous_value", "year_ago_value", "target"]
EXACT = ["sample_size", "is_complete", "target_status"]
TOLERANCE = 1e-6


def read_published(path: Path) -> pd.DataFrame:
    """`kpis.kpi_values` of a published file, in the columns of the oracle."""
    with duckdb.connect(str(path), read_only=True) as connection:
        frame = connection.execute(f"select {', '.join(COLUMNS)} from kpis.kpi_values").df()
    frame["period_start"] = pd.to_datetime(frame["period_start"]).dt.date
    return frame.astype({"sample_size": "Int64"})


def differences(expected: pd.DataFrame, actual: pd.DataFrame) -> pd.DataFrame:
    """Rows that only one side has, or whose figures differ.

    Column `finding`: only in oracle, only in warehouse, differing. Only metrics known to both
    sides. Figures agree within a millionth of max(1, |figure|), sample sizes exactly.
    """
    known = set(METRICS) & (set(actual["kpi"]) | set(expected["kpi"]))
    both = expected[expected["kpi"].isin(known)].merge(
        actual[actual["kpi"].isin(known)],
        on=KEY,
        how="outer",
        suffixes=("", "_warehouse"),
        indicator=True,
    )
    findings = (
        both["_merge"]
        .astype(str)
        .map({"left_only": "only in oracle", "right_only": "only in warehouse", "both": ""})
    )
    for column in FIGURES:
        ours, theirs = both[column], both[f"{column}_warehouse"]
        limit = TOLERANCE * ours.abs().clip(lower=1)
        same = ((ours - theirs).abs() <= limit) | (ours.isna() & theirs.isna())
        findings = findings.where(same | (findings != ""), "differing")
    for column in EXACT:
        ours, theirs = both[column], both[f"{column}_warehouse"]
        same = (ours == theirs).fillna(False).astype(bool) | (ours.isna() & theirs.isna())
        findings = findings.where(same | (findings != ""), "differing")
    both["finding"] = findings
    return both[findings != ""].drop(columns="_merge").sort_values(KEY, ignore_index=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.oracle.compare", description=__doc__)
    parser.add_argument("--landing", type=Path, required=True)
    parser.add_argument("--config", type=Path)
    parser.add_argument("--published", type=Path, required=True)
    parser.add_argument("--examples", type=int, default=3)
    parser.add_argument("--kpi", help="this metric only")
    arguments = parser.parse_args()
    actual = read_published(arguments.published)
    expected = compute(arguments.landing, arguments.config)
    if arguments.kpi:
        actual, expected = (f[f["kpi"] == arguments.kpi] for f in (actual, expected))
    found = differences(expected, actual)
    pd.set_option("display.width", 250, "display.max_columns", 20, "display.max_rows", 1000)
    for kpi in [arguments.kpi] if arguments.kpi else METRICS:
        rows = found[found["kpi"] == kpi]
        count = (expected["kpi"] == kpi).sum(), (actual["kpi"] == kpi).sum()
        if not count[1] and count[0]:
            print(f"{kpi}: not in the warehouse, {count[0]} rows in the oracle")
            continue
        print(
            f"{kpi}: {count[0]} rows in the oracle, {count[1]} in the warehouse,"
            f" {len(rows)} findings"
        )
        for finding, examples in rows.groupby("finding"):
            print(f"  {finding}: {len(examples)}")
            print(
                examples.drop(columns=["kpi", "finding"])
                .head(arguments.examples)
                .to_string(index=False)
            )
    return 1 if len(found) else 0


if __name__ == "__main__":
    sys.exit(main())
