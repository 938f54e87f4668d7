"""Lets go of rows of raw that later deliveries have replaced, so that full copies do not pile up.

A weekly full copy brings every record again. The models read the newest version of a record
alone, and of a deleted one the last that was delivered; so of all but the newest few deliveries
the versions that a later one replaces can go. The ledger keeps their counts.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

import duckdb

from orchestration import casts
from orchestration.contract import Table
from orchestration.ledger import FileKey
from orchestration.mapped_views import MappedPart
from orchestration.sql import identifier, literal

_SUPERSEDED = "landing_superseded_rows"


@dataclass(frozen=True)
class RawObject:
    """A raw table that makes one object: its columns (lower case: as raw has it), its mapping."""

    source: str
    name: str  # as the ledger has it: the object, or the mapped file
    table: Table
    raw: str
    columns: dict[str, str]
    mapped: MappedPart | None = None
    # Deliveries and files of changes that lack columns: they replace no version.
    narrow: frozenset[tuple[str, str]] = frozenset()

    @property
    def replaces(self) -> str:
        """Whether a row takes the place of earlier versions."""
        listed = ", ".join(
            f"({literal(name)}, {literal(file)})" for name, file in sorted(self.narrow)
        )
        return f"not (_kind = 'changes' and (_delivery, _file) in ({listed}))" if listed else "true"

    def rows(self, earliest: dt.date) -> str:
        """The rows that make records: `_row_id`, where they are from, the contract's columns."""
        if self.mapped is None:
            return f"select *, rowid as _row_id from {self.raw}"
        kept = self.mapped.is_kept(earliest)
        return f"select * from ({self.mapped.select('rowid as _row_id')}) where {kept}"

    def text(self, column: str) -> str:
        """A column of the contract in `rows`."""
        if self.mapped is not None:
            return identifier(column)
        name = self.columns.get(column.lower())
        return casts.trimmed(identifier(name)) if name else "null::varchar"


def prune(
    con: duckdb.DuckDBPyConnection, objects: Iterable[RawObject], keep: int, earliest: dt.date
) -> int:
    """Removes replaced versions from raw in all deliveries of an object but the newest `keep`.

    Returns the number of rows removed. To be called in a transaction.
    """
    return sum(_prune(con, raw_object, keep, earliest) for raw_object in objects)


def pruned_until(
    con: duckdb.DuckDBPyConnection, source: str, object_name: str, delivery: str
) -> set[FileKey]:
    """Files of a delivery and those before it of which versions have been removed."""
    rows = con.execute(
        "select source, kind, delivery, file from raw.files "
        "where source = ? and object = ? and delivery <= ? and rows_superseded > 0",
        [source, object_name, delivery],
    ).fetchall()
    return {(row[0], row[1], row[2], row[3]) for row in rows}


def _prune(
    con: duckdb.DuckDBPyConnection, raw_object: RawObject, keep: int, earliest: dt.date
) -> int:
    deliveries = con.execute(
        "select distinct delivery from raw.files "
        "where source = ? and object = ? order by delivery desc limit ?",
        [raw_object.source, raw_object.name, keep + 1],
    ).fetchall()
    if len(deliveries) <= keep or not raw_object.table.key:
        return 0
    con.execute(
        f"create or replace temp table {_SUPERSEDED} as "
        + _superseded(raw_object, deliveries[keep - 1][0], earliest)
    )
    [rows] = con.execute(f"select count(*) from {_SUPERSEDED}").fetchone()
    if rows:
        con.execute(
            f"delete from {raw_object.raw} where rowid in (select _row_id from {_SUPERSEDED})"
        )
        con.execute(
            f"""
            update raw.files set rows_superseded = rows_superseded + gone.rows
            from (
                select _kind, _delivery, _file, count(*) as rows from {_SUPERSEDED} group by all
            ) as gone
            where source = ? and kind = _kind and delivery = _delivery and file = _file
            """,
            [raw_object.source],
        )
    con.execute(f"drop table {_SUPERSEDED}")
    return rows


def _superseded(raw_object: RawObject, oldest_kept: str, earliest: dt.date) -> str:
    """Rows of deliveries before `oldest_kept` whose records came again later.

    Where models also read a column of earlier versions, the later one must say the same in it.
    """
    table = raw_object.table
    keys = {f"key_{position}": name for position, name in enumerate(table.key)}
    told = {f"told_{position}": name for position, name in enumerate(table.history_columns)}
    columns = [f"{raw_object.text(name)} as {alias}" for alias, name in {**keys, **told}.items()]
    compared = [
        "*",
        "max(replacing_version) over record as newest_version",
        *(
            f"arg_max_null({alias}, replacing_version) over record as newest_{alias}"
            for alias in told
        ),
    ]
    is_replaced = [
        f"_delivery < {literal(oldest_kept)}",
        "version < newest_version",
        *(f"({alias} is null or {alias} = newest_{alias})" for alias in told),
    ]
    return f"""
        with records as (
            select
                _row_id, _kind, _delivery, _file, {", ".join(columns)},
                _delivery || chr(9) || case when _kind = 'full' then '0' else '1' end as version,
                case when {raw_object.replaces} then version end as replacing_version
            from ({raw_object.rows(earliest)})
        ),

        compared as (
            select {", ".join(compared)}
            from records
            window record as (partition by {", ".join(keys)})
        )

        select _row_id, _kind, _delivery, _file
        from compared
        where {" and ".join(is_replaced)}
    """
