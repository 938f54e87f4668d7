"""How the extracts are spelt: Salesforce ids, instants, flags, and the files themselves."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path

EMPTY_ID = "000000000000000AAA"
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
    folder: Path, objects: dict[str, tuple[list[str], list[dict[str, str]]]], zip_name: str | None
) -> None:
    """Write one weekly Data Export: a CSV file per object, or ZIP parts that hold them."""
    folder.mkdir(parents=True)
    texts = {
        f"{name}.csv": _csv_text(columns, rows, csv.QUOTE_ALL)
        for name, (columns, rows) in objects.items()
    }
    if zip_name is None:
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8", newline="")
        return
    # Parts of a limited size: here two, each with some of the objects.
    names = sorted(texts)
    for part, members in enumerate((names[::2], names[1::2]), 1):
        path = folder / f"{zip_name}_{part}.ZIP"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name in members:
                # A fixed time: the same seed gives the same bytes.
                info = zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0))
                archive.writestr(info, texts[name].encode("utf-8"))


def write_flat(path: Path, columns: list[str], rows: list[dict[str, str]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_csv_text(columns, rows, csv.QUOTE_MINIMAL), encoding="utf-8", newline="")
