"""Mutates good extracts, and says independently of landing what is in the result.

Nothing here uses landing's own readers: Python's csv and json modules count the records and
give the cells.
"""

from __future__ import annotations

import csv
import io
import json
import random
import re
from collections.abc import Callable
from dataclasses import dataclass

from tests.faults.extracts import MARK

# Cells that have done harm elsewhere.
HOSTILE = (
    *("=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(1)", "'; drop table raw.files; --", '"', '""'),
    *("1e308", "-1e308", "1e400", "NaN", "inf", "-5", "0000-00-00", "9999-12-31", "31.12.1999"),
    *("2026-02-30", "1_000", "1,5", "null", "\\N", "\\", "${jndi:x}", "{{ ref('x') }}", "\u202e"),
    *("a\nb", "a\r\nb", "x" * 300_000, " ", "\t", "\u00a0", "\ufeff", "\u0000", "0" * 5000, "🙂"),
)
# Some readers take such a cell for a quoted one, others for text.
_SPACED_QUOTE = re.compile(r'(^|[,;\r\n]) +"|" +([,;\r\n]|$)')
BYTES = (
    *(b"\0", b'"', b",", b";", b"\t", b"\n", b"\r", b"\r\n", b"\xef\xbb\xbf", b"\xff", b"\xc3"),
    *(b"\xe9", b"'", b"\\", b"\x1a", b"{", b"}", b"[", b"|", b"\n\n", b'""', b' "', b'" '),
)


def insert(draw: random.Random, content: bytes) -> bytes:
    at = draw.randrange(len(content) + 1)
    return content[:at] + draw.choice(BYTES) * draw.choice((1, 1, 1, 2, 50)) + content[at:]


def flip(draw: random.Random, content: bytes) -> bytes:
    found = bytearray(content)
    if found:
        found[draw.randrange(len(found))] ^= 1 << draw.randrange(8)
    return bytes(found)


def overwrite(draw: random.Random, content: bytes) -> bytes:
    found = bytearray(content)
    if found:
        found[draw.randrange(len(found))] = draw.randrange(256)
    return bytes(found)


def delete(draw: random.Random, content: bytes) -> bytes:
    at = draw.randrange(len(content) + 1)
    return content[:at] + content[at + draw.choice((1, 1, 2, 30)) :]


def cut(draw: random.Random, content: bytes) -> bytes:
    return content[: draw.randrange(len(content) + 1)]


def behead(draw: random.Random, content: bytes) -> bytes:
    """Without its first line, or without some bytes."""
    if draw.random() < 0.5:
        return content.partition(b"\n")[2]
    return content[draw.randrange(len(content) + 1) :]


def repeat(draw: random.Random, content: bytes) -> bytes:
    first, second = sorted(draw.randrange(len(content) + 1) for _ in range(2))
    return content[:second] + content[first:]


def reorder(draw: random.Random, content: bytes) -> bytes:
    lines = content.split(b"\n")
    body = lines[1:]
    draw.shuffle(body)
    return b"\n".join([lines[0], *body] if draw.random() < 0.8 else [*body, lines[0]])


def line_ends(draw: random.Random, content: bytes) -> bytes:
    """Other line ends, all or some of them."""
    share = draw.choice((1.0, 0.3))
    end = draw.choice((b"\r", b"\r\n", b"\n\r", b"\n\n"))
    parts = content.split(b"\n")
    found = parts[0]
    for part in parts[1:]:
        found += (end if draw.random() < share else b"\n") + part
    return found


def encoding(draw: random.Random, content: bytes) -> bytes:
    text = content.decode(errors="replace")
    return text.encode(
        draw.choice(("utf-16", "cp1252", "latin-1", "shift_jis", "utf-8-sig")), "replace"
    )


def hostile_cell(draw: random.Random, content: bytes) -> bytes:
    """A hostile value in place of a cell, quoted as it should be, or not."""
    value = draw.choice(HOSTILE)
    cells = content.split(b",")
    text = '"' + value.replace('"', '""') + '"' if draw.random() < 0.7 else value
    cells[draw.randrange(len(cells))] = text.encode()
    return b",".join(cells)


def header(draw: random.Random, content: bytes) -> bytes:
    """A header with a name twice, in another case, missing, empty, or like SQL."""
    first, line_end, body = content.partition(b"\n")
    names = first.split(b",")
    at = draw.randrange(len(names))
    names[at] = draw.choice(
        [
            names[draw.randrange(len(names))],
            names[draw.randrange(len(names))].swapcase(),
            names[at].upper(),
            *(b"", b" ", b"_row", b'"a"";drop table x;--"', b"x" * 3000, b"a.b", b"'", b"select"),
        ]
    )
    return b",".join(names) + line_end + body


def widen(draw: random.Random, content: bytes) -> bytes:
    """A line with a cell more or less."""
    lines = content.split(b"\n")
    at = draw.randrange(len(lines))
    lines[at] = lines[at] + b"," if draw.random() < 0.5 else lines[at].rpartition(b",")[0]
    return b"\n".join(lines)


MUTATIONS: tuple[Callable[[random.Random, bytes], bytes], ...] = (
    *(insert, flip, overwrite, delete, cut, behead, repeat, reorder, line_ends, encoding),
    *(hostile_cell, hostile_cell, hostile_cell, header, widen),
)


@dataclass(frozen=True)
class Records:
    """What Python finds in a file: cells by number of the record (from 1), and how many."""

    count: int
    cells: dict[int, tuple[str, ...]]


def csv_records(content: bytes, delimiter: str, encoding: str = "utf-8") -> Records | None:
    """The records behind the header; None where the bytes can be read in several ways."""
    if encoding == "western":
        # Windows-1252, and where that has no character ISO-8859-1.
        parts = [content[at : at + 1] for at in range(len(content))]
        text = "".join(part.decode("cp1252", "ignore") or part.decode("latin-1") for part in parts)
    else:
        text = content.removeprefix(b"\xef\xbb\xbf").decode(errors="surrogateescape")
    if _SPACED_QUOTE.search(text):
        return None
    try:
        csv.field_size_limit(10**9)
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error:
        return None
    if not rows:
        return None
    # A blank line is no record, but where there is one column only it may be an empty cell.
    body = rows[1:] if len(rows[0]) == 1 else [row for row in rows[1:] if row]
    return Records(len(body), {n: tuple(row) for n, row in enumerate(body, start=1)})


def json_records(content: bytes, names: list[str]) -> Records:
    """The records of JSON lines, their cells by these names; without cells those with a fault."""
    cells = {}
    count = 0
    for line in content.removeprefix(b"\xef\xbb\xbf").split(b"\n"):
        if not line.strip():
            continue
        count += 1
        try:
            values = json.loads(line, parse_float=str, parse_int=str)
        except (ValueError, RecursionError):
            continue
        if not isinstance(values, dict):
            continue
        properties = values.get("properties")
        if isinstance(properties, dict):
            # The id of a record with properties is theirs; neither is a column of its own.
            beside = {key: values[key] for key in values.keys() - {"id", "properties"}}
            values = {**beside, "hs_object_id": values.get("id"), **properties}
        by_name = {key.strip().lower(): value for key, value in values.items()}
        cells[count] = tuple(_json_text(by_name.get(name.lower())) for name in names)
    return Records(count, cells)


def _json_text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def leaks(text: str) -> bool:
    """Whether a private value, or a part of one that tells it, stands in a text."""
    return MARK[:6] in text
