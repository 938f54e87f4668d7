"""Lands what is new: each extract is read, checked, and put into schema raw in one transaction.

    scan -> for each new or changed file: unpack, read, check -> raw.<source>__<object>, ledger
         -> settings, maps, views of the contract's columns

Landing again, in any order and after any crash, gives the same tables: a file is known by source,
kind, delivery and name, its content by hash, and its rows come and go together.
"""

from __future__ import annotations

import datetime as dt
import difflib
import hashlib
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import duckdb

from orchestration import archives, config_tables, extract_views, retention
from orchestration.accepting import accept_command, is_file_name
from orchestration.catalog import Catalog, stem
from orchestration.connectors import connector_of
from orchestration.contents import Content, hash_of, stat_of
from orchestration.contract import Contract, Table
from orchestration.errors import PassingError, RefreshError, UsageError, may_pass
from orchestration.ledger import (
    ROW_COLUMNS,
    FileKey,
    FileState,
    Landed,
    Ledger,
    file_key,
    raw_table,
    transaction,
)
from orchestration.machine import machine_fault
from orchestration.reading import (
    FAILURES,
    REJECTS,
    ROWS,
    Extract,
    FileChanged,
    FileRefused,
    Rules,
    read_extract,
    refusal,
    shown_names,
)
from orchestration.scanning import (
    OBJECTS_ARE_LISTED,
    LandingFile,
    Scan,
    counted,
    left_out,
    scan,
    shorten,
)
from orchestration.settings import Settings
from orchestration.sql import identifier, literal

__all__ = ["FileLanded", "LandingReport", "Scan", "land", "scan"]

# Changed whenever landing itself would put other rows into raw.
_RULES_VERSION = 5
_TEMPORARY = ".landing-"


@dataclass(frozen=True)
class FileLanded:
    """What became of one object's file. `status`: new, replaced or unchanged."""

    source: str
    object: str
    delivery: str
    file: str
    rows: int
    rejected: int
    status: str


@dataclass
class LandingReport:
    """What a landing did.

    `contents` are the files that have landed whole, by `source/kind/delivery/name`.
    `left_out` tells what of the landing folder was not read, `unused_columns` which columns no
    model reads, `notes` both and what is missing or odd; `problems` what must be mended in the
    landing folder and `usage_problems` what in the configuration: a report that `land` returns
    has none of either. `passing` are those of the problems that may pass by themselves.
    has none of either. `accepted` are the problems that an operator accepted by name.
    """

    files: list[FileLanded] = field(default_factory=list)
    contents: dict[str, Content] = field(default_factory=dict)
    as_of_date: dt.date | None = None
    left_out: list[str] = field(default_factory=list)
    unused_columns: list[str] = field(default_factory=list)
    values_unread: int = 0
    notes: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    usage_problems: list[str] = field(default_factory=list)
    passing: list[str] = field(default_factory=list)
    accepted: list[str] = field(default_factory=list)

    @property
    def changed(self) -> list[FileLanded]:
        """Files whose rows are new in this run."""
        return [file for file in self.files if file.status != "unchanged"]


def land(
    con: duckdb.DuckDBPyConnection,
    settings: Settings,
    contract: Contract,
    scan: Scan,
    progress: Callable[[str], None] = lambda text: None,
    accept: Collection[str] = (),
) -> LandingReport:
    """Lands what is new in the warehouse `con`, one transaction per file.

    Afterwards `raw` holds the rows of every file, the ledger, the settings and maps, and
    `extracts` a view per object of the contract. What is wrong with a file of the names in
    `accept` (`source/kind/delivery/file`) is noted, and the run goes on without it.

    Raises:
        RefreshError: files were refused or lie where none belongs; all of them are named. The
            others have landed, and of a refused file that had landed before the earlier rows stay.
        UsageError: an exclusion names an unknown object or column; refused files are named too.
    """
    report = land_what_can(con, settings, contract, scan, progress, accept)
    messages = list(report.usage_problems)
    if report.problems:
        count = counted(len(report.problems), "thing")
        messages.append(f"{count} in the landing folder {scan.landing_dir} must be mended:")
        messages += [f"- {problem}" for problem in report.problems]
        names = [text.partition(": ")[0] for text in (*report.accepted, *report.problems)]
        if not report.usage_problems and all(is_file_name(name) for name in names):
            messages += ["To go on without, this once (earlier rows of a refused file stay):"]
            messages += [f"    {accept_command(names)}"]
    if messages:
        kind = PassingError if len(report.passing) == len(report.problems) else RefreshError
        raise (UsageError if report.usage_problems else kind)("\n".join(messages))
    return report


def land_what_can(
    con: duckdb.DuckDBPyConnection,
    settings: Settings,
    contract: Contract,
    scan: Scan,
    progress: Callable[[str], None] = lambda text: None,
    accept: Collection[str] = (),
) -> LandingReport:
    """As `land`, but problems are in the report and not raised."""
    lander = _Lander(con, settings, contract, scan, progress, accept)
    with _temporary_folder(settings.warehouse_path.parent) as folder:
        for file in scan.files:
            lander.file(file, folder)
        for file in lander.to_restore():
            lander.file(file, folder)
    lander.finish()
    return lander.report


class _Lander:
    def __init__(
        self,
        con: duckdb.DuckDBPyConnection,
        settings: Settings,
        contract: Contract,
        scan: Scan,
        progress: Callable[[str], None],
        accept: Collection[str],
    ) -> None:
        self.con = con
        self.accept = accept
        self.settings = settings
        self.contract = contract
        self.catalog = Catalog(contract, settings.mappings)
        self.scan = scan
        self.progress = progress
        self.ledger = Ledger(con, scan)
        self.rules = Rules(settings.value("earliest_date"), settings.value("max_reject_share"))
        self.report = LandingReport()
        for text in scan.problems:
            self.problem(text)
        self.unread: dict[str, list[str]] = {}
        self.readings: list[str] = []
        # Source, raw object and delivery of files whose earlier content is gone.
        self.replaced: set[tuple[str, str, str]] = set()

    def rules_hash(self, table: Table | None) -> str:
        """Changes when a file would land differently though its content is the same."""
        of_contract = table.fingerprint() if table else self.contract.fingerprint()
        text = f"{_RULES_VERSION} {self.rules} {of_contract}"
        return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()

    def file(self, file: LandingFile, folder: Path) -> None:
        """Lands a file if it is new or changed; a refused one is noted with its reason."""
        try:
            self.land_file(file, folder)
        except FileRefused as error:
            self.refused(file, str(error), isinstance(error, FileChanged))
        except (duckdb.Error, OSError, MemoryError) as error:
            if fault := machine_fault(error, f"landing {file}", folder.parent):
                raise fault from None
            if not isinstance(error, OSError):
                raise
            reason = f"cannot be read: {error.strerror or error}"
            self.refused(file, reason, may_pass(error))

    def refused(self, file: LandingFile, reason: str, may_pass: bool) -> None:
        """Notes a refused file; of an accepted one, how it looks, so that it is not new again."""
        if not self.problem(f"{file}: {reason}"):
            if may_pass:
                self.report.passing.append(self.report.problems[-1])
            return
        try:
            content_hash = hash_of(file.path)
        except OSError:
            content_hash = ""
        self.report.contents[str(file)] = Content(file.stat, content_hash)

    def problem(self, text: str) -> bool:
        """Notes what must be mended; returns whether it was accepted by its name instead."""
        name = text.partition(": ")[0]
        is_accepted = is_file_name(name) and name in self.accept
        (self.report.accepted if is_accepted else self.report.problems).append(text)
        return is_accepted

    def land_file(self, file: LandingFile, folder: Path) -> None:
        rules_hash = self.rules_hash(file.table)
        state = self.ledger.states.get(file_key(file))
        if state is not None and state.rules_hash != rules_hash:
            state = None
        if state is not None and state.stat == file.stat:
            self.report.contents[str(file)] = Content(state.stat, state.content_hash)
            self.unchanged(file)
            return
        stat = stat_of(file.path)
        content_hash = hash_of(file.path)
        names = {key[3] for key in self.ledger.of_file(file)}
        if state is None or state.content_hash != content_hash:
            names = self.land_parts(file, content_hash, stat, folder)
        else:
            self.unchanged(file)
        self.replaced.update(
            (key[0], landed.object, key[2])
            for key, landed in self.ledger.of_file(file).items()
            if key[3] not in names
        )
        self.ledger.complete(file, FileState(stat, content_hash, rules_hash), names)
        self.report.contents[str(file)] = Content(stat, content_hash)

    def unchanged(self, file: LandingFile) -> None:
        for key, landed in self.ledger.of_file(file).items():
            self.reported(key, landed, "unchanged")

    def land_parts(
        self, file: LandingFile, content_hash: str, stat: tuple[int, ...], folder: Path
    ) -> set[str]:
        """Lands the objects of a file, and returns their names in the ledger.

        Raises:
            FileRefused: some are refused; the other members of an archive have landed.
        """
        names: set[str] = set()
        refused: list[str] = []
        for name, table, unpack in self.parts(file, folder):
            key = file_key(file, name)
            names.add(name)
            landed = self.ledger.landed.get(key)
            rules_hash = self.rules_hash(table)
            if landed and (landed.content_hash, landed.rules_hash) == (content_hash, rules_hash):
                self.reported(key, landed, "unchanged")
                continue
            self.progress(f"{file.delivery}/{name}{_size(file.size)}")
            try:
                self.land_part(file, key, table, unpack, content_hash, stat)
            except FileRefused as error:
                if not file.is_archive:
                    raise
                refused.append(f"{name.removeprefix(file.name + '/')}: {error}")
        if refused:
            raise FileRefused("; ".join(refused))
        return names

    def parts(
        self, file: LandingFile, folder: Path
    ) -> Iterator[tuple[str, Table, Callable[[], Path]]]:
        """Name in the ledger, object, and what gives a path to its content, of each object."""
        if file.table is not None:
            yield file.name, file.table, lambda: _unpacked(file.path, folder)
            return
        allowance = archives.Allowance(file.size)
        with archives.opened_archive(file.path) as archive:
            for info in archives.members(archive):
                table = self.catalog.find(file.delivery.source, Path(info.filename).name)
                if table is None or not info.filename.lower().endswith(".csv"):
                    self.unread.setdefault(str(file), []).append(info.filename)
                    continue
                if text := self.catalog.passed_over(file.delivery.source, table, info.filename):
                    self.report.problems.append(f"{file}: {text}")
                    continue

                def unpack(info: zipfile.ZipInfo = info) -> Path:
                    target = folder / "member.csv"
                    archives.extract_member(archive, info, target, allowance)
                    return target

                yield f"{file.name}/{info.filename}", table, unpack

    def land_part(
        self,
        file: LandingFile,
        key: FileKey,
        table: Table,
        unpack: Callable[[], Path],
        content_hash: str,
        stat: tuple[int, ...],
    ) -> None:
        path = unpack()
        name = path.name
        size = path.stat().st_size
        if table.encoding and not name.endswith(".parquet"):
            path = archives.as_utf8(path, table.encoding)
        extract = read_extract(self.con, path, name, table, self.rules)
        if stat_of(file.path) != stat:
            raise FileChanged(
                "it changed while it was read; deliver into a folder whose name ends in .part, "
                "and rename it when it is complete"
            )
        landed = Landed(
            table.object,
            content_hash,
            self.rules_hash(table),
            extract.rows_landed,
            extract.rows_rejected,
        )
        status = "replaced" if key in self.ledger.landed else "new"
        if status == "replaced":
            self.replaced.add((key[0], table.object, key[2]))
        try:
            self.make_room(key[0], table, extract)
            with transaction(self.con):
                self.ledger.forget(key)
                self.insert(key, table, extract)
                self.con.execute(
                    "insert into raw.files values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?)",
                    [
                        *key,
                        table.object,
                        table.entity,
                        content_hash,
                        size,
                        extract.rows_in_file,
                        extract.rows_landed,
                        extract.rows_rejected,
                        dt.datetime.now(dt.UTC).replace(tzinfo=None),
                        landed.rules_hash,
                        extract.read_as,
                        extract.first_line,
                    ],
                )
        except duckdb.Error as error:
            raise refusal(error) from None
        self.ledger.landed[key] = landed
        self.reported(key, landed, status)
        if extract.note:
            self.readings.append(f"{file.delivery}/{key[3]}: {extract.note}")

    def make_room(self, source: str, table: Table, extract: Extract) -> None:
        """Makes the raw table, or adds the columns that it lacks.

        Before the transaction of the file: DuckDB can commit none that deletes rows of a table
        and adds columns to it. A column that stays empty is dropped when the landing ends.
        """
        target = raw_table(source, table.object)
        present = {column.lower() for column in _columns(self.con, source, table.object)}
        missing = [column.name for column in extract.columns if column.name.lower() not in present]
        if present:
            for column in missing:
                self.con.execute(f"alter table {target} add column {identifier(column)} varchar")
        else:
            definitions = ", ".join(f"{identifier(column)} varchar" for column in missing)
            self.con.execute(
                f"create table {target} "
                f"(_kind varchar, _delivery varchar, _file varchar, _row bigint, {definitions})"
            )

    def insert(self, key: FileKey, table: Table, extract: Extract) -> None:
        """Moves what was read into the raw tables."""
        source, kind, delivery, name = key
        target = raw_table(source, table.object)
        columns = ", ".join(identifier(column.name) for column in extract.columns)
        cells = ", ".join(f"c{position}" for position in range(len(extract.columns)))
        self.con.execute(
            f"""
            insert into {target} (_kind, _delivery, _file, _row, {columns})
            select {literal(kind)}, {literal(delivery)}, {literal(name)}, _row, {cells}
            from {ROWS}
            """
        )
        for findings, temporary in (("rejected_rows", REJECTS), ("cast_failures", FAILURES)):
            self.con.execute(
                f"insert into raw.{findings} select ?, ?, ?, ?, ?, * from {temporary}",
                [*key, table.object],
            )
        self.con.execute(
            """
            insert into raw.file_columns
            select ?, ?, ?, ?, ?, unnest(?::integer[]), unnest(?::varchar[]), unnest(?::varchar[])
            """,
            [
                *key,
                table.object,
                list(range(1, len(extract.columns) + 1)),
                [column.name for column in extract.columns],
                [column.contract.name if column.contract else None for column in extract.columns],
            ],
        )

    def reported(self, key: FileKey, landed: Landed, status: str) -> None:
        self.report.files.append(
            FileLanded(
                source=key[0],
                object=landed.object,
                delivery=f"{key[1]}/{key[2]}",
                file=key[3],
                rows=landed.rows_landed,
                rejected=landed.rows_rejected,
                status=status,
            )
        )

    def finish(self) -> None:
        """Settings, maps and views, as configuration and ledger now have them; the notes."""
        with transaction(self.con):
            _drop_unused_columns(self.con)
            self.report.as_of_date = config_tables.write(self.con, self.settings, self.scan.is_demo)
        if not self.ledger.landed and not self.report.problems:
            self.report.problems.append(
                "no file holds an object that is read, so there is nothing to publish; "
                f"{OBJECTS_ARE_LISTED}"
            )
        with transaction(self.con):
            usage_problems, problems = extract_views.create(
                self.con,
                self.catalog,
                self.settings.exclusions,
                self.settings.custom_fields,
                self.rules,
            )
        self.report.usage_problems += usage_problems
        for text in problems:
            self.problem(text)
        if self.report.changed and not usage_problems:
            with transaction(self.con):
                retention.prune(
                    self.con,
                    extract_views.raw_objects(self.con, self.catalog),
                    self.settings.value("raw_deliveries_kept"),
                    self.rules.earliest_date,
                )
        self.note_accepted()
        self.report.left_out = [
            *self.scan.notes,
            *(f"{archive}: {left_out(names)}" for archive, names in self.unread.items()),
        ]
        [self.report.values_unread] = self.con.execute(
            "select count(*) from raw.all_cast_failures"
        ).fetchone()
        undelivered = list(self.undelivered_files())
        self.report.usage_problems += [text for text, is_misspelt in undelivered if is_misspelt]
        self.report.unused_columns = list(self.unknown_columns())
        self.report.notes = [
            *self.report.left_out,
            *self.readings,
            *self.missing_objects(),
            *self.report.unused_columns,
            *(text for text, is_misspelt in undelivered if not is_misspelt),
            *self.findings(),
        ]

    def to_restore(self) -> list[LandingFile]:
        """Files to land anew, since a replaced one may lack what it had replaced in them."""
        pruned = {
            key for replaced in self.replaced for key in retention.pruned_until(self.con, *replaced)
        }
        files = []
        for file in self.scan.files:
            lost = pruned & self.ledger.of_file(file).keys()
            if lost:
                pruned -= lost
                self.ledger.states.pop(file_key(file), None)
                for key in lost:
                    self.ledger.landed[key] = replace(self.ledger.landed[key], content_hash="")
                files.append(file)
        for source, kind, delivery, name in sorted(pruned):
            self.readings.append(
                f"{source}/{kind}/{delivery}/{name}: a delivery after it was replaced, but it is "
                "no longer in the landing folder; records that only it held may be missing"
            )
        return files

    def note_accepted(self) -> None:
        """Writes down what was accepted, for the quality tables."""
        files = {str(file): file for file in self.scan.files}
        rows = []
        for text in self.report.accepted:
            place, _, reason = text.partition(": ")
            source, kind, delivery, *name = place.split("/", 3)
            table = files[place].table if place in files else None
            described = [table.object, table.entity] if table else [None, None]
            rows.append([source, kind, delivery, *(name or [None]), *described, reason])
        with transaction(self.con):
            self.con.execute("delete from raw.accepted_files")
            for row in rows:
                self.con.execute("insert into raw.accepted_files values (?, ?, ?, ?, ?, ?, ?)", row)

    def undelivered_files(self) -> Iterator[tuple[str, bool]]:
        """Mappings of files that nobody delivered, and whether a file is called almost so."""
        delivered = set(
            self.con.execute("select distinct source, lower(object) from raw.files").fetchall()
        )
        scanned = {file.table.object.lower() for file in self.scan.files if file.table}
        unread = {stem(Path(name).name): Path(name).name for name in self.scan.unread}
        for mapping in self.settings.mappings:
            name = self.catalog.file_of(mapping)
            if name in scanned or any(
                name == found and mapping.source in (source, connector_of(source))
                for source, found in delivered
            ):
                continue
            file = mapping.file or f"{mapping.object}.*"
            text = f"{mapping.place}: {mapping.object} reads {file}, which no delivery holds"
            near = difflib.get_close_matches(name, unread, n=1, cutoff=0.8) if mapping.file else []
            yield (f"{text}; is it {unread[near[0]]}?" if near else text), bool(near)

    def missing_objects(self) -> Iterator[str]:
        delivered = set(
            self.con.execute("select distinct source, object from raw.object_files").fetchall()
        )
        # What has been scanned but not landed is told as refused.
        refused = {
            (file.delivery.source, file.table.object) for file in self.scan.files if file.table
        }
        for source in sorted({source for source, _ in delivered}):
            connector = source.partition("-")[0]
            missing = [
                table.object
                for table in self.contract.of_connector(connector)
                if (source, table.object) not in delivered | refused
            ]
            if missing:
                yield f"{source}: never delivered: {shorten(missing, 40)}"

    def unknown_columns(self) -> Iterator[str]:
        rows = self.con.execute(
            """
            select source, object, list(distinct column_name order by column_name)
            from raw.file_columns
            inner join raw.files using (source, kind, delivery, file, object)
            where contract_column is null and entity <> ''
            group by source, object order by source, object
            """
        ).fetchall()
        for source, object_name, columns in rows:
            table = self.contract.find(connector_of(source), object_name)
            shown = shown_names(columns, table)
            yield f"{source} {object_name}: columns kept in raw but not used: {shown}"

    def findings(self) -> Iterator[str]:
        rows = self.con.execute(
            """
            with findings as (
                select *, 'row' as what, 'rejected' as became from raw.all_rejected_rows
                union all
                select *, 'value', 'of ' || column_name || ' read as unknown'
                from raw.all_cast_failures
            )

            select
                source, object, what, became, count(*), list(distinct reason order by reason),
                arg_min(
                    coalesce('''' || value || ''' in ', '')
                    || kind || '/' || delivery || '/' || file
                    || coalesce(', line ' || line_number, ''), (delivery, file, row_number)
                )
            from findings group by all order by source, object, what, became
            """
        ).fetchall()
        for source, object_name, what, became, count, reasons, first in rows:
            found = f"{counted(count, what)} {became}"
            text = f"{source} {object_name}: {found} ({shorten(reasons, 3)}), the first {first}"
            if what == "value":
                text += ". What is right but written otherwise is a matter of `formats`"
            yield text


@contextmanager
def _temporary_folder(parent: Path) -> Iterator[Path]:
    """A folder of our own beside the warehouse; those of killed runs are removed."""
    parent.mkdir(parents=True, exist_ok=True, mode=0o750)
    for leftover in parent.glob(f"{_TEMPORARY}*"):
        shutil.rmtree(leftover, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=_TEMPORARY, dir=parent) as folder:
        yield Path(folder)


def _unpacked(path: Path, folder: Path) -> Path:
    """A path in our folder to the plain content of a file.

    Through a link of ours, since DuckDB would take `*` or `[` in a delivery's name for a pattern.
    """
    name = path.name.lower()
    is_compressed = name.endswith(".gz")
    target = folder / f"extract{Path(name.removesuffix('.gz')).suffix}"
    target.unlink(missing_ok=True)
    if is_compressed:
        archives.extract_gzip(path, target)
    else:
        target.symlink_to(path.resolve())
    return target


def _size(size: int) -> str:
    return f" ({size / 1e6:,.0f} MB)" if size >= 10_000_000 else ""


def _columns(con: duckdb.DuckDBPyConnection, source: str, object_name: str) -> list[str]:
    rows = con.execute(
        "select column_name from duckdb_columns() where schema_name = 'raw' and table_name = ? "
        "and database_name = current_database() order by column_index",
        [f"{source}__{object_name}"],
    ).fetchall()
    return [row[0] for row in rows]


def _drop_unused_columns(con: duckdb.DuckDBPyConnection) -> None:
    """Drops columns that only replaced files had, so that the order of landing leaves no trace."""
    used: dict[tuple[str, str], set[str]] = {}
    for source, object_name, columns in con.execute(
        "select source, object, list(distinct lower(column_name)) from raw.file_columns "
        "group by source, object"
    ).fetchall():
        used[source, object_name] = set(columns)
    for (source, object_name), columns in used.items():
        for column in _columns(con, source, object_name):
            if column.lower() not in columns and column not in ROW_COLUMNS:
                con.execute(
                    f"alter table {raw_table(source, object_name)} drop column {identifier(column)}"
                )
