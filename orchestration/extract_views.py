"""Generates the views in schema extracts: the contract's columns over the raw tables.

One view per object of the contract, whether it was delivered or not, so that every model can be
built. A view unites the orgs of a connector.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import duckdb

from orchestration.casts import trimmed
from orchestration.catalog import Catalog
from orchestration.connectors import connector_of
from orchestration.contract import Column, Contract, Table
from orchestration.errors import UsageError
from orchestration.ledger import raw_table
from orchestration.mapped_views import MappedPart, note_mapped
from orchestration.reading import Rules
from orchestration.retention import RawObject
from orchestration.settings import CustomField, Exclusion
from orchestration.sql import identifier, literal

# Sorts before every character of a name: `2026-11-20` comes before `2026-11-20T0200`.
_ORDER_SEPARATOR = "\t"
_TRAILING_COLUMNS = """
    null::varchar as exclusion_reason, null::varchar as delivery_order,
    null::boolean as is_current, null::varchar as file, null::bigint as row_number,
    null::map(varchar, varchar) as custom_fields
"""


@dataclass(frozen=True)
class _Part:
    """A raw table of one source: its columns, its newest full delivery, a mapping over it."""

    source: str
    object: str  # as the ledger has it
    raw: str
    columns: dict[str, str]  # lower case: as raw has it
    newest_full: str | None
    mapped: MappedPart | None = None
    # Column (lower case): deliveries and files of changes that lack it.
    lacking: dict[str, list[tuple[str, str]]] = field(default_factory=dict)


def create(
    con: duckdb.DuckDBPyConnection,
    catalog: Catalog,
    exclusions: tuple[Exclusion, ...],
    custom_fields: tuple[CustomField, ...],
    rules: Rules,
) -> tuple[list[str], list[str]]:
    """Replaces every view, and notes what mappings reject and filter.

    Columns: `source`, the contract's (text, trimmed, null where empty), `exclusion_reason`,
    `delivery_order`, `is_current`, `file`, `row_number`, and `custom_fields`, a map from the
    names (lower case) of those that the configuration passes on to their texts.

    Returns what must be mended in the configuration, where an exclusion, mapping or custom field
    names an object or column that does not exist; and in files of which a mapping would reject
    too much. A wrong mapping is left out of the views, so that the others are told about too.
    """
    parts = _parts(con, catalog)
    raw_columns = {
        key: {name for part in found for name in part.columns} for key, found in parts.items()
    }
    wrong, parts = _without_wrong_mappings(parts)
    problems = [*catalog.problems, *wrong, *_unknown_fields(catalog, parts, custom_fields)]
    conditions: dict[str, list[tuple[str, Exclusion]]] = {}
    try:
        conditions = compile_exclusions(catalog.contract, exclusions, raw_columns)
    except UsageError as error:
        problems += str(error).splitlines()
    for table in catalog.contract.tables:
        selects = [
            _select(
                table,
                _completed(table, part),
                conditions.get(table.identifier, []),
                [item.column.lower() for item in custom_fields if item.entity == table.entity],
                rules,
            )
            for part in parts.get(table.identifier, [])
        ]
        query = "\nunion all\n".join(selects or [_select_nothing(table)])
        con.execute(f"create or replace view extracts.{identifier(table.identifier)} as\n{query}")
    for name in ("mapped_files", "mapped_rejected_rows", "mapped_cast_failures"):
        con.execute(f"delete from raw.{name}")
    mapped = [part.mapped for found in parts.values() for part in found if part.mapped is not None]
    return problems, [problem for part in mapped for problem in note_mapped(con, part, rules)]


def _without_wrong_mappings(
    parts: dict[str, list[_Part]],
) -> tuple[list[str], dict[str, list[_Part]]]:
    """What is wrong with mappings, and the parts that remain."""
    problems: list[str] = []
    right: dict[str, list[_Part]] = {}
    for view, found in parts.items():
        for part in found:
            wrong = list(part.mapped.problems()) if part.mapped else []
            problems += wrong
            if not wrong:
                right.setdefault(view, []).append(part)
    return problems, right


def raw_objects(con: duckdb.DuckDBPyConnection, catalog: Catalog) -> list[RawObject]:
    """The raw tables of which each makes records of one object, and says which is which.

    Not a mapped file that several mappings read, whose ids are made of the content, or of which
    `where` leaves rows out that may be newer versions.
    """
    parts = _parts(con, catalog)
    found = [
        (table, part)
        for table in catalog.contract.tables
        for part in parts.get(table.identifier, [])
    ]
    readers = Counter(part.raw for _, part in found)
    return [
        RawObject(
            part.source,
            part.object,
            table,
            part.raw,
            part.columns,
            part.mapped,
            frozenset(file for files in part.lacking.values() for file in files),
        )
        for table, part in found
        if readers[part.raw] == 1
        and (part.mapped is None or (part.mapped.has_own_key and not part.mapped.leaves_records))
    ]


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


def _parts(con: duckdb.DuckDBPyConnection, catalog: Catalog) -> dict[str, list[_Part]]:
    """By view what each source has delivered for it."""
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
    delivered = {
        (source, object_name.lower()): _Part(
            source,
            object_name,
            raw_table(source, object_name),
            {column.lower(): column for column in columns},
            newest_full,
        )
        for source, object_name, columns, newest_full in rows
    }
    headers: dict[tuple[str, str], list[tuple[str, tuple[str, ...]]]] = {}
    delivered_columns = {key: set(part.columns) for key, part in delivered.items()}
    for source, object_name, kind, delivery, file, columns in con.execute(
        """
        select source, object, kind, delivery, file, list(column_name order by position)
        from raw.file_columns group by all order by all
        """
    ).fetchall():
        part = delivered[source, object_name.lower()]
        newest_full = part.newest_full
        if kind == "changes":
            there = {column.lower() for column in columns}
            for column in sorted(delivered_columns[source, object_name.lower()] - there):
                part.lacking.setdefault(column, []).append((delivery, file))
        if newest_full is None or delivery >= newest_full:
            found = headers.setdefault((source, object_name.lower()), [])
            found.append((f"{source}/{kind}/{delivery}/{file}", tuple(columns)))
    parts: dict[str, list[_Part]] = {}
    for source in sorted({source for source, _ in delivered}):
        for table in catalog.contract.of_connector(connector_of(source)):
            mappings = catalog.mappings(source, table)
            found = []
            for position, mapping in enumerate(mappings):
                file = catalog.file_of(mapping)
                part = delivered.get((source, file))
                if part is not None:
                    over = MappedPart(
                        source,
                        table,
                        mapping,
                        part.raw,
                        part.columns,
                        file,
                        position,
                        len(mappings) == 1,
                        tuple(headers.get((source, file), ())),
                    )
                    found.append(replace(part, mapped=over))
            if not mappings and (source, table.object.lower()) in delivered:
                found.append(delivered[source, table.object.lower()])
            parts.setdefault(table.identifier, []).extend(found)
    return parts


def _completed(table: Table, part: _Part) -> _Part:
    """The part with what files of changes do not tell of a record taken from its last version.

    An API extract has any subset of the columns. What it lacks has not become empty.
    """
    has_key = part.mapped.has_own_key if part.mapped else bool(table.key)
    if not part.lacking or not has_key:
        return part
    keys = [_key(table.columns_by_name[name.lower()], part) for name in table.key]
    columns = []
    for column, files in part.lacking.items():
        name = identifier(part.columns[column])
        listed = ", ".join(f"({literal(delivery)}, {literal(file)})" for delivery, file in files)
        lacks = f"(_kind = 'changes' and (_delivery, _file) in ({listed}))"
        columns.append(
            f"case when {lacks} then (last_value(case when not {lacks} then [{name}] end "
            f"ignore nulls) over versions)[1] else {name} end as {name}"
        )
    raw = f"""(
        select * replace ({", ".join(columns)}) from {part.raw}
        window versions as (
            partition by {", ".join(keys)}
            order by _delivery, case when _kind = 'full' then 0 else 1 end, _file, _row
            rows between unbounded preceding and current row
        )
    )"""
    return replace(part, raw=raw, mapped=part.mapped and replace(part.mapped, raw=raw))


def _key(column: Column, part: _Part) -> str:
    if part.mapped is not None:
        return part.mapped.expression(column)
    name = part.columns.get(column.name.lower())
    text = trimmed(identifier(name)) if name else "null::varchar"
    # Ids of 15 and of 18 characters are the same.
    is_salesforce = connector_of(part.source) == "salesforce" and column.data_type == "id"
    return f"left({text}, 15)" if is_salesforce else text


def _unknown_fields(
    catalog: Catalog, parts: dict[str, list[_Part]], custom_fields: tuple[CustomField, ...]
) -> Iterator[str]:
    """Custom fields that are private, or that no file of their entity has."""
    for item in custom_fields:
        tables = [table for table in catalog.contract.tables if table.entity == item.entity]
        private = {
            name.lower()
            for table in tables
            for name in _private_names(table, parts.get(table.identifier, []))
        }
        there = {
            name
            for table in tables
            for part in parts.get(table.identifier, [])
            for name in part.columns.values()
        }
        if item.column.lower() in private:
            yield (
                f"{item.place}: {item.object}: {item.column!r} is private contact data, which is "
                "never published; leave it out of custom_fields"
            )
        elif there and item.column.lower() not in {name.lower() for name in there}:
            yield (
                f"{item.place}: {item.object} has no column {item.column!r}; "
                f"it has {', '.join(sorted(there))}"
            )


def _private_names(table: Table, parts: list[_Part]) -> Iterator[str]:
    """Names of an object's private columns, as the contract and as mapped files call them."""
    private = {column.name.lower() for column in table.columns if column.private}
    yield from private
    for part in parts:
        if part.mapped is not None:
            for name, choices in part.mapped.mapping.columns:
                if name.lower() in private:
                    yield from (theirs for choice in choices for theirs in choice.names)


def _select(
    table: Table,
    part: _Part,
    conditions: list[tuple[str, Exclusion]],
    fields: list[str],
    rules: Rules,
) -> str:
    def text(column: str) -> str | None:
        """A column of the contract or of the file, by its name in lower case."""
        if part.mapped is not None and column in table.columns_by_name:
            return part.mapped.expression(table.columns_by_name[column])
        return theirs(column) if column in part.columns else None

    def theirs(column: str) -> str:
        if part.mapped is not None:
            return part.mapped.theirs(column)
        return trimmed(identifier(part.columns[column]))

    cases = [
        f"when {_condition(value, exclusion)} then {literal(exclusion.reason)}"
        for column, exclusion in conditions
        if (value := text(column)) is not None
    ]
    reason = f"case {' '.join(cases)} end" if cases else "null::varchar"
    entries = [
        f"{literal(name)}: {theirs(name)}" for name in dict.fromkeys(fields) if name in part.columns
    ]
    custom = f"map {{{', '.join(entries)}}}" if entries else "null::map(varchar, varchar)"
    if part.mapped is not None:
        columns = ", ".join(identifier(column.name) for column in table.columns)
        more = (f"{reason} as exclusion_reason", f"{custom} as custom_fields")
        rows = f"({part.mapped.select(*more)})"
        kept = part.mapped.is_kept(rules.earliest_date)
        reason, custom = "exclusion_reason", "custom_fields"
    else:
        columns = ", ".join(
            f"{text(column.name.lower()) or 'null::varchar'} as {identifier(column.name)}"
            for column in table.columns
        )
        rows, kept = part.raw, "true"
    order = (
        f"_delivery || {literal(_ORDER_SEPARATOR)} "
        "|| case when _kind = 'full' then '0' else '1' end"
    )
    is_current = "true"
    if part.newest_full is not None:
        # Names sort by their bytes, as in Python.
        is_current = f"_delivery >= {literal(part.newest_full)}"
    if part.mapped is not None and part.mapped.leaves_records:
        # The newer version ends the record: as deleted, it takes the place of the one before.
        keys = ", ".join(identifier(name) for name in table.key)
        left = part.mapped.select(*more, condition=part.mapped.left())
        taken = f"(select {keys} from {rows} where {kept})"
        rows = (
            f"(select *, true as _is_taken from {rows} where {kept}\nunion all\n"
            f"select *, false from ({left}) semi join {taken} using ({keys}))"
        )
        kept, is_current = "true", f"_is_taken and {is_current}"
    return f"""select
    {literal(part.source)} as source,
    {columns},
    {reason} as exclusion_reason,
    {order} as delivery_order,
    {is_current} as is_current,
    _file as file,
    _row as row_number,
    {custom} as custom_fields
from {rows}
where {kept}"""


def _select_nothing(table: Table) -> str:
    columns = ", ".join(f"null::varchar as {identifier(column.name)}" for column in table.columns)
    return f"select null::varchar as source, {columns}, {_TRAILING_COLUMNS} where false"


def _condition(text: str, exclusion: Exclusion) -> str:
    tests = []
    values = [value for value in exclusion.values if value is not None]
    if len(values) < len(exclusion.values):
        tests.append(f"{text} is null")
    if exclusion.is_pattern:
        tests.extend(f"{text} ilike {literal(value)}" for value in values)
    elif values:
        tests.append(f"{text} in ({', '.join(literal(value) for value in values)})")
    return f"({' or '.join(tests)})" if tests else "false"
