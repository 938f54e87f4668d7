"""Good extracts of every object of the contract, each private cell with a mark of its own."""

from __future__ import annotations

import csv
import gzip
import io
import json
import random
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.contract import Column, Contract, Table, load_contract

PROJECT_DIR = Path(__file__).parents[2]
CONTRACT: Contract = load_contract(PROJECT_DIR)
# Stands in every cell of a private column, and nowhere else.
MARK = "zqsecret"

_TEXTS = (
    *("", "Acme", "a,b", 'said "so"', "two\nlines", "two\r\nlines", "Müller & Söhne", "=cmd()"),
    *("'; drop table raw.files; --", "0", "日本", " padded ", "x;y\tz|w", "null", "\\N"),
)
_VALUES: dict[str, Callable[[random.Random], str]] = {
    "id": lambda draw: f"006Hs00000{draw.randrange(10**5):05d}",
    "text": lambda draw: draw.choice(_TEXTS),
    "instant": lambda draw: f"2026-0{draw.randint(1, 9)}-1{draw.randrange(10)} 08:30:00",
    "instant_ms": lambda draw: str(draw.randint(1_600_000_000_000, 1_700_000_000_000)),
    "date": lambda draw: f"2026-0{draw.randint(1, 9)}-1{draw.randrange(10)}",
    "month": lambda draw: f"2026-0{draw.randint(1, 9)}",
    "boolean": lambda draw: draw.choice(("true", "false", "1", "0")),
    "decimal": lambda draw: draw.choice(("12.50", "-3", "1000000", "0")),
    "integer": lambda draw: str(draw.randrange(1000)),
}


@dataclass(frozen=True)
class Extract:
    """Rows of one object, the header first."""

    table: Table
    rows: tuple[tuple[str, ...], ...]

    @property
    def place(self) -> str:
        """Its delivery folder."""
        return f"{self.table.connector}/full/2026-11-20"


def make_extract(draw: random.Random, table: Table, rows: int) -> Extract:
    """An extract of the object with all its columns and one that no model reads."""
    header = (*(column.name for column in table.columns), "Extra")
    body = tuple(
        (*(_cell(draw, column) for column in table.columns), draw.choice(_TEXTS))
        for _ in range(rows)
    )
    return Extract(table, (header, *body))


def _cell(draw: random.Random, column: Column) -> str:
    text = _VALUES[column.data_type](draw)
    if column.private:
        # Such as a header of their own would make of it, in a cell of any type.
        return f"{MARK}{draw.randrange(1000)}@x.example"
    if column.required and not text.strip():
        return "filled"
    return text if column.required or draw.random() < 0.8 else ""


def csv_bytes(
    extract: Extract, line_end: str = "\n", quoting: int = csv.QUOTE_MINIMAL, delimiter: str = ","
) -> bytes:
    """The extract as CSV."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator=line_end, quoting=quoting, delimiter=delimiter)
    writer.writerows(extract.rows)
    return stream.getvalue().encode()


def json_bytes(extract: Extract) -> bytes:
    """The extract as JSON lines; of HubSpot as its API returns records."""
    header, *body = extract.rows
    lines = []
    for row in body:
        values = dict(zip(header, row, strict=True))
        if extract.table.connector == "hubspot" and "hs_object_id" in values:
            values = {"id": values["hs_object_id"], "archived": False, "properties": values}
        lines.append(json.dumps(values, ensure_ascii=False))
    return ("\n".join(lines) + "\n").encode()


def parquet_bytes(extract: Extract, folder: Path) -> bytes:
    """The extract as Parquet, all texts."""
    source, target = folder / "source.csv", folder / "target.parquet"
    source.write_bytes(csv_bytes(extract, quoting=csv.QUOTE_ALL))
    with duckdb.connect() as con:
        con.read_csv(str(source), all_varchar=True, header=True).write_parquet(str(target))
    return target.read_bytes()


def zip_bytes(members: dict[str, bytes]) -> bytes:
    """An archive of these members."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def gzip_bytes(content: bytes) -> bytes:
    """The content, compressed; the same bytes each time."""
    return gzip.compress(content, mtime=0)
