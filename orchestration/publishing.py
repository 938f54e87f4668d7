"""Makes the file that everybody reads: a new, whole, read-only version, then a link to it.

    published/sales_kpis.duckdb -> versions/<version>/sales_kpis.duckdb

A version is made in a folder that ends in `.part`, closed, compared with the warehouse and only
then named; the link is replaced by rename. So a reader sees one whole version or the other, and
whatever goes wrong before the last step leaves the published file as it was.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import duckdb

from orchestration.errors import RefreshError
from orchestration.settings import PUBLISHED_FILE, SETTINGS_BY_NAME
from orchestration.sql import identifier, literal

SCHEMAS = ("kpis", "marts", "core", "quality")
# Drivers of BI tools are older than ours; this is a format that they open.
STORAGE_VERSION = "v1.2.0"
KEEP_VERSIONS = SETTINGS_BY_NAME["keep_versions"].default

ABOUT = {
    "company_name": ("varchar", "Name of the company whose figures these are."),
    "is_demo": ("boolean", "Whether they are the simulated demo company's."),
    "as_of_date": ("date", "The day the figures are as of."),
    "reporting_currency": ("varchar", "Currency of every amount."),
    "version": ("varchar", "Name of this version: its folder under published/versions."),
    "previous_version": (
        "varchar",
        "The version that this one replaced; a rollback returns to it.",
    ),
    "published_at": ("timestamp", "When it was published (UTC)."),
    "landing_hash": (
        "varchar",
        "Fingerprint of the landing folder: versions of another one are not compared.",
    ),
    "run_id": ("varchar", "The Dagster run that made it."),
    "software_version": ("varchar", "Version of the software that made it."),
    "code_hash": ("varchar", "Fingerprint of the models, seeds and code that made it."),
    "dbt_version": ("varchar", "Version of dbt that built it."),
    "duckdb_version": ("varchar", "Version of DuckDB that built it."),
}
CUSTOM_FIELD = "Column of the extracts, which the configuration passes on."
ABOUT_COMMENT = "What this file is: whose figures, as of when, made when and by what. One row."


@dataclass(frozen=True)
class Table:
    """A table to publish. Columns are known by their names in lower case."""

    schema: str
    name: str
    comment: str
    column_comments: dict[str, str]
    private_columns: frozenset[str]

    @property
    def sql_name(self) -> str:
        """Schema and name, quoted."""
        return f"{identifier(self.schema)}.{identifier(self.name)}"


@dataclass(frozen=True)
class Release:
    """A published version: its name, the path that readers open, and rows by `schema.table`.

    `restated` counts the figures of complete periods that changed since the version before.
    """

    version: str
    path: Path
    rows: dict[str, int]
    restated: int = 0


# Writes more tables into the new file, attached as `published`, given the warehouse's quoted name
# and the file of the version before, if there is one; returns how many figures are restated.
WriteMore = Callable[[duckdb.DuckDBPyConnection, str, Path | None], int]


def publish(
    warehouse_path: Path,
    published_dir: Path,
    manifest: Mapping[str, Any],
    version: str,
    about: Mapping[str, str],
    keep_versions: int = KEEP_VERSIONS,
    write_more: WriteMore = lambda con, warehouse, previous: 0,
    memory_limit: str | None = None,
) -> Release:
    """Publishes the warehouse's marts, dimensions and facts as a new version.

    Args:
        warehouse_path: the private warehouse, built and audited; opened read-only.
        published_dir: folder of the link and the versions; made if need be.
        manifest: dbt's manifest: which tables there are, their descriptions, and
            `meta: {published: false}` (of a model) and `meta: {private: true}` (of a column).
        version: name of the new version; sorts after the ones before it.
        about: the columns of `quality.about` that the warehouse does not know: `run_id`,
            `landing_hash`, `software_version`, `code_hash`, `dbt_version`.
        keep_versions: how many versions to keep, this one included. The one that
            it replaces is kept in any case.
        write_more: writes tables that no model makes.
        memory_limit: of DuckDB, such as 4GB; None: its own.

    Raises:
        RefreshError: something that is not our link lies where it belongs; a table or column
            of the manifest is not in the warehouse; the copy differs from the warehouse.
    """
    link = published_dir / PUBLISHED_FILE
    if link.exists() and not link.is_symlink():
        raise RefreshError(
            f"{link} is a file of somebody else's: a link to the published version belongs "
            "there. Move the file away, or name another folder with SALES_KPIS_PUBLISHED."
        )
    versions = published_dir / "versions"
    for folder in (published_dir, versions):
        folder.mkdir(mode=0o750, parents=True, exist_ok=True)
    for leftover in versions.glob("*.part"):
        shutil.rmtree(leftover)

    part = versions / f"{version}.part"
    part.mkdir(mode=0o750)
    try:
        about = {
            **about,
            "version": version,
            "previous_version": current_version(published_dir),
            "published_at": datetime.now(UTC).replace(tzinfo=None, microsecond=0),
            "duckdb_version": duckdb.__version__,
        }
        previous = link.resolve() if about["previous_version"] else None
        more = partial(write_more, previous=previous)
        target = part / PUBLISHED_FILE
        rows, restated = _write(warehouse_path, target, manifest, about, more, memory_limit)
        (part / PUBLISHED_FILE).chmod(0o440)
        _sync(part / PUBLISHED_FILE)
        part.rename(versions / version)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    _sync(versions)
    _point(published_dir, version)
    _prune(published_dir, keep_versions, about["previous_version"])
    return Release(version, link, rows, restated)


def rollback(published_dir: Path) -> tuple[str, str]:
    """Points the link back at the version that the present one replaced.

    Returns:
        The name of the version left and of the version that is now published.

    Raises:
        RefreshError: nothing is published, or the version before is not kept any more.
    """
    current = current_version(published_dir)
    if current is None:
        raise RefreshError(f"Nothing is published in {published_dir} yet: run `make refresh`.")
    path = published_dir / "versions" / current / PUBLISHED_FILE
    with duckdb.connect(str(path), read_only=True) as con:
        [(previous,)] = con.execute("select previous_version from quality.about").fetchall()
    if previous is None:
        raise RefreshError(f"{current} is the first version published; there is none before it.")
    if not (published_dir / "versions" / previous / PUBLISHED_FILE).exists():
        raise RefreshError(
            f"{current} replaced the version {previous}, which is not kept any more."
        )
    _point(published_dir, previous)
    return current, previous


def current_version(published_dir: Path) -> str | None:
    """The version that readers see; None where there is none."""
    link = published_dir / PUBLISHED_FILE
    if not link.is_symlink() or not link.exists():
        return None
    return link.readlink().parent.name


def published_tables(manifest: Mapping[str, Any]) -> list[Table]:
    """The tables that dbt's manifest wants published, with their comments."""
    tables = []
    for node in manifest["nodes"].values():
        config = node["config"]
        if (
            node["resource_type"] in ("model", "seed")
            and node["schema"] in SCHEMAS
            and config.get("materialized") != "ephemeral"
            and _meta(node).get("published", True)
        ):
            columns = {column["name"].lower(): column for column in node["columns"].values()}
            tables.append(
                Table(
                    schema=node["schema"],
                    name=node["alias"],
                    comment=node["description"],
                    column_comments={
                        name: column["description"] for name, column in columns.items()
                    },
                    private_columns=frozenset(
                        name for name, column in columns.items() if _meta(column).get("private")
                    ),
                )
            )
    return sorted(tables, key=lambda table: (SCHEMAS.index(table.schema), table.name))


def _write(
    warehouse_path: Path,
    path: Path,
    manifest: Mapping[str, Any],
    about: Mapping[str, Any],
    write_more: Callable[[duckdb.DuckDBPyConnection, str], int],
    memory_limit: str | None,
) -> tuple[dict[str, int], int]:
    """Writes the new file and closes it; rows by `schema.table`, and restated figures."""
    # The warehouse keeps its own name: dbt's views name their tables with it.
    private = identifier(warehouse_path.stem)
    config = {"memory_limit": memory_limit} if memory_limit else {}
    with duckdb.connect(config=config) as con:
        con.execute("set TimeZone = 'UTC'")
        # In memory it would spill into the folder it was started from.
        con.execute(f"set temp_directory = {literal(path.with_suffix('.tmp'))}")
        con.execute(f"attach {literal(str(warehouse_path))} as {private} (read_only)")
        con.execute(
            f"attach {literal(str(path))} as published (storage_version {literal(STORAGE_VERSION)})"
        )
        tables = published_tables(manifest)
        columns = _columns(con, warehouse_path.stem)
        labels = _labels(con, private, columns)
        con.execute("begin")
        for schema in SCHEMAS:
            con.execute(f"create schema published.{schema}")
        for table in tables:
            _copy(con, private, table, columns, labels)
        _write_about(con, private, about)
        con.execute("commit")
        restated = write_more(con, private)
        con.execute("checkpoint published")
        con.execute("detach published")
        if Path(f"{path}.wal").exists():
            raise RefreshError(f"{path.name} was not closed: its .wal is left over.")

        con.execute(f"attach {literal(str(path))} as published (read_only)")
        rows = {
            f"{table.schema}.{table.name}": _checked_count(con, private, table) for table in tables
        }
    return rows, restated


def _columns(
    con: duckdb.DuckDBPyConnection, database: str
) -> dict[tuple[str, str], list[tuple[str, str]]]:
    """Names and types of the columns of every table and view, by schema and table."""
    columns: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for schema, table, column, data_type in con.execute(
        "select schema_name, table_name, column_name, data_type from duckdb_columns() "
        "where database_name = ? order by schema_name, table_name, column_index",
        [database],
    ).fetchall():
        columns.setdefault((schema, table), []).append((column, data_type))
    return columns


def _labels(
    con: duckdb.DuckDBPyConnection, private: str, columns: Mapping[tuple[str, str], Any]
) -> dict[str, str]:
    """Labels of the metrics: the wide tables have a column of the metric's name for each."""
    if ("kpis", "kpi_catalog") not in columns:
        return {}
    return dict(con.execute(f"select kpi, label from {private}.kpis.kpi_catalog").fetchall())


def _copy(
    con: duckdb.DuckDBPyConnection,
    private: str,
    table: Table,
    columns: Mapping[tuple[str, str], list[tuple[str, str]]],
    labels: Mapping[str, str],
) -> None:
    """Copies a table or view of the warehouse as a table with comments."""
    name = f"{table.schema}.{table.name}"
    if (table.schema, table.name) not in columns:
        raise RefreshError(f"The warehouse has no {name}: build it before publishing.")
    published = [
        (column, data_type)
        for column, data_type in columns[table.schema, table.name]
        if column.lower() not in table.private_columns
    ]
    for column, data_type in published:
        if data_type.endswith("]") or data_type.startswith(("STRUCT", "MAP", "UNION")):
            raise RefreshError(
                f"{name}: column {column} is {data_type}; BI tools read scalar types only."
            )
    selected = ", ".join(identifier(column) for column, _ in published)
    con.execute(
        f"create table published.{table.sql_name} as "
        f"select {selected} from {private}.{table.sql_name}"
    )
    _comment(con, table.sql_name, table.comment)
    for column, _ in published:
        described = table.column_comments.get(column.lower()) or labels.get(column.lower())
        _comment(con, table.sql_name, described or CUSTOM_FIELD, column)


def _write_about(con: duckdb.DuckDBPyConnection, private: str, about: Mapping[str, Any]) -> None:
    """Writes `quality.about`."""
    columns = ", ".join(f"{name} {data_type}" for name, (data_type, _) in ABOUT.items())
    con.execute(f"create table published.quality.about ({columns})")
    of_run = ", ".join(f"${name} as {name}" for name in about)
    con.execute(
        f"insert into published.quality.about by name "
        f"select company_name, is_demo, as_of_date, reporting_currency, {of_run} "
        f"from {private}.raw.settings",
        dict(about),
    )
    _comment(con, "quality.about", ABOUT_COMMENT)
    for name, (_, comment) in ABOUT.items():
        _comment(con, "quality.about", comment, name)


def _comment(
    con: duckdb.DuckDBPyConnection, table: str, comment: str, column: str | None = None
) -> None:
    if comment:
        target = f"table published.{table}"
        if column is not None:
            target = f"column published.{table}.{identifier(column)}"
        con.execute(f"comment on {target} is {literal(comment.strip())}")


def _checked_count(con: duckdb.DuckDBPyConnection, private: str, table: Table) -> int:
    """Rows of a table in the closed file, which are those of the warehouse."""
    [(published, built)] = con.execute(
        f"select (select count(*) from published.{table.sql_name}), "
        f"(select count(*) from {private}.{table.sql_name})"
    ).fetchall()
    if published != built:
        raise RefreshError(
            f"{table.schema}.{table.name} has {built} rows in the warehouse, "
            f"but {published} in the file to publish."
        )
    return published


def _point(published_dir: Path, version: str) -> None:
    """Replaces the link, in one step."""
    part = published_dir / f".{PUBLISHED_FILE}.{os.getpid()}"
    part.unlink(missing_ok=True)
    # Relative, so that the folder can be moved or mounted elsewhere.
    part.symlink_to(Path("versions") / version / PUBLISHED_FILE)
    part.replace(published_dir / PUBLISHED_FILE)
    _sync(published_dir)


def _prune(published_dir: Path, keep_versions: int, replaced: str | None = None) -> None:
    """Removes the oldest versions; a reader that has one open keeps it until it closes.

    The one that was just replaced stays in any case: a rollback leads to it, and a reader may
    have followed the link and not have opened it yet.
    """
    keep = (current_version(published_dir), replaced)
    versions = sorted(path.name for path in (published_dir / "versions").iterdir())
    for version in versions[: max(0, len(versions) - max(1, keep_versions))]:
        if version not in keep:
            shutil.rmtree(published_dir / "versions" / version, ignore_errors=True)


def _sync(path: Path) -> None:
    """Has the disk hold a file or folder before anything relies on it."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _meta(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    return entry.get("config", {}).get("meta") or entry.get("meta") or {}
