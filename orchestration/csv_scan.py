"""Reads the shape of a CSV file by itself: header, delimiter, records, where quotes go wrong.

DuckDB reads the cells. What it read is trusted only where the number of records agrees with the
one counted here from the bytes, since its reader swallows lines in silence after a quote that
never ends. Bytes are searched with numpy, in blocks: a second for a few million rows.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

DELIMITERS = (",", ";", "\t", "|", "^", "`")
QUOTE = ord('"')
LF = ord("\n")
CR = ord("\r")
SPACE = ord(" ")

# What Western exports of old write in place of UTF-8: ISO-8859-1, and where that has only control
# characters, Windows-1252.
_WESTERN = "".join(
    bytes([byte]).decode("cp1252", errors="ignore") or chr(byte) for byte in range(256)
)
# Of that text's bytes beyond ASCII at most this share is undefined in Windows-1252, or in runs of
# four and more, as scripts of other encodings have them.
_MAX_ODD_SHARE = 0.05

_BLOCK_BYTES = 4 << 20
_HEADER_BYTES = 1 << 20
# What DuckDB's reader takes for one record at most.
MAX_RECORD_BYTES = 2_000_000
_MAX_BAD_QUOTES = 100_000
_UTF8_BOM = b"\xef\xbb\xbf"


class NotCsv(Exception):
    """The file is no CSV; the message says what it looks like and what to do."""


@dataclass(frozen=True)
class Shape:
    """What the bytes of a CSV file say.

    `records` leaves out the header, and blank lines except in a file of one column.
    `line_ends` are those outside quotes: LF, CRLF, CR. `open_quote_line` is the line of a
    quote that never ends, `bad_quote_lines` those (first, last) of quoted cells that are
    followed by something else than a delimiter, `lone_cr_line` the first that ends in a CR alone
    where others do not. `has_wide` tells whether records have empty cells beyond the header's,
    which DuckDB's reader takes for none; `long_records` are the numbers of those that are longer
    than it reads, and `has_nul` tells whether there is a NUL byte.
    """

    records: int
    lines: int
    line_ends: frozenset[str]
    open_quote_line: int | None
    bad_quote_lines: tuple[tuple[int, int], ...]
    lone_cr_line: int | None
    has_wide: bool
    long_records: tuple[int, ...]
    has_nul: bool


def check_is_text(path: Path, expected: str = "CSV") -> None:
    """Looks at the first bytes for what is often delivered in place of CSV or JSON lines.

    Raises:
        NotCsv: the file is empty, or of another format than the one expected.
    """
    again = f"not {expected}; export the object as {expected} again"
    with path.open("rb") as stream:
        start = stream.read(4096)
    if not start:
        raise NotCsv(f"the file has no bytes; {_deliver_again(expected)}")
    signatures = {
        b"PK\x03\x04": "a ZIP archive or an Excel workbook",
        b"PK\x05\x06": "an empty ZIP archive",
        b"\x1f\x8b": "gzip-compressed data (name such a file .csv.gz or .jsonl.gz)",
        b"\xd0\xcf\x11\xe0": "an Excel workbook of the old format",
        b"PAR1": "a Parquet file (name it .parquet)",
        b"%PDF": "a PDF document",
        b"\xff\xfe": "text in UTF-16 (export it as UTF-8, or map it with `encoding: utf-16`)",
        b"\xfe\xff": "text in UTF-16 (export it as UTF-8, or map it with `encoding: utf-16`)",
    }
    for signature, what in signatures.items():
        if start.startswith(signature):
            raise NotCsv(f"line 1: this is {what}, {again}")
    # One of them in a cell is a fault of its record.
    if b"\x00" in start.splitlines()[0] or start.count(b"\x00") * 100 > len(start):
        raise NotCsv(f"line 1: this is binary data, {again}")
    text = start.removeprefix(_UTF8_BOM).lstrip()
    if not text:
        raise NotCsv(f"line 1: the file is blank; {_deliver_again(expected)}")
    if text.startswith(b"<"):
        raise NotCsv(
            "line 1: this is HTML or XML (often a login or error page saved in place of the "
            f"extract), {again}"
        )
    if expected == "CSV" and text.startswith((b"{", b"[")):
        raise NotCsv(
            "line 1: this is JSON, not CSV; export the object as CSV, or name JSON lines .jsonl"
        )


def _deliver_again(expected: str) -> str:
    if expected == "CSV":
        return "deliver it again, with a header at least"
    return "deliver it again; that an object has no records is said by a CSV file with a header"


def is_western(path: Path) -> bool:
    """Whether a text file is in ISO-8859-1 or Windows-1252 as a whole, and not UTF-8.

    Such a file has hardly a sequence of bytes that UTF-8 would take for one character, so that
    a UTF-8 file with a few broken characters is none; and its letters beyond ASCII stand mostly
    alone, unlike those of other scripts.
    """
    if _is_utf8(path):
        return False
    characters, broken, odd = 0, 0, 0
    with path.open("rb") as stream:
        if stream.read(len(_UTF8_BOM)) == _UTF8_BOM:
            return False
        stream.seek(0)
        decoder = codecs.getincrementaldecoder("utf-8")(errors="surrogateescape")
        while block := stream.read(_BLOCK_BYTES):
            text = decoder.decode(block)
            if not text.isascii():
                points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
                # A byte that is no UTF-8 is decoded to one of these code points.
                is_broken = (points >= 0xDC80) & (points <= 0xDCFF)
                characters += int(np.count_nonzero(points > 0x7F)) - int(is_broken.sum())
                broken += int(is_broken.sum())
            odd += _odd_bytes(np.frombuffer(block, dtype=np.uint8))
    # What the last bytes began is broken too, but there the decoder still waits.
    broken = broken or 1
    return characters * 10 < broken and odd <= _MAX_ODD_SHARE * (broken + characters)


def _is_utf8(path: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as stream:
        try:
            while block := stream.read(_BLOCK_BYTES):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def _odd_bytes(block: np.ndarray) -> int:
    """Bytes that no Western text would have."""
    high = np.flatnonzero(block > 0x7F)
    if not len(high):
        return 0
    undefined = np.isin(block[high], (0x81, 0x8D, 0x8F, 0x90, 0x9D)).sum()
    starts = np.flatnonzero(np.diff(high, prepend=-2) != 1)
    lengths = np.diff(starts, append=len(high))
    return int(undefined) + int(lengths[lengths >= 4].sum())


def copy_as_utf8(source: Path, target: Path) -> None:
    """Copies a file that `is_western` as UTF-8, byte for character."""
    with source.open("rb") as stream, target.open("wb") as copy:
        while block := stream.read(_BLOCK_BYTES):
            text, _ = codecs.charmap_decode(block, "strict", _WESTERN)
            copy.write(text.encode())


def excel_separator_lines(path: Path) -> int:
    """1 where the file begins with a line such as `sep=;`, which Excel writes and hides; else 0."""
    with path.open("rb") as stream:
        start = stream.read(16).removeprefix(_UTF8_BOM)
    return int(bool(re.match(rb'"?sep=.\"?\r?\n', start, re.IGNORECASE)))


def copy_from_line(source: Path, target: Path, line: int) -> None:
    """Copies a text file without what stands above a line.

    Raises:
        NotCsv: it ends before that line.
    """
    with source.open("rb") as stream, target.open("wb") as copy:
        for _ in range(1, line):
            if not stream.readline(_HEADER_BYTES).endswith(b"\n"):
                raise NotCsv(f"the header is to be in line {line}, but the file ends before it")
        shutil.copyfileobj(stream, copy, _BLOCK_BYTES)


def read_header(
    path: Path, known: Sequence[str], given: str | None = None
) -> tuple[str, list[str]]:
    """The delimiter and the column names of the first record, trimmed.

    The delimiter is the one that is `given`, else of the usual ones that which finds most of the
    `known` names (lower case).

    Raises:
        NotCsv: the header is not UTF-8 or does not end within its first megabyte.
    """
    with path.open("rb") as stream:
        start = stream.read(_HEADER_BYTES)
    try:
        # The last character may have been cut in two.
        text = start.removeprefix(_UTF8_BOM).decode("utf-8", errors="strict")
    except UnicodeDecodeError as error:
        if b"\n" not in start[: error.start] and b"\r" not in start[: error.start]:
            raise NotCsv("line 1: the header is not UTF-8; export the file as UTF-8") from None
        text = start[: error.start].removeprefix(_UTF8_BOM).decode("utf-8")
    best: tuple[int, str, list[str]] | None = None
    known_names = set(known)
    for delimiter in (given,) if given else DELIMITERS:
        try:
            csv.field_size_limit(_HEADER_BYTES)
            stream = io.StringIO(text, newline="")
            reader = csv.reader(stream, delimiter=delimiter, skipinitialspace=True)
            cells = next(reader, [])
            is_whole = stream.tell() < len(text) or len(start) < _HEADER_BYTES
        except csv.Error as error:
            raise NotCsv(f"line 1: the header cannot be read as CSV: {error}") from None
        if not is_whole:
            raise NotCsv("line 1: the header does not end within a megabyte; export the file again")
        names = [cell.strip() for cell in cells]
        found = sum(name.lower() in known_names for name in names)
        if best is None or found > best[0]:
            best = (found, delimiter, names)
    assert best is not None
    if any("\0" in name for name in best[2]):
        raise NotCsv("line 1: the header holds the character NUL; export the file again")
    return best[1], best[2]


def read_shape(path: Path, delimiter: str, columns: int) -> Shape:
    """Counts the records of a file of `columns` columns and checks its quotes and line ends.

    Raises:
        NotCsv: quoted cells by the hundred thousand do not end at a delimiter.
    """
    with _mapped(path) as data:
        walk = _Walk(data, delimiter, columns)
        records = -1  # the header is none
        has_wide = has_nul = False
        long_records: list[int] = []
        for block in walk.blocks():
            long_records += (np.flatnonzero(_is_long(block)) + records + 1).tolist()
            records += len(block.starts)
            has_wide = has_wide or bool(_is_wide(data, block, delimiter, columns).any())
            has_nul = has_nul or not data[block.begin : block.end].all()
        return Shape(
            records=max(records, 0),
            lines=walk.lines,
            line_ends=frozenset(walk.line_ends),
            open_quote_line=walk.line_of(walk.opening()) if walk.in_quotes else None,
            bad_quote_lines=tuple(
                (walk.line_of(first), walk.line_of(last)) for first, last in walk.bad_quotes
            ),
            # Old files end every line so.
            lone_cr_line=walk.lone_cr_line if walk.line_ends > {"CR"} else None,
            has_wide=has_wide,
            long_records=tuple(long_records),
            has_nul=has_nul,
        )


def lines_of_records(
    path: Path, delimiter: str, columns: int, numbers: Sequence[int]
) -> dict[int, int]:
    """The line at which each record of these numbers (1: the first after the header) begins."""
    wanted = np.unique(np.asarray(numbers, dtype=np.int64))
    found: dict[int, int] = {}
    with _mapped(path) as data:
        records = 0
        for block in _Walk(data, delimiter, columns).blocks():
            here = wanted[(wanted >= records) & (wanted < records + len(block.starts))]
            found.update(zip(here.tolist(), block.lines[here - records].tolist(), strict=True))
            records += len(block.starts)
    return found


def records_at(
    path: Path, delimiter: str, columns: int, positions: Sequence[int]
) -> dict[int, tuple[int, int]]:
    """Number and line of each record that begins at one of these byte positions (from 0).

    A position on a line end stands for the record behind it, as DuckDB reports some.
    """
    with _mapped(path) as data:
        asked = {}
        for position in sorted(set(positions)):
            begin = position
            while begin < len(data) - 1 and data[begin] in (LF, CR):
                begin += 1
            asked[begin] = position
        wanted = np.array(list(asked), dtype=np.int64)
        found: dict[int, tuple[int, int]] = {}
        records = 0
        for block in _Walk(data, delimiter, columns).blocks():
            for index in np.flatnonzero(np.isin(block.starts, wanted)).tolist():
                position = asked[int(block.starts[index])]
                found[position] = (records + index, int(block.lines[index]))
            records += len(block.starts)
    return found


def copy_with_lf(source: Path, target: Path, delimiter: str, columns: int) -> None:
    """Copies a file, ending each record with LF alone; line ends within cells stay."""
    with _mapped(source) as data, target.open("wb") as stream:
        done = 0
        for block in _Walk(data, delimiter, columns).blocks():
            until = int(block.ends[-1]) if len(block.ends) else done
            keep = np.ones(until - done, dtype=bool)
            before = block.ends[block.ends > 0] - 1
            keep[before[data[before] == CR] - done] = False
            stream.write(data[done:until][keep].tobytes())
            done = until
        stream.write(data[done:].tobytes())


def copy_with_unfit_marked(source: Path, target: Path, delimiter: str, columns: int) -> None:
    """Copies a file, its records in their order, so that DuckDB's reader rejects the unfit ones.

    It takes empty cells beyond the header's for none: such a record gets one more, which is not
    empty. Over one of many megabytes it needs memory and time without end: that is left out, and a
    short one with too many cells stands in its place.
    """
    mark = f"{delimiter}x".encode()
    with _mapped(source) as data, target.open("wb") as stream:
        done = 0
        for block in _Walk(data, delimiter, columns).blocks():
            is_long = _is_long(block)
            for index in np.flatnonzero(is_long | _is_wide(data, block, delimiter, columns)):
                start, stop = int(block.starts[index]), int(block.stops[index])
                text_ends = start if is_long[index] else stop
                stream.write(data[done:text_ends].tobytes())
                stream.write(mark * columns if is_long[index] else mark)
                done = stop
            # Of a record that goes on in the next block nothing is written yet.
            behind = int(block.ends[-1]) + 1 if len(block.ends) else done
            if behind > done:
                stream.write(data[done:behind].tobytes())
                done = behind
        stream.write(data[done:].tobytes())


def _is_long(block: _Block) -> np.ndarray:
    """Which records are longer than DuckDB's reader takes."""
    return block.stops - block.starts > MAX_RECORD_BYTES


def _is_wide(data: np.ndarray, block: _Block, delimiter: str, columns: int) -> np.ndarray:
    """Which records have more than `columns` cells, the last of them empty."""
    stops, starts = block.stops, block.starts
    comma = ord(delimiter)
    last = data[np.maximum(stops - 1, 0)]
    is_empty = (last == comma) | (
        (last == QUOTE)
        & (data[np.maximum(stops - 2, 0)] == QUOTE)
        & (data[np.maximum(stops - 3, 0)] == comma)
    )
    is_empty &= stops > starts
    if not is_empty.any():
        return is_empty
    begin = max(int(starts[0]), block.begin)
    delimiters = np.flatnonzero(data[begin : int(stops[-1])] == comma) + begin
    inside = np.searchsorted(block.quotes, delimiters)
    delimiters = delimiters[(inside + block.was_in_quotes) % 2 == 0]
    cells = np.searchsorted(delimiters, stops) - np.searchsorted(delimiters, starts) + 1
    if starts[0] < block.begin:
        # Quotes before the block are not at hand.
        cells[0] = _count_cells(data[int(starts[0]) : int(stops[0])], delimiter)
    return is_empty & (cells > columns)


def _count_cells(record: np.ndarray, delimiter: str) -> int:
    """Cells of one record; 0 where it is longer than any that DuckDB's reader takes."""
    if len(record) > MAX_RECORD_BYTES:
        return 0
    csv.field_size_limit(MAX_RECORD_BYTES)
    text = io.StringIO(record.tobytes().decode(errors="replace"), newline="")
    return len(next(csv.reader(text, delimiter=delimiter)))


@contextmanager
def _mapped(path: Path) -> Iterator[np.ndarray]:
    """The bytes of a file as an array that is not read before it is looked at."""
    if path.stat().st_size == 0:
        yield np.zeros(0, dtype=np.uint8)
        return
    # A memory map closes itself with the last array that looks at it.
    yield np.asarray(np.memmap(path, dtype=np.uint8, mode="r"))


@dataclass(frozen=True)
class _Block:
    """Records that end in one block of the file.

    `starts` and `lines` are byte positions and lines at which the records begin, without blank
    lines, `stops` the positions behind their last byte; `ends` those of all line ends outside
    quotes, blank lines included. `begin` and `end` are the block's own, `quotes` those that open
    or close a cell in it.
    """

    starts: np.ndarray
    stops: np.ndarray
    lines: np.ndarray
    ends: np.ndarray
    begin: int
    end: int
    quotes: np.ndarray
    was_in_quotes: bool


class _Walk:
    """One pass over the bytes of a CSV file, block by block.

    Even and odd quotes open and close cells, and an escaped quote does both, so that a line end
    is within a cell where the number of quotes before it is odd. That holds as long as each
    quote stands where one may; a block in which one does not is walked quote by quote.
    """

    def __init__(self, data: np.ndarray, delimiter: str, columns: int) -> None:
        self.data = data
        self.size = len(data)
        self.begin = len(_UTF8_BOM) if data[:3].tobytes() == _UTF8_BOM else 0
        self.counts_blank_lines = columns == 1
        self.is_boundary = np.zeros(256, dtype=bool)
        self.is_boundary[[ord(delimiter), LF, CR]] = True
        self.in_quotes = False
        self.last_quote = -1
        self.bad_quotes: list[tuple[int, int]] = []
        self.has_long_bad_quote = False
        self.bad_quote_count = 0
        self.lines = 0
        self.line_ends: set[str] = set()
        self.lone_cr_line: int | None = None

    def blocks(self) -> Iterator[_Block]:
        """The records; the header is the first."""
        data = self.data
        start, start_line = self.begin, 1
        for begin in range(self.begin, self.size, _BLOCK_BYTES):
            end = min(begin + _BLOCK_BYTES, self.size)
            breaks = self.breaks(begin, end)
            was_in_quotes = self.in_quotes
            quotes = self.quotes(begin, end)
            ends = breaks[(np.searchsorted(quotes, breaks) + was_in_quotes) % 2 == 0]
            starts = np.concatenate(([start], ends[:-1] + 1)) if len(ends) else ends
            lines = self.lines + 1 + np.searchsorted(breaks, starts)
            if len(ends):
                lines[0] = start_line
                start = int(ends[-1]) + 1
                start_line = self.lines + 1 + int(np.searchsorted(breaks, start))
            after_cr = np.zeros(len(ends), dtype=bool)
            after_cr[ends > 0] = data[ends[ends > 0] - 1] == CR
            after_cr &= data[ends] == LF
            self.note_line_ends(ends, after_cr, lines)
            stops = ends - after_cr
            if not self.counts_blank_lines:
                is_filled = stops > starts
                starts, stops, lines = starts[is_filled], stops[is_filled], lines[is_filled]
            yield _Block(starts, stops, lines, ends, begin, end, quotes, was_in_quotes)
            self.lines += len(breaks)
        if start < self.size:  # the last record has no line end
            self.lines += 1
            none = np.zeros(0, dtype=np.int64)
            last, stop, line = (np.array([number]) for number in (start, self.size, start_line))
            yield _Block(last, stop, line, none, self.size, self.size, none, False)

    def breaks(self, begin: int, end: int) -> np.ndarray:
        """Positions at which a line ends: of each LF, and of each CR without one."""
        block = self.data[begin:end]
        breaks = np.flatnonzero(block == LF) + begin
        crs = np.flatnonzero(block == CR) + begin
        if len(crs):
            following = self.data[np.minimum(crs + 1, self.size - 1)]
            lone = crs[(following != LF) | (crs + 1 >= self.size)]
            if len(lone):
                breaks = np.union1d(breaks, lone)
        return breaks

    def quotes(self, begin: int, end: int) -> np.ndarray:
        """Positions of the quotes that open or close a cell; remembers the state after them."""
        quotes = np.flatnonzero(self.data[begin:end] == QUOTE) + begin
        if not self.well_placed(quotes):
            quotes = self.walk_quotes(quotes)
        if len(quotes):
            self.in_quotes ^= bool(len(quotes) % 2)
            self.last_quote = int(quotes[-1])
        return quotes

    def well_placed(self, quotes: np.ndarray) -> bool:
        """Whether each quote stands at the edge of a cell, or beside another."""
        opening = quotes[int(self.in_quotes) :: 2]
        closing = quotes[int(not self.in_quotes) :: 2]
        opening = opening[opening > self.begin]
        closing = closing[closing + 1 < self.size]
        before, behind = self.data[opening - 1], self.data[closing + 1]
        return bool(
            (self.is_boundary[before] | (before == QUOTE)).all()
            and (self.is_boundary[behind] | (behind == QUOTE)).all()
        )

    def walk_quotes(self, quotes: np.ndarray) -> np.ndarray:
        """Quotes without those that are text of an unquoted cell; notes ill-ended cells.

        Spaces may stand between a quote and the cell's edge, as in DuckDB's reader.
        """
        data = self.data
        in_quotes, last = self.in_quotes, self.last_quote
        kept: list[int] = []
        for at in quotes.tolist():
            if in_quotes:
                in_quotes = False
                behind = at + 1
                while behind < self.size and data[behind] == SPACE:
                    behind += 1
                if behind < self.size and not (
                    self.is_boundary[data[behind]] or data[at + 1] == QUOTE
                ):
                    self.note_bad_quote(self.opening(last), at)
            else:
                before = at - 1
                while before >= self.begin and data[before] == SPACE:
                    before -= 1
                is_escape = at - 1 == last
                if not (is_escape or before < self.begin or self.is_boundary[data[before]]):
                    continue
                in_quotes = True
            kept.append(at)
            last = at
        return np.array(kept, dtype=np.int64)

    def note_bad_quote(self, first: int, last: int) -> None:
        """Remembers the first ill-ended cell, and the first of several lines.

        Raises:
            NotCsv: there are so many that quotes mean something else in this file.
        """
        self.bad_quote_count += 1
        if self.bad_quote_count > _MAX_BAD_QUOTES:
            raise NotCsv(
                f"line {self.line_of(self.bad_quotes[0][0])}: a quoted cell does not end at a "
                f"delimiter, and neither do {_MAX_BAD_QUOTES:,} more; quotes within a cell must be "
                "doubled. Export it again"
            )
        cell = self.data[first:last]
        if not self.has_long_bad_quote and bool(((cell == LF) | (cell == CR)).any()):
            self.has_long_bad_quote = True
            self.bad_quotes.append((first, last))
        elif not self.bad_quotes:
            self.bad_quotes.append((first, last))

    def opening(self, quote: int | None = None) -> int:
        """The quote that opened the cell in which this one (default: the last) stands."""
        at = self.last_quote if quote is None else quote
        while at > self.begin and self.data[at - 1] == QUOTE:
            at -= 2
            while at > self.begin and self.data[at] != QUOTE:
                at -= 1
        return at

    def note_line_ends(self, ends: np.ndarray, after_cr: np.ndarray, lines: np.ndarray) -> None:
        is_cr = self.data[ends] == CR
        for name, found in (("CR", is_cr), ("CRLF", after_cr), ("LF", ~is_cr & ~after_cr)):
            if found.any():
                self.line_ends.add(name)
        if self.lone_cr_line is None and is_cr.any():
            self.lone_cr_line = int(lines[is_cr][0])

    def line_of(self, position: int) -> int:
        """The line of a byte."""
        before = self.data[: position + 1]
        lone = np.flatnonzero(before[:-1] == CR)
        lone = lone[self.data[np.minimum(lone + 1, self.size - 1)] != LF]
        return int(np.count_nonzero(before[:-1] == LF)) + len(lone) + 1
