"""Finds the deliveries and their files in the landing folder, without reading any.

    landing/<source>/<full|changes>/<delivery>/[sub-folders/]<object>.csv|.jsonl|.parquet

(.csv and .jsonl also with .gz) and for Salesforce `WE_*.ZIP` archives of the weekly export in
the same place.
"""

from __future__ import annotations

import datetime as dt
import difflib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from orchestration.catalog import ANY, Catalog, stem
from orchestration.connectors import CRMS, FLAT, SOURCE_PATTERN, connector_of
from orchestration.contract import Contract, Table
from orchestration.errors import UsageError
from orchestration.settings import LAST_DATE, Settings

KINDS = ("full", "changes")
OBJECTS_ARE_LISTED = (
    "docs/flat.md, docs/connectors/hubspot.md and models/staging/salesforce/sources.yml list the "
    "objects that are read"
)
# Lies in a delivery folder of the demo company; see `mark_as_demo`.
DEMO_MARKER = ".demo"

_SOURCE = re.compile(rf"(?!{FLAT}-){SOURCE_PATTERN}")
_WORKBOOKS = (".xlsx", ".xls", ".xlsm", ".xlsb", ".ods", ".numbers")
_ARCHIVE = re.compile(r"WE_.*\.ZIP", re.IGNORECASE)
_DELIVERY_DATE = re.compile(r"(\d{4}-\d{2}-\d{2})(?!\d)")
_CONTROL_CHARACTERS = re.compile(r"[\x00-\x1f\x7f]")
# Folders that systems leave behind in archives and on shares.
_IGNORED = {"__macosx", "lost+found", "thumbs.db", "desktop.ini"}


@dataclass(frozen=True)
class Delivery:
    """A folder of files: `kind` is full or changes, `name` begins with its ISO date."""

    source: str
    kind: str
    name: str
    path: Path
    is_demo: bool

    @property
    def connector(self) -> str:
        """The staging folder that reads it."""
        return connector_of(self.source)

    @property
    def order(self) -> tuple[str, int, str]:
        """Sorts deliveries by name, full before changes of the same name."""
        return (self.name, KINDS.index(self.kind), self.source)

    def __str__(self) -> str:
        return f"{self.source}/{self.kind}/{self.name}"


@dataclass(frozen=True)
class LandingFile:
    """A file to land: of one object (`table`), or an archive of several (`table` is None).

    `name` is its path within the delivery. Size, times and inode tell cheaply whether it may
    have changed since it was last read.
    """

    delivery: Delivery
    name: str
    path: Path
    table: Table | None
    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int

    @property
    def stat(self) -> tuple[int, int, int, int]:
        """Size in bytes, times of change in nanoseconds, inode."""
        return (self.size, self.mtime_ns, self.ctime_ns, self.inode)

    @property
    def is_archive(self) -> bool:
        """Whether it is a ZIP of the weekly export."""
        return self.table is None

    def __str__(self) -> str:
        return f"{self.delivery}/{self.name}"


@dataclass(frozen=True)
class Scan:
    """What the landing folder holds: deliveries and files in the order in which they land.

    `unread` names the files that no object is read from, `notes` tell what was left out and why
    that is no fault; `problems` are faults that fail the run once the good files are landed.
    """

    landing_dir: Path
    deliveries: tuple[Delivery, ...]
    files: tuple[LandingFile, ...]
    notes: tuple[str, ...]
    problems: tuple[str, ...]
    unread: tuple[str, ...] = ()

    @property
    def is_demo(self) -> bool:
        """Whether everything there is the demo company's."""
        return bool(self.deliveries) and all(delivery.is_demo for delivery in self.deliveries)


def delivery_date(name: str) -> dt.date:
    """The date that a delivery's name begins with.

    Raises:
        ValueError: it begins with none.
    """
    match = _DELIVERY_DATE.match(name)
    if match is None:
        raise ValueError(f"{name!r} does not begin with a date")
    return dt.date.fromisoformat(match[1])


def mark_as_demo(landing_dir: Path) -> None:
    """Marks every delivery in the folder as the demo company's, which gives way to real ones."""
    for path in landing_dir.glob("*/*/*"):
        if path.is_dir() and path.parent.name in KINDS:
            (path / DEMO_MARKER).touch()


def scan(settings: Settings, contract: Contract) -> Scan:
    """Lists deliveries and files by name, size, times and inode; reads no file.

    Where a real delivery lies beside the demo company's, the demo's are left out.

    Raises:
        UsageError: a landing folder that was named does not exist, or there is no delivery or
            no extract in it; the default one may be empty, but not hold only what cannot be
            landed.
    """
    scanner = _Scanner(settings.landing_dir, Catalog(contract, settings.mappings))
    if settings.landing_dir.is_dir():
        scanner.sources()
    elif settings.landing_dir.exists():
        raise UsageError(
            f"{settings.landing_dir}: the landing folder is a file. Name the folder that holds "
            "<source>/full/<YYYY-MM-DD>/ with SALES_KPIS_LANDING."
        )
    elif not settings.landing_is_default:
        raise UsageError(
            f"{settings.landing_dir}: the landing folder that SALES_KPIS_LANDING names does not "
            "exist. Create it, or name another."
        )
    found = scanner.result()
    is_empty = not (found.deliveries or found.problems or found.notes)
    if found.files or (settings.landing_is_default and (is_empty or found.is_demo)):
        return found
    if found.deliveries:
        text = (
            f"no extract found in {counted(len(found.deliveries), 'delivery', 'deliveries')}. "
            "A file is named by its object, such as Account.csv or reps.csv; "
            f"{OBJECTS_ARE_LISTED}."
        )
    else:
        text = (
            "no delivery found. Put files into <source>/full/<YYYY-MM-DD>/ in it, "
            "<source> being salesforce, hubspot or flat."
        )
    findings = [f"- {text}" for text in (*found.problems, *found.notes)]
    raise UsageError("\n".join([f"{settings.landing_dir}: {text}", *findings]))


class _Scanner:
    def __init__(self, landing_dir: Path, catalog: Catalog) -> None:
        self.landing_dir = landing_dir
        self.catalog = catalog
        self.deliveries: list[Delivery] = []
        self.files: list[LandingFile] = []
        self.notes: list[str] = []
        self.problems: list[str] = []
        self.unread: dict[Delivery, list[str]] = {}

    def result(self) -> Scan:
        deliveries = sorted(self.deliveries, key=lambda delivery: delivery.order)
        files = self.files
        notes = list(self.notes)
        if any(not delivery.is_demo for delivery in deliveries) and any(
            delivery.is_demo for delivery in deliveries
        ):
            notes.append(
                "the demo company's deliveries give way to yours and are ignored; "
                "you may delete them: "
                + ", ".join(str(delivery) for delivery in deliveries if delivery.is_demo)
            )
            deliveries = [delivery for delivery in deliveries if not delivery.is_demo]
            files = [file for file in files if not file.delivery.is_demo]
        for delivery in deliveries:
            if names := self.unread.get(delivery):
                notes.append(f"{delivery}: {left_out(names)}")
        return Scan(
            landing_dir=self.landing_dir.resolve(),
            deliveries=tuple(deliveries),
            files=tuple(sorted(files, key=lambda file: (file.delivery.order, file.name))),
            notes=tuple(notes),
            problems=tuple(self.problems),
            unread=tuple(name for found in deliveries for name in self.unread.get(found, ())),
        )

    def entries(self, path: Path | str) -> list[os.DirEntry[str]]:
        """What lies in a folder, by name, but for hidden and unnameable things."""
        try:
            with os.scandir(path) as found:
                entries = sorted(found, key=lambda entry: entry.name)
        except OSError as error:
            self.unreadable(error)
            return []
        for entry in entries:
            if _unsafe(entry.name):
                self.problems.append(f"{entry.path!r}: a name of unreadable characters; rename it")
        return [entry for entry in entries if not _ignored(entry.name) and not _unsafe(entry.name)]

    def sources(self) -> None:
        for entry in self.entries(self.landing_dir):
            if not entry.is_dir():
                if entry.name != "README.md":
                    self.notes.append(f"{entry.name}: left out, it is in no delivery folder")
            elif not _SOURCE.fullmatch(entry.name):
                self.unknown_source(entry)
            else:
                self.kinds(entry)

    def unknown_source(self, entry: os.DirEntry[str]) -> None:
        text = (
            f"{entry.name}: no source is called so; use {', '.join(CRMS)}, "
            f"{' or '.join(f'{name}-<name>' for name in CRMS)} (lower case) or {FLAT}"
        )
        if any((Path(entry.path) / kind).is_dir() for kind in KINDS):
            self.problems.append(text)
        else:
            self.notes.append(f"{text}; left out")

    def kinds(self, source: os.DirEntry[str]) -> None:
        for entry in self.entries(source.path):
            place = f"{source.name}/{entry.name}"
            if entry.is_dir() and entry.name in KINDS:
                self.of_kind(source.name, entry)
            elif entry.is_dir():
                self.problems.append(
                    f"{place}: deliveries lie under {source.name}/full/ (the complete state) or "
                    f"{source.name}/changes/ (new and changed records); move this folder there"
                )
            else:
                self.notes.append(f"{place}: left out, it is in no delivery folder")

    def of_kind(self, source: str, kind: os.DirEntry[str]) -> None:
        for entry in self.entries(kind.path):
            place = f"{source}/{kind.name}/{entry.name}"
            if not entry.is_dir():
                self.problems.append(
                    f"{place}: a file must lie in a delivery folder named by its date, "
                    f"such as {source}/{kind.name}/2026-11-20/"
                )
                continue
            if entry.name.endswith(".part"):
                self.notes.append(f"{place}: not complete yet (.part), left for a later run")
                continue
            try:
                date = delivery_date(entry.name)
                if date > LAST_DATE:
                    raise ValueError(f"{date} is no date of a delivery")
            except ValueError:
                self.problems.append(
                    f"{place}: the name of a delivery folder begins with its date as YYYY-MM-DD, "
                    "such as 2026-11-20 or 2026-11-20T0200; rename it"
                )
                continue
            path = Path(entry.path)
            delivery = Delivery(source, kind.name, entry.name, path, (path / DEMO_MARKER).exists())
            self.deliveries.append(delivery)
            self.delivery(delivery)

    def delivery(self, delivery: Delivery) -> None:
        by_object: dict[tuple[str, str], str] = {}
        for name, path in self.walk(delivery):
            table = None
            if not (delivery.connector == "salesforce" and _ARCHIVE.fullmatch(path.name)):
                table = self.table(delivery, path.name)
                if table is None:
                    continue
                # Copies of one extract in two formats would count twice where rows add up.
                held = stem(path.name) if ANY in table.object else table.object
                place = (str(Path(name).parent), held)
                if place in by_object:
                    self.problems.append(
                        f"{delivery}: {by_object[place]} and {name} are the same object; keep one"
                    )
                    continue
                by_object[place] = name
            try:
                stat = path.stat()
            except OSError as error:
                self.problems.append(f"{delivery}/{name}: cannot be read: {error.strerror}")
                continue
            self.files.append(
                LandingFile(
                    delivery,
                    name,
                    path,
                    table,
                    stat.st_size,
                    stat.st_mtime_ns,
                    stat.st_ctime_ns,
                    stat.st_ino,
                )
            )

    def walk(self, delivery: Delivery) -> Iterator[tuple[str, Path]]:
        """Regular files of a delivery, those in sub-folders too, by their path within it."""
        root = delivery.path.resolve()
        for folder, folders, names in os.walk(delivery.path, onerror=self.unreadable):
            folders[:] = sorted(
                name for name in folders if not _ignored(name) and not name.endswith(".part")
            )
            for name in sorted(names):
                path = Path(folder) / name
                inner = path.relative_to(delivery.path).as_posix()
                if _ignored(name) or name.endswith(".part"):
                    continue
                if _unsafe(inner):
                    self.problems.append(
                        f"{delivery}/{inner!r}: a name of unreadable characters; rename it"
                    )
                elif not _leads_into(path, root):
                    self.problems.append(
                        f"{delivery}/{inner}: a link that leads out of its delivery is not "
                        "followed; put the file itself there"
                    )
                elif path.is_file():
                    yield inner, path
                else:
                    self.notes.append(f"{delivery}/{inner}: left out, it is no regular file")

    def unreadable(self, error: OSError) -> None:
        self.problems.append(f"{error.filename}: cannot be read: {error.strerror}")

    def with_nearest(self, delivery: Delivery, name: str) -> str:
        """The name of a file that nobody reads, and the object it may be meant for."""
        objects = {
            table.object.lower(): table.object
            for table in self.catalog.contract.of_connector(delivery.connector)
        }
        near = difflib.get_close_matches(stem(name), objects, n=1, cutoff=0.85)
        return f"{name} (is it {objects[near[0]]}?)" if near else name

    def table(self, delivery: Delivery, name: str) -> Table | None:
        table = self.catalog.find(delivery.source, name)
        path = Path(name)
        if table is None and path.suffix.lower() in _WORKBOOKS:
            held = self.catalog.find(delivery.source, f"{path.stem}.csv")
            if held is not None:
                self.problems.append(
                    f"{delivery}/{name}: workbooks are not read; save the sheet of "
                    f"{held.object} as CSV, and take this file away"
                )
                return None
        if table is None:
            self.unread.setdefault(delivery, []).append(self.with_nearest(delivery, name))
        elif text := self.catalog.passed_over(delivery.source, table, name):
            self.problems.append(f"{delivery}: {text}")
            return None
        return table


def left_out(names: list[str]) -> str:
    """The note on files of a delivery that hold no object of the contract."""
    which = "it" if len(names) == 1 else "them"
    return f"left out, since no model reads {which}: {shorten(sorted(names))}"


def counted(number: int, one: str, many: str = "") -> str:
    """A number with its noun: `1 file`, `2,000 files`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def shorten(names: list[str], limit: int = 12) -> str:
    """The names as a list, of which a long one ends in a count."""
    more = len(names) - limit
    return ", ".join(names[:limit]) + (f" and {more} more" if more > 0 else "")


def _leads_into(path: Path, root: Path) -> bool:
    """Whether a path leads to something below `root`, whatever its links."""
    try:
        return path.resolve().is_relative_to(root)
    except (OSError, RuntimeError):  # links that lead in a circle
        return False


def _ignored(name: str) -> bool:
    return name.startswith(".") or name.lower() in _IGNORED


def _unsafe(name: str) -> bool:
    """Whether a name cannot be stored or printed as it is."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return True
    return bool(_CONTROL_CHARACTERS.search(name))
