"""How the extracts are spelt: Salesforce ids, instants, flags, and the files themselves."""

from __future__ import annotations

import csv
import gzip
import io
import random
import re
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb

EMPTY_ID = "000000000000000AAA"
SF_HISTORY = {"LeadHistory", "OpportunityHistory", "OpportunityFieldHistory"}
_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_CHECK = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


def checksum(id15: str) -> str:
    """The three characters that tell the case of a 15-character id."""
    return "".join(
        _CHECK[sum(1 << i for i, c in enumerate(id15[k : k + 5]) if c.isascii() and c.isupper())]
        for k in (0, 5, 10)
    )


class Ids:
    """Makes Salesforce ids; neighbours often differ by case alone."""

    def __init__(self) -> None:
        self._count = 0

    def new(self, prefix: str) -> str:
        self._count += 1
        number, text = self._count, ""
        for _ in range(4):
            number, digit = divmod(number, 62)
            # Letters first, upper beside lower: ids that only case tells apart.
            letters = "aAbBcCdDeEfFgGhHiIjJkKlLmMnNoOpPqQrRsStTuUvVwWxXyYzZ0123456789"
            text = letters[digit] + text
        id15 = f"{prefix}Hs000000"[:11] + text
        return id15 + checksum(id15)


def sf_instant(value: datetime | None) -> str:
    return "" if value is None else value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def sf_date(value: date | None) -> str:
    return "" if value is None else f"{value.isoformat()} 00:00:00"


def sf_flag(value: bool) -> str:
    return "1" if value else "0"


def _csv_text(columns: list[str], rows: list[dict[str, str]], quoting: int) -> str:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, quoting=quoting, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([row.get(column, "") for column in columns])
    return buffer.getvalue()


def write_weekly_export(
    folder: Path,
    objects: dict[str, tuple[list[str], list[dict[str, str]]]],
    zip_name: str | None,
    *,
    encoding: str = "utf-8",
    splits_objects: bool = False,
) -> None:
    """Write one weekly Data Export: a CSV file per object, or ZIP parts that hold them.

    With `splits_objects` each part holds half of every object.
    """
    folder.mkdir(parents=True)

    def content(columns: list[str], rows: list[dict[str, str]]) -> bytes:
        return _csv_text(columns, rows, csv.QUOTE_ALL).encode(encoding)

    if zip_name is None and not splits_objects:
        for name, (columns, rows) in objects.items():
            (folder / f"{name}.csv").write_bytes(content(columns, rows))
        return
    # Parts of a limited size: here two.
    names = sorted(objects)
    for part in (0, 1):
        path = folder / f"{zip_name or 'WE_00D000000000001AAA'}_{part + 1}.ZIP"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name in names if splits_objects else names[part::2]:
                columns, rows = objects[name]
                if splits_objects:
                    half = len(rows) // 2
                    rows = rows[half:] if part else rows[:half]
                # A fixed time: the same seed gives the same bytes.
                info = zipfile.ZipInfo(f"{name}.csv", (2020, 1, 1, 0, 0, 0))
                archive.writestr(info, content(columns, rows))


_INSTANTS = {
    *("CreatedDate", "SystemModstamp", "ActivatedDate", "CompletedDateTime", "ActivityDateTime"),
    "LastLoginDate",
}
_DATES = {
    *("CloseDate", "ActivityDate", "StartDate", "EndDate", "ConvertedDate", "EffectiveDate"),
    *("LastActivityDate", "ExpirationDate", "ServiceDate"),
}
_NUMBERS = {
    *("Amount", "Probability", "Quantity", "TotalPrice", "UnitPrice", "ListPrice", "Discount"),
    *("GrandTotal", "TotalAmount", "ActualCost", "ContractTerm", "CallDurationInSeconds"),
    *("DurationInMinutes", "ConversionRate"),
}
_SQL_TYPES = {
    **dict.fromkeys(_INSTANTS, "timestamp"),
    **dict.fromkeys(_DATES, "date"),
    **dict.fromkeys(_NUMBERS, "double"),
}


def rest_cell(column: str, text: str, rng: random.Random, zone: str) -> str:
    """A cell of the weekly export as the REST API has it."""
    if text == EMPTY_ID or not text:
        return ""
    if column in _INSTANTS:
        return f"{text[:10]}T{text[11:]}.000{zone}"
    if column in _DATES:
        return text[:10]
    if column.startswith("Is") and column != "IsoCode":
        return "true" if text == "1" else rng.choice(["false", "false", ""])
    if column in _NUMBERS and "E" not in text and rng.random() < 0.5:
        number = float(text)
        if number and number == int(number) and rng.random() < 0.2:
            exponent = len(str(abs(int(number)))) - 1
            return f"{float(f'{number}e-{exponent}')!r}E{exponent}"
        return repr(number)
    return text


def write_rest_extracts(
    folder: Path,
    objects: dict[str, tuple[list[str], list[dict[str, str]]]],
    rng: random.Random,
) -> None:
    """Write what tools fetch by the REST and Bulk APIs: each file in a spelling of its own.

    Any order and case of the columns, any delimiter, line end and compression; also Parquet
    with typed columns. Ids have 15 or 18 characters. Every file has a text of several lines.
    """
    folder.mkdir(parents=True)
    for name, (columns, rows) in objects.items():
        shuffled = [*columns, "Description__c"]
        rng.shuffle(shuffled)
        zone = rng.choice(["Z", "+0000", "+00:00"])
        short_ids = rng.random() < 0.3
        cells = []
        for row in rows:
            line = {c: rest_cell(c, row.get(c, ""), rng, zone) for c in columns}
            if short_ids:
                line = {
                    c: t[:15] if re.fullmatch(r"[0-9a-zA-Z]{15}[A-Z0-5]{3}", t) else t
                    for c, t in line.items()
                }
            line["Description__c"] = rng.choice(["", 'two\nlines, "quoted"; a\ttab', "a|b^c`d\r\n"])
            cells.append(line)
        spelt = rng.choice([str, str.upper, str.lower])
        stem = spelt(name)
        if rng.random() < 0.15:
            _write_parquet(folder / f"{stem}.parquet", shuffled, cells)
            continue
        delimiter = rng.choice([",", ",", ";", "\t", "|", "^", "`"])
        buffer = io.StringIO(newline="")
        writer = csv.writer(
            buffer,
            delimiter=delimiter,
            quoting=rng.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
            lineterminator=rng.choice(["\n", "\r\n"]),
        )
        writer.writerow([spelt(column) for column in shuffled])
        writer.writerows([[line[column] for column in shuffled] for line in cells])
        content = buffer.getvalue().encode(rng.choice(["utf-8", "utf-8-sig"]))
        if rng.random() < 0.3:
            (folder / f"{stem}.csv.gz").write_bytes(gzip.compress(content, mtime=0))
        else:
            (folder / f"{stem}.csv").write_bytes(content)


def _write_parquet(path: Path, columns: list[str], rows: list[dict[str, str]]) -> None:
    """A file with typed columns, as tools that know the API's types write them."""
    with duckdb.connect() as con:
        con.execute("set timezone = 'UTC'")
        con.execute(f"create table texts ({', '.join(f'{c} varchar' for c in columns)})")
        if rows:
            con.executemany(
                f"insert into texts values ({', '.join('?' for _ in columns)})",
                [[row[column] for column in columns] for row in rows],
            )
        typed = []
        for column in columns:
            kind = "boolean" if column.startswith("Is") and column != "IsoCode" else None
            kind = _SQL_TYPES.get(column, kind)
            typed.append(f"nullif({column}, '')::{kind} as {column}" if kind else column)
        con.execute(f"copy (select {', '.join(typed)} from texts) to '{path}' (format parquet)")


def write_flat(path: Path, columns: list[str], rows: list[dict[str, str]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_csv_text(columns, rows, csv.QUOTE_MINIMAL), encoding="utf-8", newline="")
