"""A landing folder, a small contract and a warehouse, for the tests of landing."""

from __future__ import annotations

import multiprocessing
import os
import signal
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb

from orchestration.contract import Column, Contract, Table
from orchestration.landing import LandingReport, land, scan
from orchestration.settings import Exclusion, Settings
from orchestration.warehouse import open_warehouse

ACCOUNT = Table(
    connector="salesforce",
    name="account",
    identifier="salesforce__account",
    object="Account",
    entity="accounts",
    key=("Id",),
    columns=(
        Column("Id", "id", required=True),
        Column("IsDeleted", "boolean"),
        Column("Name"),
        Column("OwnerId", "id"),
        Column("AnnualRevenue", "decimal"),
        Column("CreatedDate", "instant"),
    ),
)
CONTACT = Table(
    connector="salesforce",
    name="contact",
    identifier="salesforce__contact",
    object="Contact",
    entity="contacts",
    key=("Id",),
    columns=(
        Column("Id", "id", required=True),
        Column("Email", private=True),
        Column("BirthDate", "date", private=True),
    ),
)
REPS = Table(
    connector="flat",
    name="reps",
    identifier="flat__reps",
    object="reps",
    entity="reps",
    key=("rep_id",),
    columns=(
        Column("rep_id", required=True),
        Column("name", required=True),
        Column("hire_date", "date"),
    ),
)
COSTS = Table(
    connector="flat",
    name="costs",
    identifier="flat__costs",
    object="costs",
    entity="costs",
    key=("month",),
    columns=(
        Column("month", "month", required=True),
        Column("amount", "decimal", required=True),
        Column("item"),
    ),
)
CONTRACT = Contract((ACCOUNT, CONTACT, REPS, COSTS))


class Company:
    """Extracts in a landing folder, and the warehouse they land in."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.contract = CONTRACT
        self.settings = Settings(
            project_dir=root,
            landing_dir=root / "landing",
            landing_is_default=False,
            warehouse_path=root / "warehouse" / "private.duckdb",
            published_dir=root / "published",
        )
        self.settings.landing_dir.mkdir(parents=True)

    def configure(self, **values: Any) -> None:
        """Sets settings."""
        self.settings = replace(self.settings, values={**self.settings.values, **values})

    def exclude(self, *exclusions: Exclusion) -> None:
        """Sets the exclusions."""
        self.settings = replace(self.settings, exclusions=exclusions)

    def deliver(self, place: str, content: str | bytes) -> Path:
        """Writes the file landing/<place>."""
        path = self.settings.landing_dir / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def deliver_zip(self, place: str, members: dict[str, str]) -> Path:
        """Writes the archive landing/<place>."""
        path = self.settings.landing_dir / place
        path.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in members.items():
                archive.writestr(name, content)
        return path

    @contextmanager
    def warehouse(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """The warehouse, open."""
        with open_warehouse(self.settings, scan(self.settings, self.contract)) as con:
            yield con

    def land(self) -> LandingReport:
        """Lands what is new."""
        found = scan(self.settings, self.contract)
        with open_warehouse(self.settings, found) as con:
            return land(con, self.settings, self.contract, found)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of the warehouse."""
        with self.warehouse() as con:
            return con.execute(sql).fetchall()

    def statuses(self, report: LandingReport) -> dict[str, str]:
        """By file what became of it."""
        return {f"{file.source}/{file.delivery}/{file.file}": file.status for file in report.files}

    def raw_content(self) -> dict[str, Any]:
        """Everything in raw but the instants of landing: columns and rows as sets."""
        with self.warehouse() as con:
            tables = con.execute(
                "select table_name from duckdb_tables() where schema_name = 'raw'"
            ).fetchall()
            content = {}
            for (name,) in tables:
                if name == "file_states":  # times and inodes of the files on disk
                    continue
                result = con.execute(f'select * from raw."{name}"')
                columns = [column[0] for column in result.description]
                rows = [
                    tuple(
                        sorted(
                            (column.lower(), str(value))
                            for column, value in zip(columns, row, strict=True)
                            if column != "landed_at"
                        )
                    )
                    for row in result.fetchall()
                ]
                content[name] = (sorted(column.lower() for column in columns), sorted(rows))
            return content


def exclusion(object_name: str, column: str, *values: str | None, pattern: bool = False):
    """An exclusion with the reason "test data"."""
    return Exclusion(object_name, column, values, pattern, "test data", "config.yml, line 3")


def kill_while_landing(company: Company, file_number: int) -> None:
    """Lands in a process that is killed as it begins to read the n-th file."""
    process = multiprocessing.get_context("spawn").Process(
        target=_land_and_die, args=(company, file_number)
    )
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL


def _land_and_die(company: Company, file_number: int) -> None:
    begun = []

    def progress(text: str) -> None:
        begun.append(text)
        if len(begun) == file_number:
            os.kill(os.getpid(), signal.SIGKILL)

    found = scan(company.settings, company.contract)
    with open_warehouse(company.settings, found) as con:
        land(con, company.settings, company.contract, found, progress)
