"""Reads one extract into temporary tables, checks it against the contract, accounts for rows.

Nothing here touches what has landed before: a file that is refused leaves no trace but its
message.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration import casts, csv_scan, json_lines
from orchestration.contract import Column, Table
from orchestration.ledger import ROW_COLUMNS
from orchestration.machine import machine_fault
from orchestration.scanning import counted, shorten
from orchestration.sql import identifier, literal

# What was read: columns c0, c1, ... as text, and _row.
ROWS = "temp.landing_rows"
# What was found: the columns of raw.rejected_rows from row_number on.
REJECTS = "temp.landing_rejects"
FAILURES = "temp.landing_cast_failures"

HIDDEN = casts.HIDDEN
_FINDINGS = (
    "row_number bigint, line_number bigint, column_name varchar, value varchar, reason varchar"
)
_DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe", "^": "caret"}
_MAX_COLUMNS = 5000
# Addresses, dates, numbers, line breaks and long texts: what a header has none of.
_VALUE = re.compile(r"@|\d{4}-\d\d|\d{5}|^[\d., +-]+$|[\r\n]|.{100}")


class FileRefused(Exception):
    """The file is not landed; the message says where it is wrong and what to do."""


class FileChanged(FileRefused):
    """It was still being written; a little later it may be whole."""


@dataclass(frozen=True)
class FileColumn:
    """A column of a file: its name in raw, and what the contract says of it, if anything."""

    name: str
    contract: Column | None


@dataclass(frozen=True)
class Extract:
    """What was read of a file into the temporary tables, every row accounted for."""

    columns: tuple[FileColumn, ...]
    rows_in_file: int
    rows_rejected: int
    # Format, encoding and delimiter that were found.
    read_as: str
    # What to know of that, where it is not as the documentation asks.
    note: str | None = None
    # The line of the first record, where each is a line.
    first_line: int | None = None

    @property
    def rows_landed(self) -> int:
        """Rows in the file that are not rejected."""
        return self.rows_in_file - self.rows_rejected


@dataclass(frozen=True)
class Rules:
    """The settings that decide what lands."""

    earliest_date: dt.date
    max_reject_share: float


def read_extract(
    con: duckdb.DuckDBPyConnection, path: Path, name: str, table: Table, rules: Rules
) -> Extract:
    """Reads the file `path`, whose name `name` tells its format, into `ROWS` and `REJECTS`.

    `path` lies in a folder of our own, where a changed copy may be written beside it.

    Raises:
        FileRefused: it is not what its name says, its header lacks a required column, its rows
            cannot all be accounted for, or too many of them are rejected.
    """
    for temporary in (ROWS, REJECTS, FAILURES):
        con.execute(f"drop table if exists {temporary}")
    con.execute(f"create temp table landing_rejects ({_FINDINGS})")
    con.execute(f"create temp table landing_cast_failures ({_FINDINGS})")
    if name.lower().endswith(".parquet"):
        reader: _Reader = _ParquetReader(con, path, table)
    elif name.lower().endswith(".jsonl"):
        reader = _JsonLinesReader(con, path, table)
    else:
        reader = _CsvReader(con, path, table)
    reader.read()
    _check_values(con, reader, rules)
    reader.set_lines(REJECTS)
    reader.set_lines(FAILURES)
    [rejected, blank] = con.execute(
        f"select count(*), count(*) filter (where reason = {literal(_BLANK)}) from {REJECTS}"
    ).fetchone()
    extract = Extract(
        reader.columns, reader.records, rejected, reader.read_as, reader.note, reader.first_line
    )
    _check_share(con, extract, blank, rules)
    return extract


def match_columns(
    names: list[str], table: Table, header: str = "line 1: the header"
) -> tuple[FileColumn, ...]:
    """The columns of a header, by name whatever its case; `header` says what it is in messages.

    Raises:
        FileRefused: a name stands there twice, a required column is missing, or there are
            columns by the thousand.
    """
    if len(names) > _MAX_COLUMNS:
        raise FileRefused(f"{header} has {len(names)} columns; at most {_MAX_COLUMNS} are read")
    raw_names = []
    for position, name in enumerate(names, start=1):
        if not name:
            # Spreadsheets leave columns without a name behind.
            raw_names.append(f"column_{position}")
        elif name.lower() in ROW_COLUMNS:
            raw_names.append(f"{name}_of_file")
        else:
            raw_names.append(name)
    if not table.entity:
        raw_names = _told_apart(raw_names)
    lower = [name.lower() for name in raw_names]
    repeated = sorted(name for name, count in Counter(lower).items() if count > 1)
    if repeated:
        raise FileRefused(
            f"{header} names columns twice, whatever their case: "
            f"{shown_names(repeated, table)}; keep one of each"
        )
    missing = [column.name for column in table.required if column.name.lower() not in lower]
    if missing:
        raise FileRefused(
            f"{header} lacks {_columns(missing)} {shorten(missing)}, required for "
            f"{table.object}; it has: {shown_names(names, table, 40)}. Add to the export, or say "
            "in a mapping which column it is (docs/mappings.md)"
        )
    matched = [table.columns_by_name.get(name) for name in lower]
    return tuple(
        FileColumn(column.name if column else name, column)
        for name, column in zip(raw_names, matched, strict=True)
    )


def shown_names(names: list[str], table: Table, limit: int = 12) -> str:
    """Names of a header as a message may list them.

    A file that lost its header, or the end of it, has a record in its place. Where one of the
    names looks like a value, only those that the contract knows are shown.
    """
    known = [name for name in names if name.lower() in table.columns_by_name]
    is_of_people = any(column.private for column in table.columns)
    if not any(_VALUE.search(name) for name in names) and (known or not is_of_people):
        return shorten(names, limit)
    count = len(names) - len(known)
    hidden = f"{counted(count, 'name')} {HIDDEN}, since the header may hold values of a record"
    return f"{shorten(known, limit)} and {hidden}" if known else hidden


@dataclass(frozen=True)
class _Check:
    """A column whose cells may be bad: `text` holds them trimmed, `bad` says which."""

    column: Column
    table: Table
    text: str
    bad: str

    @property
    def shown(self) -> str:
        """The value as it may be shown."""
        return casts.shown(self.text, self.column, self.table)

    @property
    def reason(self) -> str:
        """What is wrong with a required cell."""
        empty = literal(f"{self.column.name} is required but empty")
        expected = casts.EXPECTED.get(self.column.data_type)
        other = literal(f"{self.column.name} is required but not {expected}")
        return f"case when {self.text} is null then {empty} else {other} end"


class _CsvReader:
    def __init__(self, con: duckdb.DuckDBPyConnection, path: Path, table: Table) -> None:
        self.con = con
        self.path = path
        # Where the lines are those of the file.
        self.lines_path = path
        self.table = table
        self.columns: tuple[FileColumn, ...] = ()
        self.records = 0
        self.note: str | None = None
        self.delimiter = ","
        self.encoding = table.encoding or "UTF-8"
        # Whether a record's line is its number and one for the header.
        self.is_line_by_line = False
        # Lines above the header, cut away before the file is read.
        self.lines_above = 0

    def read(self) -> None:
        try:
            csv_scan.check_is_text(self.path)
            self.rewrite_as_utf8()
            self.cut_lines_above()
            known = list(self.table.columns_by_name)
            self.delimiter, names = csv_scan.read_header(self.path, known, self.table.delimiter)
            header = f"line {self.lines_above + 1}: the header"
            self.columns = match_columns(names, self.table, header)
            shape = csv_scan.read_shape(self.path, self.delimiter, len(names))
        except csv_scan.NotCsv as error:
            raise FileRefused(str(error)) from None
        self.check_shape(shape)
        self.records = shape.records
        self.is_line_by_line = shape.lines == shape.records + 1
        if "LF" in shape.line_ends and "CRLF" in shape.line_ends:
            # DuckDB's reader takes one kind of line end per file.
            even = self.path.with_name(self.path.name + "-even")
            csv_scan.copy_with_lf(self.path, even, self.delimiter, len(names))
            self.path = even
        self.lines_path = self.path
        if shape.has_wide or shape.long_records:
            marked = self.path.with_name(self.path.name + "-marked")
            csv_scan.copy_with_unfit_marked(self.path, marked, self.delimiter, len(names))
            self.path = marked
        self.read_rows()
        self.reject_broken_rows(shape)
        if shape.has_nul:
            _reject_nul(self.con, len(names))

    @property
    def read_as(self) -> str:
        """Format, encoding and delimiter."""
        return f"CSV, {self.encoding}, {_DELIMITERS.get(self.delimiter, self.delimiter)}"

    @property
    def first_line(self) -> int | None:
        """The line of the first record, where each is a line."""
        return self.lines_above + 2 if self.is_line_by_line else None

    def rewrite_as_utf8(self) -> None:
        """Goes on with a copy in UTF-8 where the file is of an older encoding as a whole."""
        if csv_scan.is_western(self.path):
            copy = self.path.with_name(self.path.name + "-utf8")
            csv_scan.copy_as_utf8(self.path, copy)
            self.path = copy
            self.encoding = "Windows-1252"
            self.note = (
                "read as ISO-8859-1 (Windows-1252), since it is not UTF-8; should letters with "
                "accents look wrong, export it as UTF-8"
            )

    def cut_lines_above(self) -> None:
        """Goes on with a copy from the header on where something stands above it."""
        above = max(self.table.header_line - 1, csv_scan.excel_separator_lines(self.path))
        if above:
            copy = self.path.with_name(self.path.name + "-cut")
            csv_scan.copy_from_line(self.path, copy, above + 1)
            self.path, self.lines_above = copy, above

    def check_shape(self, shape: csv_scan.Shape) -> None:
        above = self.lines_above
        if shape.open_quote_line is not None:
            raise FileRefused(
                f"line {above + shape.open_quote_line}: a quote that begins here never ends; "
                "the file was cut short, or a quote within a cell is not doubled. Export it again"
            )
        for first, last in shape.bad_quote_lines:
            if first != last:
                raise FileRefused(
                    f"line {above + first}: a quote that begins here ends in the middle of a cell "
                    f"in line {above + last}; quotes within a cell must be doubled. "
                    "Export it again"
                )
        if shape.lone_cr_line is not None:
            raise FileRefused(
                f"line {above + shape.lone_cr_line}: a carriage return stands alone in an "
                "unquoted cell; cells with line breaks must be quoted. Export it again"
            )

    def read_rows(self) -> None:
        for name in ("landing_reader_errors", "landing_reader_scans"):
            self.con.execute(f"drop table if exists temp.{name}")
        columns = ", ".join(f"'c{position}': 'varchar'" for position in range(len(self.columns)))
        try:
            self.con.execute(
                f"""
                create temp table landing_rows as
                select * from read_csv(
                    {literal(self.path)}, columns = {{{columns}}}, auto_detect = false,
                    header = true, delim = {literal(self.delimiter)}, quote = '"', escape = '"',
                    store_rejects = true, rejects_table = 'landing_reader_errors',
                    rejects_scan = 'landing_reader_scans'
                )
                """
            )
        except duckdb.Error as error:
            raise refusal(error) from None

    def reject_broken_rows(self, shape: csv_scan.Shape) -> None:
        """Lists what the reader rejected, numbers the rows, and checks that none is missing."""
        broken = self.con.execute(
            """
            select line_byte_position - 1, min(error_type::varchar), max(column_idx)
            from temp.landing_reader_errors group by all order by all
            """
        ).fetchall()
        [read] = self.con.execute(f"select count(*) from {ROWS}").fetchone()
        places = {}
        if broken:
            places = csv_scan.records_at(
                self.path, self.delimiter, len(self.columns), [row[0] for row in broken]
            )
        if read + len(broken) != self.records or len(places) != len(broken):
            where = (
                f" Look at line {self.lines_above + shape.bad_quote_lines[0][0]}, where a quoted "
                "cell does not end at a delimiter."
                if shape.bad_quote_lines
                else ""
            )
            raise FileRefused(
                f"{self.records} records were counted in the file, but {read} could be read and "
                f"{len(broken)} rejected; it is not well-formed CSV.{where} Export it again"
            )
        too_long = set(shape.long_records)
        rejects = []
        for position, kind, _ in broken:
            number, line = places[position]
            reason = self.reason("LINE SIZE OVER MAXIMUM" if number in too_long else kind)
            # In a copy without the long records the lines are others.
            known_line = None if too_long else line + self.lines_above
            rejects.append((number, known_line, None, HIDDEN, reason))
        _insert_rejects(self.con, rejects)
        _number_rows(self.con, [reject[0] for reject in rejects])

    def reason(self, kind: str) -> str:
        width = len(self.columns)
        return {
            "MISSING COLUMNS": f"too few cells: the header has {width}",
            "TOO MANY COLUMNS": f"too many cells: the header has {width}",
            "UNQUOTED VALUE": "a quoted cell does not end at a delimiter, or is too long",
            "INVALID ENCODING": "a character is not UTF-8",
            "LINE SIZE OVER MAXIMUM": "the record is longer than two million bytes",
        }.get(kind, f"not readable as CSV ({kind.lower()})")

    def set_lines(self, findings: str) -> None:
        """Fills the line numbers of findings."""
        if self.is_line_by_line:
            self.con.execute(
                f"update {findings} set line_number = row_number - 1 + {self.first_line} "
                "where line_number is null"
            )
            return
        numbers = [
            row[0]
            for row in self.con.execute(
                f"select distinct row_number from {findings} where line_number is null"
            ).fetchall()
        ]
        if not numbers:
            return
        width = len(self.columns)
        lines = csv_scan.lines_of_records(self.lines_path, self.delimiter, width, numbers)
        lines = {record: line + self.lines_above for record, line in lines.items()}
        _set_lines(self.con, findings, lines)


class _ParquetReader:
    read_as = "Parquet"
    first_line = None

    def __init__(self, con: duckdb.DuckDBPyConnection, path: Path, table: Table) -> None:
        self.con = con
        self.path = path
        self.table = table
        self.columns: tuple[FileColumn, ...] = ()
        self.records = 0
        self.note: str | None = None

    def read(self) -> None:
        with self.path.open("rb") as stream:
            start = stream.read(4)
        if start != b"PAR1":
            raise FileRefused(
                "the file has no bytes; deliver it again"
                if not start
                else "this is no Parquet file, whatever its name; export the object again"
            )
        source = f"read_parquet({literal(self.path)}, hive_partitioning = false)"
        try:
            names = [
                row[0] for row in self.con.execute(f"describe select * from {source}").fetchall()
            ]
            [self.records] = self.con.execute(
                f"select sum(num_rows)::bigint from parquet_file_metadata({literal(self.path)})"
            ).fetchone()
            self.columns = match_columns(names, self.table, "the file")
            cells = ", ".join(
                f"{identifier(name)}::varchar as c{position}" for position, name in enumerate(names)
            )
            self.con.execute(f"create temp table landing_rows as select {cells} from {source}")
        except duckdb.Error as error:
            raise refusal(error) from None
        [read] = self.con.execute(f"select count(*) from {ROWS}").fetchone()
        if read != self.records:
            raise FileRefused(f"the file states {self.records} rows, but {read} could be read")
        _number_rows(self.con, [])
        _reject_nul(self.con, len(names))

    def set_lines(self, findings: str) -> None:
        """A Parquet file has no lines."""


class _JsonLinesReader:
    """Rewrites the records as CSV of ours, which DuckDB reads far quicker than it takes rows."""

    read_as = "JSON lines"
    first_line = None

    def __init__(self, con: duckdb.DuckDBPyConnection, path: Path, table: Table) -> None:
        self.con = con
        self.path = path
        self.table = table
        self.columns: tuple[FileColumn, ...] = ()
        self.records = 0
        self.note: str | None = None

    def read(self) -> None:
        faults: list[tuple[int, int, str]] = []
        try:
            csv_scan.check_is_text(self.path, "JSON lines")
            names, self.records = json_lines.column_names(self.numbered(faults))
        except (csv_scan.NotCsv, json_lines.NotJsonLines) as error:
            raise FileRefused(str(error)) from None
        if not names and faults:
            _, line, fault = faults[0]
            raise FileRefused(f"no line is a record; line {line}: {fault}. Export it again")
        if not names:
            raise FileRefused(
                "no line is a record; JSON lines hold one object per line, such as "
                '{"rep_id": "r1", "name": "Ann"}. Export it again'
            )
        self.columns = match_columns(names, self.table, "the file")
        rows = self.path.with_name("records.csv")
        json_lines.write_csv(self.path, rows, names)
        self.read_rows(rows)
        rows.unlink()
        [read] = self.con.execute(f"select count(*) from {ROWS}").fetchone()
        if read + len(faults) != self.records:
            raise FileRefused(
                f"{self.records} records were counted in the file, but {read} could be read and "
                f"{len(faults)} rejected. Export it again"
            )
        rejects = [(number, line, None, HIDDEN, fault) for number, line, fault in faults]
        _insert_rejects(self.con, rejects)
        _number_rows(self.con, [reject[0] for reject in rejects])

    def numbered(self, faults: list[tuple[int, int, str]]) -> Iterator[json_lines.Record]:
        """The records; number, line and fault of those with one are added to `faults`."""
        for number, record in enumerate(json_lines.records(self.path), start=1):
            if record.fault is not None:
                faults.append((number, record.line, record.fault))
            yield record

    def read_rows(self, path: Path) -> None:
        columns = ", ".join(f"'c{position}': 'varchar'" for position in range(len(self.columns)))
        try:
            self.con.execute(
                f"""
                create temp table landing_rows as
                select * from read_csv(
                    {literal(path)}, columns = {{{columns}}}, auto_detect = false,
                    header = false, delim = ',', quote = '"', escape = '"',
                    max_line_size = 20000000
                )
                """
            )
        except duckdb.Error as error:
            raise refusal(error) from None

    def set_lines(self, findings: str) -> None:
        """Fills the line numbers of findings."""
        numbers = {
            row[0]
            for row in self.con.execute(
                f"select distinct row_number from {findings} where line_number is null"
            ).fetchall()
        }
        if numbers:
            found = enumerate(json_lines.records(self.path), start=1)
            lines = {number: record.line for number, record in found if number in numbers}
            _set_lines(self.con, findings, lines)


_Reader = _CsvReader | _ParquetReader | _JsonLinesReader
_BLANK = "all cells are empty"


def refusal(error: duckdb.Error) -> Exception:
    """What to raise for an error of DuckDB: the file's fault, or the machine's as it is."""
    if isinstance(error, duckdb.InterruptException):
        raise KeyboardInterrupt
    # A file that is shorter than it says cannot be read to its end; no other is read here.
    is_cut = isinstance(error, duckdb.IOException) and "Could not read" in str(error)
    if not is_cut and machine_fault(error, "landing", Path()) is not None:
        return error
    # Behind the first quote may stand a value or a path.
    text = re.split("[\"']", str(error).splitlines()[0])[0].strip()
    return FileRefused(f"it cannot be read: {text.rstrip(':.')}. Export it again")


def _set_lines(con: duckdb.DuckDBPyConnection, findings: str, lines: dict[int, int]) -> None:
    con.execute(
        f"""
        update {findings} set line_number = places.line
        from (select unnest(?::bigint[]) as record, unnest(?::bigint[]) as line) as places
        where row_number = places.record and line_number is null
        """,
        [list(lines), list(lines.values())],
    )


def _insert_rejects(con: duckdb.DuckDBPyConnection, rejects: list[tuple]) -> None:
    if rejects:
        columns = [list(column) for column in zip(*rejects, strict=True)]
        con.execute(
            f"""
            insert into {REJECTS}
            select unnest(?::bigint[]), unnest(?::bigint[]), unnest(?::varchar[]),
                unnest(?::varchar[]), unnest(?::varchar[])
            """,
            columns,
        )


def _number_rows(con: duckdb.DuckDBPyConnection, broken: list[int]) -> None:
    """Adds `_row` to the rows that were read, which leaves out the numbers of `broken`.

    Rows lie in the order of the file, so the n-th row read has the number n, and one more for
    each broken record before it.
    """
    con.execute(f"alter table {ROWS} add column _row bigint")
    con.execute(f"update {ROWS} set _row = rowid + 1")
    if broken:
        # The i-th broken record (from 0) comes behind as many rows as its number less i + 1.
        con.execute(
            f"""
            update {ROWS} set _row = _row + shifts.shift
            from (
                select rows.rowid as id, breaks.shift
                from {ROWS} as rows
                asof join (
                    select behind, max(shift) as shift
                    from (select unnest(?::bigint[]) as behind, unnest(?::bigint[]) as shift)
                    group by behind
                ) as breaks on rows.rowid >= breaks.behind
            ) as shifts
            where {ROWS}.rowid = shifts.id
            """,
            [
                [number - index - 1 for index, number in enumerate(broken)],
                list(range(1, len(broken) + 1)),
            ],
        )


def _reject_nul(con: duckdb.DuckDBPyConnection, columns: int) -> None:
    """Moves rows with a NUL in a cell to the rejects: many programs take it for a text's end."""
    has_nul = " or ".join(f"contains(c{position}, chr(0))" for position in range(columns))
    con.execute(
        f"""
        insert into {REJECTS}
        select _row, null, null, {literal(HIDDEN)}, {literal(json_lines.NUL)}
        from {ROWS} where {has_nul}
        """
    )
    con.execute(f"delete from {ROWS} where {has_nul}")


def _check_values(con: duckdb.DuckDBPyConnection, reader: _Reader, rules: Rules) -> None:
    """Rejects rows by their required cells, and lists optional cells that do not cast."""
    checks: list[_Check] = []
    texts = ["_row"]
    for position, column in enumerate(reader.columns):
        if column.contract is None:
            continue
        text = f"text_{position}"
        castable = casts.is_castable(text, column.contract.data_type, rules.earliest_date)
        if column.contract.required:
            bad = f"{text} is null" + (f" or not {castable}" if castable else "")
        elif castable is not None:
            bad = f"{text} is not null and not {castable}"
        else:
            continue
        texts.append(f"{casts.filled(f'c{position}', column.contract)} as {text}")
        checks.append(_Check(column.contract, reader.table, text, f"({bad})"))
    if not checks:
        return
    filled = f"(select {', '.join(texts)} from {ROWS})"
    counts = con.execute(
        f"select {', '.join(f'count(*) filter (where {check.bad})' for check in checks)} "
        f"from {filled}"
    ).fetchone()
    found = [check for check, count in zip(checks, counts, strict=True) if count]
    required = [check for check in found if check.column.required]
    if required:
        _reject_rows(con, reader, required, filled)
    for check in found:
        if not check.column.required:
            reason = f"not {casts.EXPECTED[check.column.data_type]}"
            con.execute(
                f"""
                insert into {FAILURES}
                select _row, null, {literal(check.column.name)}, {check.shown}, {literal(reason)}
                from {filled} where {check.bad}
                """
            )


def _reject_rows(
    con: duckdb.DuckDBPyConnection,
    reader: _Reader,
    checks: list[_Check],
    filled: str,
) -> None:
    """Moves rows with a bad required cell to the rejects: one each, which names every such cell."""
    columns = " ".join(f"when {check.bad} then {literal(check.column.name)}" for check in checks)
    values = " ".join(f"when {check.bad} then {check.shown}" for check in checks)
    reasons = ", ".join(f"case when {check.bad} then {check.reason} end" for check in checks)
    any_bad = " or ".join(check.bad for check in checks)
    con.execute(
        f"""
        insert into {REJECTS}
        select _row, null, case {columns} end, case {values} end, concat_ws('; ', {reasons})
        from {filled} where {any_bad}
        """
    )
    cells = " and ".join(
        f"{casts.trimmed(f'c{position}')} is null" for position in range(len(reader.columns))
    )
    con.execute(
        f"""
        update {REJECTS} set column_name = null, reason = {literal(_BLANK)}
        where row_number in (select _row from {ROWS} where {cells})
        """
    )
    con.execute(f"delete from {ROWS} where _row in (select row_number from {REJECTS})")


def _check_share(
    con: duckdb.DuckDBPyConnection, extract: Extract, blank: int, rules: Rules
) -> None:
    """Refuses a file of which too many rows are rejected.

    Blank rows, which spreadsheets leave behind, do not count; and in a short file one bad row
    is no sign of a bad file, unless nothing is left.
    """
    rejected = extract.rows_rejected - blank
    rows = extract.rows_in_file - blank
    if not rejected or rejected <= rules.max_reject_share * rows:
        return
    if rejected == 1 and extract.rows_landed:
        return
    examples = con.execute(
        f"""
        select reason, count(*) as rows, min(row_number), min(line_number)
        from {REJECTS} where reason <> {literal(_BLANK)}
        group by reason order by rows desc, reason limit 3
        """
    ).fetchall()
    found = "; ".join(
        f"{reason} ({counted(count, 'row')}, first {f'line {line}' if line else f'row {row}'})"
        for reason, count, row, line in examples
    )
    hint = ""
    if any(reason.startswith("too many cells") for reason, *_ in examples):
        hint = "; if titles stand above its header, `header_line` in a mapping says where that is"
    raise FileRefused(
        f"{rejected} of {rows} rows would be rejected, more than the share of "
        f"{rules.max_reject_share:g} that max_reject_share allows: {found}. Mend the extract" + hint
    )


def _columns(names: list[str]) -> str:
    return "the column" if len(names) == 1 else "the columns"


def _told_apart(names: list[str]) -> list[str]:
    """The names of a mapped file, the second of a name as `name (2)`: reports repeat labels."""
    seen: dict[str, int] = {}
    apart = []
    for name in names:
        seen[name.lower()] = seen.get(name.lower(), 0) + 1
        apart.append(f"{name} ({seen[name.lower()]})" if seen[name.lower()] > 1 else name)
    return apart
