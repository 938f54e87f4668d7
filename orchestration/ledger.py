"""The tables that landing keeps in schema raw, and the ledger of what has landed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import duckdb

from orchestration.errors import RefreshError
from orchestration.scanning import LandingFile, Scan
from orchestration.sql import identifier
from orchestration.warehouse import landed_from

ROW_COLUMNS = ("_kind", "_delivery", "_file", "_row")

_FINDINGS = """
    source varchar, kind varchar, delivery varchar, file varchar, object varchar,
    row_number bigint, line_number bigint, column_name varchar, value varchar, reason varchar
"""
_TABLES = {
    "landing_folder": "landing_dir varchar, is_demo boolean",
    # One row per file and object. rules_hash: of the contract and settings it landed under;
    # rows_superseded: of those landed, how many raw no longer keeps (see retention).
    "files": """
        source varchar, kind varchar, delivery varchar, file varchar, object varchar,
        entity varchar, content_hash varchar, bytes bigint, rows_in_file bigint,
        rows_landed bigint, rows_rejected bigint, landed_at timestamp, rules_hash varchar,
        read_as varchar, rows_superseded bigint default 0, first_line bigint
    """,
    # One row per file on disk; an archive is one file of several objects.
    "file_states": """
        source varchar, kind varchar, delivery varchar, file varchar, bytes bigint,
        mtime_ns bigint, ctime_ns bigint, inode ubigint, content_hash varchar, rules_hash varchar
    """,
    # One row per column of a landed file; contract_column is null where the contract has none.
    "file_columns": """
        source varchar, kind varchar, delivery varchar, file varchar, object varchar,
        position integer, column_name varchar, contract_column varchar
    """,
    "rejected_rows": _FINDINGS,
    "cast_failures": _FINDINGS,
    # Refused files that the latest landing went on without, by an operator's word.
    "accepted_files": """
        source varchar, kind varchar, delivery varchar, file varchar, object varchar,
        entity varchar, reason varchar
    """,
    # What mappings make of files, and find in them: written anew at every landing.
    "mapped_files": """
        source varchar, kind varchar, delivery varchar, file varchar, object varchar,
        entity varchar, rows_in_file bigint, rows_filtered bigint, rows_landed bigint,
        rows_rejected bigint
    """,
    "mapped_rejected_rows": _FINDINGS,
    "mapped_cast_failures": _FINDINGS,
}
# What the models read: files as they are and mapped ones together.
_VIEWS = {
    "object_files": """
        select
            source, kind, delivery, file, object, entity, content_hash, bytes, rows_in_file,
            0::bigint as rows_filtered, rows_landed, rows_rejected, landed_at, read_as,
            rows_superseded
        from raw.files
        where entity <> ''
        union all
        select
            source, kind, delivery, file, mapped.object, mapped.entity, files.content_hash,
            files.bytes, mapped.rows_in_file, mapped.rows_filtered, mapped.rows_landed,
            mapped.rows_rejected, files.landed_at, files.read_as, files.rows_superseded
        from raw.mapped_files as mapped
        inner join raw.files as files using (source, kind, delivery, file)
    """,
    "all_rejected_rows": """
        select * from raw.rejected_rows union all select * from raw.mapped_rejected_rows
    """,
    "all_cast_failures": """
        select * from raw.cast_failures union all select * from raw.mapped_cast_failures
    """,
}

FileKey = tuple[str, str, str, str]


@dataclass(frozen=True)
class Landed:
    """A row of the ledger, as far as landing needs it."""

    object: str
    content_hash: str
    rules_hash: str
    rows_landed: int
    rows_rejected: int


@dataclass(frozen=True)
class FileState:
    """How a file looked when all of it had landed."""

    stat: tuple[int, int, int, int]
    content_hash: str
    rules_hash: str


def file_key(file: LandingFile, name: str | None = None) -> FileKey:
    """Source, kind, delivery and name of a file, or of a member of an archive."""
    return (file.delivery.source, file.delivery.kind, file.delivery.name, name or file.name)


def raw_table(source: str, object_name: str) -> str:
    """The quoted name of the table that holds an object's rows."""
    return "raw." + identifier(f"{source}__{object_name}")


@contextmanager
def transaction(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Commits what is done within it, or nothing."""
    con.execute("begin transaction")
    try:
        yield
    except BaseException:
        con.execute("rollback")
        raise
    con.execute("commit")


class Ledger:
    """What has landed in a warehouse."""

    def __init__(self, con: duckdb.DuckDBPyConnection, scan: Scan) -> None:
        """Creates the tables of a new warehouse.

        Raises:
            RefreshError: the warehouse belongs to another landing folder.
        """
        self.con = con
        with transaction(con):
            con.execute("create schema if not exists raw")
            con.execute("create schema if not exists extracts")
            for name, columns in _TABLES.items():
                con.execute(f"create table if not exists raw.{name} ({columns})")
                # A warehouse of an earlier version lacks what has been added since.
                for column in columns.split(","):
                    con.execute(f"alter table raw.{name} add column if not exists {column}")
            for name, query in _VIEWS.items():
                con.execute(f"create or replace view raw.{name} as {query}")
            owner = landed_from(con)
            if owner is None:
                con.execute(
                    "insert into raw.landing_folder values (?, ?)",
                    [str(scan.landing_dir), scan.is_demo],
                )
        if owner not in (None, (str(scan.landing_dir), scan.is_demo)):
            raise RefreshError(
                f"the warehouse belongs to the landing folder {owner[0]}; delete it, or set "
                "SALES_KPIS_WAREHOUSE to another file"
            )
        self.states: dict[FileKey, FileState] = {
            (row[0], row[1], row[2], row[3]): FileState(row[4:8], row[8], row[9])
            for row in con.execute(
                "select source, kind, delivery, file, bytes, mtime_ns, ctime_ns, inode, "
                "content_hash, rules_hash from raw.file_states"
            ).fetchall()
        }
        self.landed: dict[FileKey, Landed] = {
            (row[0], row[1], row[2], row[3]): Landed(*row[4:])
            for row in con.execute(
                "select source, kind, delivery, file, object, content_hash, rules_hash, "
                "rows_landed, rows_rejected from raw.files"
            ).fetchall()
        }

    def of_file(self, file: LandingFile) -> dict[FileKey, Landed]:
        """What has landed of a file: of an archive, its members."""
        key = file_key(file)
        if not file.is_archive:
            return {key: self.landed[key]} if key in self.landed else {}
        return {
            other: landed
            for other, landed in self.landed.items()
            if other[:3] == key[:3] and other[3].startswith(key[3] + "/")
        }

    def forget(self, key: FileKey) -> None:
        """Removes a file's rows and everything noted of it. To be called in a transaction."""
        landed = self.landed.get(key)
        if landed is None:
            return
        self.con.execute(
            f"delete from {raw_table(key[0], landed.object)} "
            "where _kind = ? and _delivery = ? and _file = ?",
            key[1:],
        )
        for table in ("files", "file_columns", "rejected_rows", "cast_failures"):
            self.con.execute(
                f"delete from raw.{table} "
                "where source = ? and kind = ? and delivery = ? and file = ?",
                key,
            )

    def complete(self, file: LandingFile, state: FileState, names: set[str]) -> None:
        """Notes that a file has landed whole; members that it no longer has are removed."""
        key = file_key(file)
        gone = [other for other in self.of_file(file) if other[3] not in names]
        with transaction(self.con):
            for other in gone:
                self.forget(other)
            self.con.execute(
                "delete from raw.file_states "
                "where source = ? and kind = ? and delivery = ? and file = ?",
                key,
            )
            self.con.execute(
                "insert into raw.file_states values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [*key, *state.stat, state.content_hash, state.rules_hash],
            )
        for other in gone:
            del self.landed[other]
        self.states[key] = state
