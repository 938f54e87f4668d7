"""Good extracts, mutated by the hundred: every row accounted for, no cell changed, none leaked.

`SALES_KPIS_TEST_MUTATIONS=5000` tries as many files (default: 300), `SALES_KPIS_TEST_SEED=7`
others than those of every day.
"""

from __future__ import annotations

import csv
import os
import random
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from orchestration.contract import Contract
from orchestration.landing import LandingReport, land_what_can, scan
from orchestration.sql import identifier
from orchestration.warehouse import open_warehouse
from tests.faults import extracts, mutations
from tests.unit.landing_company import Company

MUTATED = int(os.environ.get("SALES_KPIS_TEST_MUTATIONS", "300"))
SEED = int(os.environ.get("SALES_KPIS_TEST_SEED", "1"))
# A landing takes a tenth of a second; what takes as long as this hangs.
HANGS_AFTER_SECONDS = 120
RULES = {"max_reject_share": 0.5}
ROWS = 12


@dataclass(frozen=True)
class Format:
    """How an extract is delivered: `packed` puts its text into the file, None where it has none."""

    name: str
    file: Callable[[str], str]
    text: Callable[[extracts.Extract], bytes] | None
    packed: Callable[[str, bytes], bytes] = lambda name, content: content
    delimiter: str = ","


def _zipped(name: str, content: bytes) -> bytes:
    return extracts.zip_bytes({f"{name}.csv": content, "Other.csv": b"Id\n1\n"})


FORMATS = (
    Format("csv", lambda name: f"{name}.csv", extracts.csv_bytes),
    Format(
        "quoted",
        lambda name: f"{name}.csv",
        lambda extract: extracts.csv_bytes(extract, "\r\n", csv.QUOTE_ALL),
    ),
    Format(
        "semicolons",
        lambda name: f"{name}.csv",
        lambda extract: extracts.csv_bytes(extract, delimiter=";"),
        delimiter=";",
    ),
    Format("jsonl", lambda name: f"{name}.jsonl", extracts.json_bytes),
    Format(
        "gzip",
        lambda name: f"{name}.csv.gz",
        extracts.csv_bytes,
        lambda name, content: extracts.gzip_bytes(content),
    ),
    Format("parquet", lambda name: f"{name}.parquet", None),
    Format("zip", lambda name: "WE_1.ZIP", extracts.csv_bytes, _zipped),
)
CASES = [
    *(("flat", "reps", form) for form in ("csv", "semicolons", "jsonl", "parquet")),
    *(("flat", "costs", form) for form in ("csv", "gzip")),
    *(("salesforce", "Contact", form) for form in ("csv", "quoted", "zip", "parquet")),
    *(("salesforce", "Opportunity", form) for form in ("quoted", "zip", "gzip")),
    *(("salesforce", "LeadHistory", form) for form in ("csv", "zip")),
    *(("hubspot", "contacts", form) for form in ("csv", "jsonl")),
    *(("hubspot", "deals", form) for form in ("csv", "jsonl")),
]


class Bench:
    """One object in one format: a warehouse, in which a good extract lies."""

    def __init__(self, root: Path, connector: str, object_name: str, form: str) -> None:
        table = extracts.CONTRACT.find(connector, object_name)
        self.form = next(found for found in FORMATS if found.name == form)
        self.table = table
        self.draw = random.Random(f"{SEED} {connector} {object_name} {form}")
        self.company = Company(root)
        self.company.contract = Contract((table,))
        self.company.configure(**RULES)
        self.extract = extracts.make_extract(self.draw, table, ROWS)
        self.place = f"{self.extract.place}/{self.form.file(object_name)}"
        if self.form.text:
            self.good = self.form.text(self.extract)
            self.good_file = self.form.packed(object_name, self.good)
        else:
            self.good = b""
            self.good_file = extracts.parquet_bytes(self.extract, root)
        self.company.deliver(self.place, self.good_file)
        found = scan(self.company.settings, self.company.contract)
        self.con = open_warehouse(self.company.settings, found)
        self.columns: list[str] = []
        report = self.land(self.good_file)
        assert report.problems == []
        self.check_rows(self.good if self.form.text else None, "")

    def mutated(self) -> tuple[bytes, bytes | None]:
        """A file, and the text that it holds; None where nobody can say."""
        draw = self.draw
        packs = self.good_file is not self.good
        times = draw.choice((1, 1, 1, 2, 3))
        if not self.form.text or (packs and draw.random() < 0.4):
            content = self.good_file
            for _ in range(times):
                content = draw.choice(mutations.MUTATIONS[:7])(draw, content)
            # Checksums see to it that what can be unpacked is what was packed.
            return content, self.good if self.form.text else None
        text = self.good
        for _ in range(times):
            text = draw.choice(mutations.MUTATIONS)(draw, text)
        return self.form.packed(self.table.object, text), text

    def land(self, content: bytes) -> LandingReport:
        """Lands a file in place of the one before."""
        self.company.deliver(self.place, content)
        found = scan(self.company.settings, self.company.contract)
        with hang_guard():
            return land_what_can(self.con, self.company.settings, self.company.contract, found)

    def state(self) -> list[object]:
        """Everything that has landed."""
        tables = [self.raw, "raw.files", "raw.rejected_rows", "raw.cast_failures"]
        return [self.con.execute(f"from {table} order by all").fetchall() for table in tables]

    @property
    def raw(self) -> str:
        return f"raw.{identifier(f'{self.table.connector}__{self.table.object}')}"

    def landed(self) -> dict[int, tuple[str, ...]]:
        """Cells by number of the row, in the order of the file's columns."""
        self.columns = [
            name
            for (name,) in self.con.execute(
                "select column_name from raw.file_columns order by position"
            ).fetchall()
        ]
        cells = ", ".join(identifier(name) for name in self.columns)
        rows = self.con.execute(f"select _row, {cells} from {self.raw}").fetchall()
        return {row[0]: tuple(cell or "" for cell in row[1:]) for row in rows}

    def check(self, content: bytes, text: bytes | None) -> str:
        """Lands a mutated file and checks what must hold; returns what became of it."""
        before = self.state()
        report = self.land(content)
        told = "\n".join([*report.problems, *report.notes, *report.usage_problems])
        found = self.con.execute(
            "select row_number, column_name, value, reason from raw.rejected_rows "
            "union all select row_number, column_name, value, reason from raw.cast_failures"
        ).fetchall()
        assert not mutations.leaks(told), told
        assert not mutations.leaks(str(found)), found
        if "so there is nothing to publish" in told:
            # An archive in place of another, which lacks the object: its rows are gone too.
            assert self.form.name == "zip" and self.state() == [[], [], [], []]
            return "emptied"
        if report.problems:
            assert len(report.problems) == 1 and "Traceback" not in told, told
            assert self.state() == before, "a refused file left a trace"
            return "refused"
        if not report.changed:
            return "landed before"
        self.check_rows(text, told)
        return "landed"

    def check_rows(self, text: bytes | None, told: str) -> None:
        [(in_file, rows, rejected)] = self.con.execute(
            "select rows_in_file, rows_landed, rows_rejected from raw.files"
        ).fetchall()
        landed = self.landed()
        numbers = [*landed, *self.rejected_numbers()]
        assert sorted(numbers) == list(range(1, in_file + 1))
        assert (rows, rejected) == (len(landed), in_file - len(landed))
        records = self.records(text, told)
        if records is None:
            return
        assert in_file == records.count, f"{in_file} rows, but Python finds {records.count}"
        for number, cells in landed.items():
            assert cells == records.cells[number], f"row {number}"

    def rejected_numbers(self) -> list[int]:
        rows = self.con.execute("select row_number from raw.rejected_rows").fetchall()
        return [number for (number,) in rows]

    def records(self, text: bytes | None, told: str) -> mutations.Records | None:
        if text is None:
            return None
        if self.form.name == "jsonl":
            return mutations.json_records(text, self.columns)
        encoding = "western" if "ISO-8859-1" in told else "utf-8"
        return mutations.csv_records(text, self.form.delimiter, encoding)


@contextmanager
def hang_guard() -> Iterator[None]:
    def hung(number: int, frame: object) -> None:
        raise AssertionError("landing hangs")

    before = signal.signal(signal.SIGALRM, hung)
    signal.alarm(HANGS_AFTER_SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("case", CASES, ids=["-".join(case) for case in CASES])
def test_whatever_becomes_of_an_extract_every_row_is_accounted_for(case, tmp_path, record_property):
    bench = Bench(tmp_path, *case)
    became = []
    faults = []
    for number in range(-(-MUTATED // len(CASES))):
        content, text = bench.mutated()
        try:
            became.append(bench.check(content, text))
        except (AssertionError, duckdb.Error, ValueError, LookupError, ArithmeticError) as error:
            kept = tmp_path / f"fault-{number}"
            kept.write_bytes(content)
            faults.append(f"{kept}: {type(error).__name__}: {str(error)[:400]}")
            break
    record_property("refused", became.count("refused"))
    record_property("landed", became.count("landed"))
    assert faults == []
