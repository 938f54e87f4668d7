"""What an operator may accept by name, for one run: refused files and sudden changes.

    salesforce/full/2026-11-20/Account.csv   a refused file: the run goes on without it
    rows-of-fct_leads                        a fact that has far fewer rows
    win_rate                                 a metric of the scorecard that is far off
    missing-salesforce-Opportunity           an object that the newest full delivery lacks
    stale-flat                               a source that delivers nothing any more

The names are those that the message of the failed run gives.
"""

from __future__ import annotations

import csv
import re
import shlex
from collections.abc import Collection, Iterable
from pathlib import Path

from orchestration.connectors import SOURCE_PATTERN
from orchestration.errors import UsageError

ROWS_OF = "rows-of-"
MISSING = "missing-"
STALE = "stale-"

_FILE = re.compile(rf"{SOURCE_PATTERN}/(full|changes)/.+")
_MISSING = re.compile(rf"{MISSING}{SOURCE_PATTERN}-.+")
_STALE = re.compile(rf"{STALE}{SOURCE_PATTERN}")


def is_file_name(name: str) -> bool:
    """Whether a name has the form of a delivered file, `source/kind/delivery/file`."""
    return _FILE.fullmatch(name) is not None


def check_names(project_dir: Path, names: Collection[str]) -> None:
    """Looks whether the names could be accepted at all.

    Args:
        project_dir: the project, for the names of facts and metrics.
        names: what was given with `--accept`.

    Raises:
        UsageError: some could not; the message tells what could.
    """
    if not names:
        return
    facts = {f"{ROWS_OF}{path.stem}" for path in project_dir.glob("models/core/**/fct_*.sql")}
    with (project_dir / "seeds" / "kpi_catalog.csv").open(encoding="utf-8", newline="") as rows:
        metrics = {row["kpi"] for row in csv.DictReader(rows)}
    unknown = [
        name
        for name in names
        if name not in facts | metrics
        and not any(pattern.fullmatch(name) for pattern in (_FILE, _MISSING, _STALE))
    ]
    if unknown:
        raise UsageError(
            f"--accept {' '.join(shlex.quote(name) for name in unknown)}: nothing is called so. "
            "What a failed run names can be accepted: a refused file as it is printed "
            f"(salesforce/full/2026-11-20/Account.csv), {ROWS_OF}<fact> ({ROWS_OF}fct_leads), a "
            f"metric (sales), {MISSING}<source>-<object> ({MISSING}salesforce-Opportunity), "
            f"{STALE}<source> ({STALE}flat)."
        )


def accept_command(names: Iterable[str]) -> str:
    """The command that runs a refresh and accepts these, to be typed as it is."""
    options = " ".join(f"--accept {shlex.quote(name)}" for name in dict.fromkeys(names))
    return f".venv/bin/sales-kpis refresh {options}"
