"""Of whatever bytes a file is made, each of its records lands, is rejected, or all are refused."""

from __future__ import annotations

import csv
import datetime as dt
import io
import random

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.csv_scan import lines_of_records, read_shape
from orchestration.reading import FileRefused, Rules, read_extract
from tests.unit.landing_company import ACCOUNT

RULES = Rules(earliest_date=dt.date(1990, 1, 1), max_reject_share=1.0)
CELLS = ["", "1", "a,b", 'a "b"', "a\nb", "a\r\nb", " ", '"', "é", "\n", "2024-01-01", "1e5"]

tables = st.lists(
    st.tuples(*(st.sampled_from(CELLS) for _ in range(3))),
    max_size=6,
)
mutations = st.lists(
    st.tuples(
        st.floats(0, 1),
        st.sampled_from(["insert", "delete", "cut"]),
        st.sampled_from(b'",\n\r \xffa\x00'),
    ),
    max_size=3,
)


@pytest.fixture(scope="module")
def con():
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'; set threads = 1")
        yield connection


def written(rows, line_end="\n", quoting=csv.QUOTE_MINIMAL):
    stream = io.StringIO()
    csv.writer(stream, lineterminator=line_end, quoting=quoting).writerows(rows)
    return stream.getvalue().encode()


@settings(max_examples=100, deadline=None)
@given(
    rows=tables,
    line_end=st.sampled_from(["\n", "\r\n", "\r"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    mutations=mutations,
)
def test_no_row_is_lost(con, tmp_path_factory, rows, line_end, quoting, mutations):
    header = b"Id,Name,AnnualRevenue" + line_end.encode()
    body = bytearray(written(rows, line_end, quoting))
    for place, what, byte in mutations:
        at = int(place * len(body))
        if what == "insert":
            body[at:at] = bytes([byte])
        elif what == "delete":
            del body[at : at + 1]
        else:
            del body[at:]
    path = tmp_path_factory.mktemp("mutated") / "extract.csv"
    path.write_bytes(header + body)
    try:
        extract = read_extract(con, path, path.name, ACCOUNT, RULES)
    except FileRefused:
        assert mutations or line_end == "\r", "a well-formed file was refused"
        return
    numbers = con.execute(
        "select _row from landing_rows union all select row_number from landing_rejects order by 1"
    ).fetchall()
    assert numbers == [(number,) for number in range(1, extract.rows_in_file + 1)]
    if not mutations:
        assert extract.rows_in_file == len(rows)
        landed = con.execute("select c0, c1, c2 from landing_rows order by _row").fetchall()
        expected = [row for row in rows if row[0].strip()]
        assert [tuple(cell or "" for cell in row) for row in landed] == expected


def test_records_and_lines_are_those_that_the_csv_module_finds(tmp_path, monkeypatch):
    """Over many blocks, whose edges fall on quotes, line ends and within both."""
    monkeypatch.setattr("orchestration.csv_scan._BLOCK_BYTES", 61)
    draw = random.Random(7)
    rows = [[draw.choice(CELLS) + str(number), *draw.choices(CELLS, k=2)] for number in range(500)]
    for line_end in ("\n", "\r\n"):
        for quoting in (csv.QUOTE_MINIMAL, csv.QUOTE_ALL):
            path = tmp_path / "extract.csv"
            path.write_bytes(written([["Id", "Name", "x"], *rows], line_end, quoting))
            shape = read_shape(path, ",", 3)
            assert shape.records == len(rows)
            assert shape.open_quote_line is None and shape.bad_quote_lines == ()
            reader = csv.reader(io.StringIO(path.read_bytes().decode(), newline=""))
            begins = {}
            next(reader)
            for number in range(1, len(rows) + 1):
                begins[number] = reader.line_num + 1
                next(reader)
            assert lines_of_records(path, ",", 3, list(begins)) == begins
