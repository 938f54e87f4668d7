"""Reads the extract files of a landing folder as they are, without the warehouse.

Follows `design.md` (deliveries, deletion by absence), `formats.md` (dialects) and `flat.md`
(columns, keys, what a row cannot be without).
"""

from __future__ import annotations

import csv
import gzip
import io
import re
import zipfile
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb

EMPTY_IDS = {"000000000000000AAA", "000000000000000"}
CHECK = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"

# Starred columns of flat.md: what a row cannot be without, and of which kind they are.
FLAT_REQUIRED = {
    "reps": "rep_id name",
    "accounts": "account_id name",
    "leads": "lead_id created_at:instant",
    "lead_history": "lead_id changed_at:instant",
    "opportunities": "opportunity_id stage",
    "opportunity_history": "opportunity_id changed_at:instant",
    "opportunity_lines": "line_id opportunity_id product_id",
    "products": "product_id name",
    "quotes": "quote_id issued_at:instant",
    "contracts": "contract_id account_id start_date:date",
    "purchases": "purchase_id account_id purchased_at:instant amount:number",
    "subscriptions": "subscription_id account_id start_date:date mrr:number",
    "activities": "activity_id type",
    "campaigns": "campaign_id name",
    "quotas": "scope_type scope_id period_type period_start:date amount:number",
    "targets": "kpi scope_type scope_id period_type period_start:date target:number",
    "forecasts": "rep period_type period_start:date submitted_on:date amount:number",
    "costs": "month:month category amount:number",
    "product_costs": "product_id valid_from:date unit_cost:number",
    "surveys": "response_id responded_at:instant score:number",
    "time_log": "rep date:date activity hours:number",
    "fx_rates": "currency from_date:date rate:number",
}
# "Objects without an id of their own are keyed by their starred columns but the value".
FLAT_KEYS = {
    "reps": "rep_id valid_from:date",
    "lead_history": "lead_id changed_at:instant",
    "opportunity_history": "opportunity_id changed_at:instant",
    "quotas": "scope_type scope_id period_type period_start:date",
    "targets": "kpi scope_type scope_id period_type period_start:date",
    "forecasts": "rep period_type period_start:date submitted_on:date",
    "costs": "month:month category item",
    "product_costs": "product_id valid_from:date",
    "fx_rates": "currency from_date:date",
}
SF_HISTORY = {"leadhistory", "opportunityhistory", "opportunityfieldhistory"}


def sf_id(text: str | None) -> str | None:
    """An 18-character id; none for the empty lookup; 15 characters get their checksum."""
    if text is None or text in EMPTY_IDS:
        return None
    if len(text) != 15:
        return text
    checks = (
        sum(1 << i for i, letter in enumerate(text[k : k + 5]) if "A" <= letter <= "Z")
        for k in (0, 5, 10)
    )
    return text + "".join(CHECK[check] for check in checks)


def to_number(text: str | None) -> float | None:
    if text is None or not re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", text):
        return None
    return float(text)


def to_flag(text: str | None) -> bool | None:
    return {"1": True, "true": True, "0": False, "false": False}.get((text or "").lower())


def to_date(text: str | None, earliest: date = date(1990, 1, 1)) -> date | None:
    """A plain day, also when spelt with a time of midnight; never shifted."""
    if text is None:
        return None
    try:
        day = date.fromisoformat(text[:10])
    except ValueError:
        return None
    return day if earliest <= day <= date(2100, 12, 31) else None


def to_month(text: str | None, earliest: date = date(1990, 1, 1)) -> date | None:
    if text is not None and re.fullmatch(r"\d{4}-\d{2}", text):
        text += "-01"
    day = to_date(text, earliest)
    return day.replace(day=1) if day else None


def start_of_day(day: date, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


def to_instant(
    text: str | None, zone: ZoneInfo, earliest: date = date(1990, 1, 1)
) -> datetime | None:
    """ISO 8601; without a zone UTC; without a time the beginning of that business day."""
    if text is None:
        return None
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        day = to_date(text, earliest)
        return start_of_day(day, zone) if day else None
    text = re.sub(r"([+-]\d{2})(\d{2})$", r"\1:\2", text.replace(" ", "T", 1))
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return moment if earliest <= moment.date() <= date(2100, 12, 31) else None


def csv_cells(content: bytes) -> list[list[str]]:
    """UTF-8, else ISO-8859-1; the delimiter that the header has most of."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    header = text.split("\n", 1)[0]
    delimiter = max(",;\t|^`", key=header.count)
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))


def parquet_cells(path: Path) -> list[list[str]]:
    with duckdb.connect() as con:
        con.execute("set timezone = 'UTC'")
        found = con.execute("select cast(columns(*) as varchar) from read_parquet(?)", [str(path)])
        names = [column[0] for column in found.description]
        return [names, *([cell or "" for cell in row] for row in found.fetchall())]


@dataclass
class Record:
    """The latest version of a record. Column names in lower case; empty cells are None."""

    source: str
    cells: dict[str, str | None]
    order: tuple[str, int, str, int]
    is_deleted: bool = False

    def __getitem__(self, column: str) -> str | None:
        return self.cells.get(column)


class Extracts:
    """All deliveries under `landing`.

    `zone` is the business time zone, needed for flat instants without a time; `earliest` the
    setting `earliest_date`.
    """

    def __init__(self, landing: Path, zone: ZoneInfo, earliest: date = date(1990, 1, 1)) -> None:
        self.zone, self.earliest = zone, earliest
        # (source, object) -> rows over all deliveries, and the newest full delivery that holds it.
        self._rows: dict[tuple[str, str], list[Record]] = {}
        self._full: dict[tuple[str, str], tuple[str, int]] = {}
        self.crm_days: list[date] = []
        self.other_days: list[date] = []
        for source in sorted(p for p in landing.iterdir() if p.is_dir()):
            for rank, kind in enumerate(("full", "changes")):
                folder = source / kind
                if not folder.is_dir():
                    continue
                for delivery in sorted(p for p in folder.iterdir() if p.is_dir()):
                    if not delivery.name.startswith(".") and not delivery.name.endswith(".part"):
                        self._read_delivery(source.name, delivery, rank)

    def _read_delivery(self, source: str, delivery: Path, rank: int) -> None:
        files = list(self._files(delivery))
        if not files:
            return
        days = self.crm_days if source.startswith(("salesforce", "hubspot")) else self.other_days
        days.append(date.fromisoformat(delivery.name[:10]))
        for path, table in files:
            name = re.sub(
                r"\.(csv(\.gz)?|parquet)$", "", path.rsplit("/", 1)[-1], flags=re.IGNORECASE
            ).lower()
            key = (source, name)
            rows = self._rows.setdefault(key, [])
            if rank == 0:
                self._full[key] = max(self._full.get(key, ("", 0)), (delivery.name, rank))
            header = [column.strip().lower() for column in table[0]]
            for number, cells in enumerate(table[1:], 1):
                if len(cells) != len(header):
                    continue
                values = {c: (v.strip() or None) for c, v in zip(header, cells, strict=True)}
                record = Record(source, values, (delivery.name, rank, path, number))
                if self._is_complete(source, name, record):
                    rows.append(record)

    @staticmethod
    def _files(delivery: Path):
        """Name and cells of each file, the header first."""
        for path in sorted(p for p in delivery.rglob("*") if p.is_file()):
            lower = path.name.lower()
            if lower.startswith("."):
                continue
            if lower.endswith(".csv"):
                yield path.name, csv_cells(path.read_bytes())
            elif lower.endswith(".csv.gz"):
                yield path.name, csv_cells(gzip.decompress(path.read_bytes()))
            elif lower.endswith(".parquet"):
                yield path.name, parquet_cells(path)
            elif lower.endswith(".zip"):
                with zipfile.ZipFile(path) as archive:
                    for member in sorted(archive.namelist()):
                        if member.lower().endswith(".csv"):
                            yield f"{path.name}/{member}", csv_cells(archive.read(member))

    def _typed(self, source: str, record: Record, column: str):
        """A cell cast as `name:kind` says; plain text without a kind."""
        name, _, kind = column.partition(":")
        text = record[name]
        if kind == "instant":
            return to_instant(text, self.zone, self.earliest)
        if kind == "date":
            return to_date(text, self.earliest)
        if kind == "month":
            return to_month(text, self.earliest)
        if kind == "number":
            return to_number(text)
        return text

    def _is_complete(self, source: str, name: str, record: Record) -> bool:
        if source != "flat":
            return sf_id(record["id"]) is not None
        required = FLAT_REQUIRED.get(name, "").split()
        return all(self._typed(source, record, column) is not None for column in required)

    def _key(self, source: str, name: str, record: Record) -> tuple:
        if source != "flat":
            return (sf_id(record["id"]),)
        columns = FLAT_KEYS.get(name) or FLAT_REQUIRED[name].split()[0]
        values = [self._typed(source, record, column) for column in columns.split()]
        if name == "costs":
            values[1] = values[1].lower()
        return tuple(values)

    def _version(self, row: Record) -> tuple:
        """Sorts versions of a record: by delivery, in it by when the source changed them."""
        changed = to_instant(row["systemmodstamp"], self.zone, self.earliest)
        return (*row.order[:2], changed is not None, changed, *row.order[2:])

    def is_delivered(self, *names: str) -> bool:
        """Whether any source delivered one of these objects; a header without rows counts."""
        wanted = {name.lower() for name in names}
        return any(name in wanted for _, name in self._rows)

    def delivering(self, *names: str) -> set[str]:
        """The sources that delivered one of these objects."""
        wanted = {name.lower() for name in names}
        return {source for source, name in self._rows if name in wanted}

    def newest(self, name: str, *, source_prefix: str) -> list[Record]:
        """The latest version of every record of an object, deleted ones marked.

        Deleted: flagged, or not in the newest full delivery that holds the object, nor in
        changes since. Salesforce history only grows, so there a row is never deleted by
        absence.
        """
        found = []
        for (source, table), rows in self._rows.items():
            if table != name.lower() or not source.startswith(source_prefix):
                continue
            full = self._full.get((source, table), ("", 0))
            if source == "flat" and table == "time_log":
                # No key: rows of one rep, day and activity add up.
                found += [row for row in rows if row.order[:2] >= full]
                continue
            latest: dict[tuple, Record] = {}
            for row in sorted(rows, key=self._version):
                latest[self._key(source, table, row)] = row
            for row in latest.values():
                flagged = bool(to_flag(row["isdeleted"] if source != "flat" else row["is_deleted"]))
                absent = row.order[:2] < full and table not in SF_HISTORY
                row.is_deleted = flagged or absent
                found.append(row)
        return found

    def salesforce(self, name: str) -> list[Record]:
        return self.newest(name, source_prefix="salesforce")

    def flat(self, name: str) -> list[Record]:
        return self.newest(name, source_prefix="flat")

    def newest_day(self) -> date:
        """The date of the newest CRM delivery, of any where there is no CRM."""
        return max(self.crm_days or self.other_days)


def day_before(day: date) -> date:
    return day - timedelta(days=1)
