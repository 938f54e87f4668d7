"""Reads extracts and configuration without building anything, and tells what was understood.

Lands into a warehouse of its own that is thrown away, so that what is told here is what a
refresh would find.
"""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import duckdb

from orchestration.catalog import Catalog
from orchestration.connectors import connector_of
from orchestration.contract import Contract, Table, load_contract
from orchestration.errors import UsageError
from orchestration.landing import LandingReport, land_what_can
from orchestration.mappings import Mapping
from orchestration.scanning import Scan, counted, scan, shorten
from orchestration.settings import PROJECT_DIR, Settings
from orchestration.sql import identifier
from orchestration.warehouse import open_warehouse, refuse_demo_beside_real
from orchestration.words import excluded, missing_rates, words

# Objects whose records name their reps.
NAMING = {"opportunities", "leads", "activities", "quotes", "purchases"}


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
    try:
        found = scan(settings, contract)
    except UsageError as error:
        # A configuration that cannot be read is why its files are not known.
        raise UsageError("\n".join(settings.problems) or str(error)) from None
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
            report.usage_problems[:0] = settings.problems
            for line in _describe(con, settings, contract, found, report):
                console_print(line)
    if report.usage_problems:
        return 2
    return 1 if report.problems else 0


def _describe(
    con: duckdb.DuckDBPyConnection,
    settings: Settings,
    contract: Contract,
    found: Scan,
    report: LandingReport,
) -> Iterator[str]:
    yield f"Landing folder: {found.landing_dir}" + (" (demo company)" if found.is_demo else "")
    if settings.config_path:
        yield f"Configuration: {settings.config_path} ({_configured(settings)})"
    yield f"As-of date: {report.as_of_date or 'unknown'}"
    for source in sorted({delivery.source for delivery in found.deliveries}):
        deliveries = [
            f"{delivery.kind}/{delivery.name}"
            for delivery in found.deliveries
            if delivery.source == source
        ]
        count = counted(len(deliveries), "delivery", "deliveries")
        yield ""
        yield f"{source}: {count} ({shorten(deliveries)})"
        yield from _objects(con, contract, settings, source)
    taken_for = list(words(con, PROJECT_DIR / "seeds"))
    if settings.exclusions:
        with suppress(duckdb.CatalogException):
            counts = excluded(con, contract)
            for reason in dict.fromkeys(item.reason for item in settings.exclusions):
                taken_for.append(f"excluded as {reason}: {counted(counts.get(reason, 0), 'row')}")
    if taken_for:
        yield ""
        yield "What the words are taken for:"
        yield from (f"  {text}" for text in taken_for)
    yield from _metrics(con, contract, Catalog(contract, settings.mappings))
    with suppress(duckdb.CatalogException):
        report.problems += missing_rates(con)
    problems = [*report.usage_problems, *report.problems]
    [unread] = con.execute("select count(*) from raw.all_cast_failures").fetchone()
    # The columns stand with their objects.
    notes = [note for note in report.notes if note not in report.unused_columns]
    for title, texts in (("Notes", notes), ("To be mended", problems)):
        if texts:
            yield ""
            yield f"{title}:"
            yield from (f"- {text}" for text in texts)
    yield ""
    if problems:
        yield "A refresh would fail."
    elif unread:
        yield f"A refresh would go through, with {counted(unread, 'value')} unread: see the notes."
    else:
        yield "Nothing needs mending."


def _configured(settings: Settings) -> str:
    given = [*settings.values, *settings.maps]
    given += ["exclusions"] if settings.exclusions else []
    given += ["custom_fields"] if settings.custom_fields else []
    given += sorted({f"{mapping.source}: {mapping.object}" for mapping in settings.mappings})
    return shorten(given, 20) or "empty"


def _objects(
    con: duckdb.DuckDBPyConnection, contract: Contract, settings: Settings, source: str
) -> Iterator[str]:
    """A line per object: its files and rows; and below it what became of its columns."""
    rows = con.execute(
        """
        select
            object, count(*), count(distinct (kind, delivery, file)), sum(rows_in_file),
            sum(rows_landed), sum(rows_filtered), sum(rows_rejected),
            list(distinct file order by file)
        from raw.object_files where source = ? group by object order by object
        """,
        [source],
    ).fetchall()
    catalog = Catalog(contract, settings.mappings)
    for object_name, readings, files, in_file, landed, filtered, rejected, names in rows:
        table = contract.find(connector_of(source), object_name)
        parts = [counted(landed, "row")]
        parts += [f"{filtered:,} filtered"] if filtered else []
        parts += [f"{rejected:,} rejected"] if rejected else []
        text = f"{', '.join(parts)} of {in_file:,}" if len(parts) > 1 else parts[0]
        dialects = _dialects(con, source, table)
        yield (
            f"  {object_name}: {text} in {counted(files, 'file')} ({shorten(names, 4)})"
            + (f", read by {len(catalog.mappings(source, table))} mappings" * (readings > files))
            + (f", {next(iter(dialects))}" if len(dialects) == 1 and any(dialects) else "")
        )
        if len(dialects) > 1:
            for dialect, of_dialect in dialects.items():
                yield f"    {dialect or 'CSV'}: {shorten(of_dialect, 6)}"
        yield from _columns(con, catalog, settings, source, table)


def _columns(
    con: duckdb.DuckDBPyConnection,
    catalog: Catalog,
    settings: Settings,
    source: str,
    table: Table,
) -> Iterator[str]:
    there, mappings = _delivered_columns(con, catalog, source, table)
    used = {name.lower() for mapping in mappings for name, _ in mapping.their_columns}
    ours = {ours for mapping in mappings for ours, _ in [*mapping.columns, *mapping.constants]}
    used |= {name for name in there if name in table.columns_by_name}
    used |= {
        field.column.lower() for field in settings.custom_fields if field.entity == table.entity
    }
    missing = [
        column.name
        for column in table.columns
        if column.name.lower() not in there
        and column.name.lower() not in ours
        # A file that marks no record as deleted need not say so.
        and column.name != "is_deleted"
    ]
    ignored = [name for lower, name in there.items() if lower not in used]
    for mapping in mappings:
        origin = f" from {_origin(mapping)}" if len(mappings) > 1 else ""
        yield f"    mapped{origin}: {shorten(_mapped(mapping, table, there), 40)}"
    for title, found in (("not used", ignored), ("missing", missing)):
        if found:
            yield f"    {title}: {shorten(found, 12)}"


def _delivered_columns(
    con: duckdb.DuckDBPyConnection, catalog: Catalog, source: str, table: Table
) -> tuple[dict[str, str], list[Mapping]]:
    """The columns of an object's files (lower case: as written), and the mappings of it."""
    mappings = catalog.mappings(source, table)
    stems = [catalog.file_of(mapping) for mapping in mappings] or [table.object.lower()]
    names = con.execute(
        """
        with those as (
            select * from raw.file_columns where source = $1 and list_contains($2, lower(object))
        )

        -- Before the newest full delivery, nothing counts any more.
        select distinct column_name from those
        where delivery >= coalesce((select max(delivery) from those where kind = 'full'), '')
        order by column_name
        """,
        [source, stems],
    ).fetchall()
    return {name.lower(): name for (name,) in names}, mappings


def _mapped(mapping: Mapping, table: Table, there: dict[str, str]) -> list[str]:
    """Ours and where each is from; those that are theirs under our name come last."""
    keys = {name.lower() for name in table.key}
    named = []
    for name, choices in mapping.columns:
        nothing = "made of the content" if name in keys else "empty"
        named.append(f"{name} = {' or '.join(choice.text for choice in choices) or nothing}")
    named += [f"{name} = {text!r}" for name, text in mapping.constants]
    if table.connector != "flat":
        return named
    given = {name for name, _ in (*mapping.columns, *mapping.constants)}
    return named + [
        f"{column.name} (same name)"
        for column in table.columns
        if column.name.lower() in there and column.name.lower() not in given
    ]


def _origin(mapping: Mapping) -> str:
    """The file of a mapping, and which of its rows it takes."""
    tests = [f"{test.column} is {' or '.join(test.values) or test.test}" for test in mapping.where]
    file = mapping.file or mapping.object
    return f"{file} where {' and '.join(tests)}" if tests else file


def _dialects(con: duckdb.DuckDBPyConnection, source: str, table: Table) -> dict[str, list[str]]:
    """The ways in which an object's files are written, and the files of each."""
    files = con.execute(
        "select distinct kind, delivery, file, read_as from raw.object_files "
        "where source = ? and object = ? order by delivery, kind desc, file",
        [source, table.object],
    ).fetchall()
    times = _times(con, source, table)
    found: dict[str, list[str]] = {}
    for kind, delivery, file, read_as in files:
        plain = read_as.removeprefix("CSV, UTF-8, comma").removeprefix("CSV, UTF-8, ")
        parts = [part for part in (times.get((kind, delivery, file)), plain) if part]
        found.setdefault(", ".join(parts), []).append(f"{kind}/{delivery}/{file}")
    return found


def _times(
    con: duckdb.DuckDBPyConnection, source: str, table: Table
) -> dict[tuple[str, str, str], str]:
    """By file what its instants tell: which export of Salesforce it is, or HubSpot's notation."""
    instants = [column.name for column in table.columns if column.data_type.startswith("instant")]
    if table.connector == "flat" or not instants:
        return {}
    texts = f"coalesce({', '.join(map(identifier, instants))})"
    try:
        rows = con.execute(
            f"""
            select
                case when delivery_order like '%0' then 'full' else 'changes' end,
                regexp_replace(delivery_order, '.[01]$', ''), file,
                bool_or(contains({texts}, 'T')), bool_or(regexp_full_match({texts}, '[0-9]+'))
            from extracts.{identifier(table.identifier)}
            where source = ? and {texts} is not null
            group by delivery_order, file
            """,
            [source],
        ).fetchall()
    except duckdb.CatalogException:  # no view is made where the configuration is wrong
        return {}
    if table.connector == "salesforce":
        names = {True: "REST or Bulk API", False: "weekly export"}
        return {tuple(row[:3]): names[row[3]] for row in rows}
    names = {True: "times in milliseconds", False: "ISO times"}
    return {tuple(row[:3]): names[row[4]] for row in rows}


def _metrics(con: duckdb.DuckDBPyConnection, contract: Contract, catalog: Catalog) -> Iterator[str]:
    """How many metrics can be computed; those that cannot, by what they lack."""
    objects = con.execute("select distinct source, object from raw.object_files").fetchall()
    tables = {(source, name): contract.find(connector_of(source), name) for source, name in objects}
    delivered = {table.entity for table in tables.values()}
    filled = {
        f"{table.entity}.{column}"
        for (source, _), table in tables.items()
        for column in _known_columns(con, catalog, source, table)
    }
    names_reps = "quotas" in delivered or any(f"{name}.rep" in filled for name in NAMING)
    with (PROJECT_DIR / "seeds" / "kpi_catalog.csv").open(encoding="utf-8") as file:
        metrics = list(csv.DictReader(file))
    lacking: dict[str, list[str]] = {}
    for metric in metrics:
        missing = [
            " or ".join(sorted(need))
            for need in _alternatives(metric["requires"])
            # Names in the records stand in for a list of reps.
            if not need & delivered and not (need & {"reps", "users"} and names_reps)
        ]
        # Of what is not delivered at all, no column is missing.
        missing = missing or [
            " or ".join(sorted(there))
            for need in _alternatives(metric["requires_columns"])
            if (there := {name for name in need if name.split(".")[0] in delivered})
            and not need & filled
        ]
        if missing:
            lacking.setdefault(", ".join(missing), []).append(metric["label"])
    possible = len(metrics) - sum(map(len, lacking.values()))
    yield ""
    yield f"Metrics: {possible} of {len(metrics)} can be computed."
    for missing, labels in sorted(lacking.items(), key=lambda item: -len(item[1])):
        yield f"  without {missing}: {shorten(sorted(labels), 6)}"
    if any("contracts" in missing for missing in lacking) and "opportunities" in delivered:
        yield "  (won deals that have a term stand in for contracts)"


def _alternatives(needs: str) -> list[set[str]]:
    return [set(need.split("|")) for need in needs.split()]


def _known_columns(
    con: duckdb.DuckDBPyConnection, catalog: Catalog, source: str, table: Table
) -> set[str]:
    """Columns of an object, as flat files call them, that are delivered, mapped or of its CRM."""
    there, _ = _delivered_columns(con, catalog, source, table)
    mapped = {
        name
        for mapping in catalog.mappings(source, table)
        for name, given in (*mapping.columns, *mapping.constants)
        if given
    }
    if table.connector == "flat":
        return set(there) | mapped
    # A CRM has columns of its own for most; only those that it knows by our name may be missing.
    flat = {
        column.name
        for other in catalog.contract.of_connector("flat")
        if other.entity in (table.entity, "reps" if table.entity == "users" else table.entity)
        for column in other.columns
    }
    return {name for name in flat if name not in table.columns_by_name} | set(there) | mapped
