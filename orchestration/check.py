"""Reads extracts and configuration without building anything, and tells what was understood.

Lands into a warehouse of its own that is thrown away, so that what is told here is what a
refresh would find.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import duckdb

from orchestration.contract import Contract, load_contract
from orchestration.landing import LandingReport, land_what_can
from orchestration.scanning import Scan, counted, scan, shorten
from orchestration.settings import Settings
from orchestration.warehouse import open_warehouse, refuse_demo_beside_real


def check(
    settings: Settings,
    contract: Contract | None = None,
    console_print: Callable[[str], None] = print,
) -> int:
    """Prints deliveries, objects with their rows and columns, notes, and every problem at once.

    Returns the exit code: 0, 1 where extracts must be mended, 2 where the configuration must.

    Raises:
        UsageError: there is no landing folder or delivery, or none any more.
    """
    contract = contract or load_contract(settings.project_dir)
    found = scan(settings, contract)
    if not found.deliveries:
        refuse_demo_beside_real(settings)
        console_print(f"{found.landing_dir} is empty: a refresh would make a demo company.")
        return 0
    parent = settings.warehouse_path.parent
    parent.mkdir(parents=True, exist_ok=True, mode=0o750)
    with tempfile.TemporaryDirectory(prefix=".check-", dir=parent) as folder:
        scratch = replace(settings, warehouse_path=Path(folder) / "check.duckdb")
        with open_warehouse(scratch, found) as con:
            report = land_what_can(con, scratch, contract, found)
            for line in _describe(con, settings, found, report):
                console_print(line)
    if report.usage_problems:
        return 2
    return 1 if report.problems else 0


def _describe(
    con: duckdb.DuckDBPyConnection, settings: Settings, found: Scan, report: LandingReport
) -> list[str]:
    lines = [f"Landing folder: {found.landing_dir}" + (" (demo company)" if found.is_demo else "")]
    if settings.config_path:
        given = [*settings.values, *settings.maps, *(["exclusions"] if settings.exclusions else [])]
        lines.append(f"Configuration: {settings.config_path} ({', '.join(given) or 'empty'})")
    lines.append(f"As-of date: {report.as_of_date or 'unknown'}")
    for source in sorted({delivery.source for delivery in found.deliveries}):
        deliveries = [
            f"{delivery.kind}/{delivery.name}"
            for delivery in found.deliveries
            if delivery.source == source
        ]
        count = counted(len(deliveries), "delivery", "deliveries")
        lines += ["", f"{source}: {count} ({shorten(deliveries)})"]
        lines += _objects(con, source)
    problems = [*report.usage_problems, *report.problems]
    for title, texts in (("Notes", report.notes), ("To be mended", problems)):
        if texts:
            lines += ["", f"{title}:", *(f"- {text}" for text in texts)]
    lines += ["", "Nothing needs mending." if not problems else "A refresh would fail."]
    return lines


def _objects(con: duckdb.DuckDBPyConnection, source: str) -> list[str]:
    rows = con.execute(
        """
        with columns as (
            select
                object,
                count(distinct contract_column) as known,
                count(distinct column_name) filter (where contract_column is null) as unknown
            from raw.file_columns where source = ? group by object
        )

        select object, count(*), sum(rows_in_file), sum(rows_rejected), any_value(known),
            any_value(unknown)
        from raw.files inner join columns using (object)
        where source = ? group by object order by object
        """,
        [source, source],
    ).fetchall()
    header = ("object", "files", "rows", "rejected", "columns used", "unused")
    table = [
        header,
        *(tuple(f"{cell:,}" if i else cell for i, cell in enumerate(row)) for row in rows),
    ]
    widths = [max(len(row[i]) for row in table) for i in range(len(header))]
    return [
        "  "
        + "  ".join(
            cell.rjust(width) if i else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in table
    ]
