"""Reads JSON lines: one record per line, its columns the keys of the object.

Values become texts as they would stand in a CSV file: numbers as they are written, true and
false as words, lists and objects as JSON. Of records as HubSpot's API returns them,
`{"id": ..., "properties": {...}, ...}`, each property is a column, and the id is `hs_object_id`.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

_UTF8_BOM = b"\xef\xbb\xbf"
_MAX_RECORD_BYTES = 2_000_000
_PROPERTIES = "properties"
_OBJECT_ID = "hs_object_id"
NUL = "a text holds the character NUL"


class NotJsonLines(Exception):
    """The file holds no JSON lines; the message says what it looks like and what to do."""


@dataclass(frozen=True)
class Record:
    """A line that is not blank: its values by key, or what is wrong with it."""

    line: int
    values: dict[str, Any]
    fault: str | None = None


def records(path: Path) -> Iterator[Record]:
    """The records of a file.

    Raises:
        NotJsonLines: it is a JSON array, or its last record is cut short.
    """
    with path.open("rb") as stream:
        is_first = True
        for number, line in enumerate(stream, start=1):
            text = line.removeprefix(_UTF8_BOM) if number == 1 else line
            if not text.strip():
                continue
            if is_first and text.lstrip().startswith(b"["):
                raise NotJsonLines(
                    f"line {number}: this is a JSON array, not JSON lines; write one record per "
                    "line, without brackets around them and commas between"
                )
            is_first = False
            record = _record(number, text)
            is_cut = text.lstrip().startswith(b"{") and not text.rstrip().endswith(b"}")
            if record.fault and is_cut and not line.endswith(b"\n"):
                raise NotJsonLines(
                    f"line {number}: the last record is not complete; the file was cut short. "
                    "Export it again"
                )
            yield record


def column_names(found: Iterator[Record]) -> tuple[list[str], int]:
    """Names of the columns, in the order in which they come up, and the number of records.

    Keys that differ only by case or surrounding spaces are one column, named as the first is.
    """
    keys: dict[str, None] = {}
    count = 0
    for record in found:
        count += 1
        keys.update(dict.fromkeys(record.values))
    names: dict[str, str] = {}
    for key in keys:
        names.setdefault(_simple(key), key.strip())
    return list(names.values()), count


def write_csv(path: Path, target: Path, names: list[str]) -> None:
    """Writes the sound records of a file as CSV without a header, one column per name."""
    positions = _Positions(names)
    with target.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, quoting=csv.QUOTE_ALL, lineterminator="\n")
        for record in records(path):
            if record.fault is None:
                row = [""] * len(names)
                for key, value in record.values.items():
                    row[positions[key]] = value if type(value) is str else _text(value)
                writer.writerow(row)


class _Positions(dict[str, int]):
    """Positions of columns by key, however it is written."""

    def __init__(self, names: list[str]) -> None:
        self.by_name = {_simple(name): position for position, name in enumerate(names)}

    def __missing__(self, key: str) -> int:
        self[key] = self.by_name[_simple(key)]
        return self[key]


class _Number(float):
    """A number that remembers how it was written: 1.10 is not 1.1 in an id."""

    def __new__(cls, text: str) -> _Number:
        number = super().__new__(cls, text)
        number.text = text
        return number


class _Repeated(ValueError):
    """A key stands twice in one record."""


def _record(number: int, line: bytes) -> Record:
    if len(line) > _MAX_RECORD_BYTES:
        return Record(number, {}, "the record is longer than two million bytes")
    try:
        values = _DECODER.decode(line.decode("utf-8"))
        if b"\\ud" in line.lower():
            # A lone half of a surrogate pair is valid JSON and no text.
            json.dumps(values, ensure_ascii=False).encode("utf-8")
    except UnicodeError:
        return Record(number, {}, "a character is not UTF-8")
    except json.JSONDecodeError as error:
        return Record(number, {}, f"not readable as JSON (column {error.colno}: {error.msg})")
    except _Repeated:
        return Record(number, {}, "a column stands twice in the record")
    except (ValueError, RecursionError):
        return Record(number, {}, "not readable as JSON")
    if not isinstance(values, dict):
        return Record(number, {}, "not a JSON object")
    if isinstance(values.get(_PROPERTIES), dict):
        values = _with_properties(values)
    if b"\\u0000" in line and any(
        "\0" in text for text in (*values, *values.values()) if isinstance(text, str)
    ):
        return Record(number, {}, NUL)
    return Record(number, values)


def _with_properties(values: dict[str, Any]) -> dict[str, Any]:
    """The record with its properties as keys; what stands beside them yields to them."""
    properties = values[_PROPERTIES]
    taken = {_PROPERTIES, "id", *map(_simple, properties)}
    beside = {key: value for key, value in values.items() if _simple(key) not in taken}
    if _OBJECT_ID not in map(_simple, properties) and "id" in values:
        beside = {_OBJECT_ID: values["id"], **beside}
    return {**beside, **properties}


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs) or len(set(map(_simple, values))) < len(pairs):
        raise _Repeated
    return values


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_float=_Number, parse_constant=_no_constant
)


@lru_cache(maxsize=10_000)
def _simple(key: str) -> str:
    return key.strip().lower()


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, _Number):
        return value.text
    return json.dumps(value, ensure_ascii=False)
