"""Generates the views in schema extracts: the contract's columns over the raw tables.

One view per object of the contract, whether it was delivered or not, so that every model can be
built. A view unites the orgs of a connector.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from orchestration.casts import trimmed
from orchestration.contract import Contract, Table
from orchestration.errors import UsageError
from orchestration.ledger import raw_table
from orchestration.scanning import connector_of
from orchestration.settings import Exclusion
from orchestration.sql import identifier, literal

# Sorts before every character of a name: `2026-11-20` comes before `2026-11-20T0200`.
_ORDER_SEPARATOR = "\t"
_TRAILING_COLUMNS = """
    null::varchar as exclusion_reason, null::varchar as delivery_order,
    null::boolean as is_current, null::varchar as file, null::bigint as row_number
"""


@dataclass(frozen=True)
class _Delivered:
    """An object of one source: its raw columns and its newest full delivery, if any."""

    source: str
    columns: dict[str, str]  # lower case: as raw has it
    newest_full: str | None


def create(
    con: duckdb.DuckDBPyConnection, contract: Contract, exclusions: tuple[Exclusion, ...]
) -> None:
    """Replaces every view.

    Columns: `source`, the contract's (text, trimmed, null where empty), `exclusion_reason`,
    `delivery_order`, `is_current`, `file`, `row_number`.

    Raises:
        UsageError: an exclusion names an object or column that does not exist.
    """
    delivered = _delivered(con, contract)
    conditions = compile_exclusions(
        contract,
        exclusions,
        {
            table.identifier: {
                name for part in delivered.get(table.identifier, []) for name in part.columns
            }
            for table in contract.tables
        },
    )
    for table in contract.tables:
        parts = [
            _select(table, part, conditions.get(table.identifier, []))
            for part in delivered.get(table.identifier, [])
        ]
        query = "\nunion all\n".join(parts or [_select_nothing(table)])
        con.execute(f"create or replace view extracts.{identifier(table.identifier)} as\n{query}")


def compile_exclusions(
    contract: Contract, exclusions: tuple[Exclusion, ...], raw_columns: dict[str, set[str]]
) -> dict[str, list[tuple[str, Exclusion]]]:
    """By view the exclusions that concern it, each with the column (lower case) it looks at.

    An object is named by its entity, its table in the contract or its name in the extract, a
    column by its name in the contract or in the file (`raw_columns`, by view), underscores and
    case ignored.

    Raises:
        UsageError: an object or column is unknown; the message lists those there are.
    """
    compiled: dict[str, list[tuple[str, Exclusion]]] = {}
    problems = []
    for exclusion in exclusions:
        wanted = exclusion.object.lower()
        tables = [
            table
            for table in contract.tables
            if wanted in (table.entity, table.name.lower(), table.object.lower(), table.identifier)
        ]
        if not tables:
            known = sorted({table.entity for table in contract.tables})
            problems.append(
                f"{exclusion.place}: unknown object {exclusion.object!r} of an exclusion; "
                f"known are {', '.join(known)}"
            )
            continue
        found = False
        known_columns: set[str] = set()
        for table in tables:
            names = {*table.columns_by_name, *raw_columns.get(table.identifier, ())}
            known_columns.update(column.name for column in table.columns)
            known_columns.update(names - set(table.columns_by_name))
            by_simple_name = {name.replace("_", ""): name for name in sorted(names)}
            column = exclusion.column.lower()
            column = column if column in names else by_simple_name.get(column.replace("_", ""))
            if column is not None:
                found = True
                compiled.setdefault(table.identifier, []).append((column, exclusion))
        if not found:
            problems.append(
                f"{exclusion.place}: {exclusion.object} has no column {exclusion.column!r}; "
                f"it has {', '.join(sorted(known_columns))}"
            )
    if problems:
        raise UsageError("\n".join(problems))
    return compiled


def _delivered(con: duckdb.DuckDBPyConnection, contract: Contract) -> dict[str, list[_Delivered]]:
    """By view the sources that delivered it."""
    rows = con.execute(
        """
        select
            files.source, files.object, list(distinct column_name order by column_name),
            max(files.delivery) filter (where files.kind = 'full')
        from raw.files as files
        inner join raw.file_columns using (source, kind, delivery, file, object)
        group by files.source, files.object
        order by files.source, files.object
        """
    ).fetchall()
    delivered: dict[str, list[_Delivered]] = {}
    for source, object_name, columns, newest_full in rows:
        table = contract.find(connector_of(source), object_name)
        if table is not None:
            by_name = {column.lower(): column for column in columns}
            part = _Delivered(source, by_name, newest_full)
            delivered.setdefault(table.identifier, []).append(part)
    return delivered


def _select(table: Table, part: _Delivered, conditions: list[tuple[str, Exclusion]]) -> str:
    columns = []
    for column in table.columns:
        raw_name = part.columns.get(column.name.lower())
        value = trimmed(identifier(raw_name)) if raw_name else "null::varchar"
        columns.append(f"{value} as {identifier(column.name)}")
    cases = [
        f"when {_condition(part.columns[column], exclusion)} then {literal(exclusion.reason)}"
        for column, exclusion in conditions
        if column in part.columns
    ]
    reason = f"case {' '.join(cases)} end" if cases else "null::varchar"
    order = (
        f"_delivery || {literal(_ORDER_SEPARATOR)} "
        "|| case when _kind = 'full' then '0' else '1' end"
    )
    is_current = "true"
    if part.newest_full is not None:
        # Names sort by their bytes, as in Python.
        is_current = f"_delivery >= {literal(part.newest_full)}"
    return f"""select
    {literal(part.source)} as source,
    {", ".join(columns)},
    {reason} as exclusion_reason,
    {order} as delivery_order,
    {is_current} as is_current,
    _file as file,
    _row as row_number
from {raw_table(part.source, table.object)}"""


def _select_nothing(table: Table) -> str:
    columns = ", ".join(f"null::varchar as {identifier(column.name)}" for column in table.columns)
    return f"select null::varchar as source, {columns}, {_TRAILING_COLUMNS} where false"


def _condition(raw_name: str, exclusion: Exclusion) -> str:
    text = trimmed(identifier(raw_name))
    tests = []
    values = [value for value in exclusion.values if value is not None]
    if len(values) < len(exclusion.values):
        tests.append(f"{text} is null")
    if exclusion.is_pattern:
        tests.extend(f"{text} ilike {literal(value)}" for value in values)
    elif values:
        tests.append(f"{text} in ({', '.join(literal(value) for value in values)})")
    return f"({' or '.join(tests)})" if tests else "false"
