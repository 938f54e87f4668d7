"""What is wrong with an extract is said once, clearly, and nothing of it is lost or believed."""

from __future__ import annotations

import datetime as dt
import gzip
import io
import os
import re
import zipfile
from dataclasses import replace

import pytest

from orchestration import archives
from orchestration.contract import Column, Contract
from orchestration.errors import RefreshError
from orchestration.landing import land, scan
from tests.unit.landing_company import Company, exclusion


@pytest.fixture
def company(tmp_path):
    return Company(tmp_path)


PLACE = "salesforce/full/2026-11-20/Account.csv"
ZIP_PLACE = "salesforce/full/2026-11-20/WE_1.ZIP"
GOOD = "Id,Name\n1,Acme\n2,Bolt\n"


def refused(company: Company) -> str:
    with pytest.raises(RefreshError) as error:
        company.land()
    assert error.value.exit_code == 1
    return str(error.value)


def zipped(**members: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.csv", content)
    return stream.getvalue()


# Files that are no extract


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file has no bytes"),
        (b"\n \n", "line 1: the file is blank"),
        (b"<!DOCTYPE html>\n<html>Log in</html>", "line 1: this is HTML"),
        (b'\xef\xbb\xbf  {"records": []}', "line 1: this is JSON"),
        (zipped(Account=GOOD), "line 1: this is a ZIP archive or an Excel workbook"),
        (gzip.compress(GOOD.encode()), r"line 1: this is gzip-compressed data \(name such"),
        (GOOD.encode("utf-16"), "line 1: this is text in UTF-16"),
        (os.urandom(64).replace(b"\n", b"") + b"\0" * 8, "line 1: "),
        (b"\x7fELF\x00\x01\x02", "line 1: this is binary data"),
        (b"Id,N\x83\x81me\n1,x\n", "line 1: the header is not UTF-8"),
        (
            b"Name,Colour\nAcme,red\n",
            "line 1: the header lacks the column Id, required for Account; it has: Name, Colour",
        ),
        (b"Id,Name,ID,name\n1,x,2,y\n", "names columns twice, whatever their case: id, name"),
        (b'Id,Name\n1,"Acme\n2,Bolt\n3,Crux\n', "line 2: a quote that begins here never ends"),
        (
            b'Id,Name\n1,ok\n2,"Acme\n3,"Bolt"\n4,ok\n',
            "line 3: a quote that begins here ends in the middle of a cell in line 4",
        ),
        (b"Id,Name\n1,ok\n2,a\rb\n", "line 3: a carriage return stands alone"),
        (b"just a letter to the reader", "lacks the column Id, required for Account; it has: just"),
    ],
    ids=[
        *("no bytes", "blank", "HTML", "JSON", "ZIP", "gzip", "UTF-16", "random", "binary"),
        *("Shift-JIS header", "missing column", "duplicate columns", "open quote"),
        *("quote across lines", "lone CR", "prose"),
    ],
)
def test_one_clear_message_names_file_and_fault(company, content, message):
    company.deliver(PLACE, content)
    text = refused(company)
    assert text.count(f"- {PLACE}: ") == 1
    with pytest.raises(AssertionError, match=message):
        raise AssertionError(text)
    assert "Traceback" not in text
    assert company.query("from raw.files") == []
    assert company.query("from extracts.salesforce__account") == []


def test_all_refused_files_are_named_together(company):
    company.deliver(PLACE, "")
    company.deliver("salesforce/full/2026-11-20/Contact.csv", "<html>")
    company.deliver("flat/full/2026-11-20/reps.csv", "rep_id,name\nr1,Ann\n")
    company.deliver("flat/full/20-11-2026/reps.csv", "rep_id,name\nr1,Ann\n")
    company.deliver_zip(ZIP_PLACE, {"Account.csv": "", "Contact.csv": "Id\n1\n"})
    text = refused(company)
    assert text.startswith("4 things in the landing folder")
    for name in ("Account.csv", "Contact.csv", "flat/full/20-11-2026", "WE_1.ZIP: Account.csv"):
        assert name in text
    assert company.query("select file from raw.files order by 1") == [
        ("WE_1.ZIP/Contact.csv",),
        ("reps.csv",),
    ]


def test_a_refused_replacement_leaves_the_earlier_rows(company):
    company.deliver(PLACE, GOOD)
    company.land()
    before = company.raw_content()
    company.deliver(PLACE, 'Id,Name\n1,"Acme')
    assert "never ends" in refused(company)
    assert company.raw_content() == before
    assert "never ends" in refused(company)  # and again, until it is mended
    company.deliver(PLACE, "Id,Name\n3,Crux\n")
    company.land()
    assert company.query("select Id from extracts.salesforce__account") == [("3",)]


@pytest.mark.parametrize("keep", [0, 10, 60, -10])
def test_truncated_archives_are_refused(company, keep):
    content = zipped(Account=GOOD * 50)
    company.deliver(ZIP_PLACE, content[:keep])
    assert "download it again" in refused(company)


def test_a_damaged_member_is_refused(company):
    content = bytearray(zipped(Account=GOOD))
    content[content.index(b"Acme")] ^= 1
    company.deliver(ZIP_PLACE, bytes(content))
    assert "the archive is damaged" in refused(company)


def test_truncated_gzip_is_refused(company):
    company.deliver(PLACE + ".gz", gzip.compress(GOOD.encode())[:-9])
    assert "no whole gzip file" in refused(company)


@pytest.mark.parametrize("name", ["../Account.csv", "/etc/Account.csv", "a/../../Account.csv"])
def test_members_that_climb_out_are_refused(company, name):
    company.deliver_zip(ZIP_PLACE, {name: GOOD})
    assert "unsafe name" in refused(company)
    assert not list(company.root.glob("**/Account.csv"))


def test_what_unpacks_without_end_is_refused(company, monkeypatch):
    monkeypatch.setattr(archives, "_FREE_EXPANSION_BYTES", 1 << 20)
    company.deliver_zip(ZIP_PLACE, {"Account.csv": "Id,Name\n" + "1,x\n" * 1_000_000})
    company.deliver(PLACE + ".gz", gzip.compress(b"Id,Name\n" + b"1,x\n" * 1_000_000))
    assert refused(company).count("unpacks to more than 250 times its size") == 2


def test_no_parquet_in_a_parquet_file(company):
    company.deliver("flat/full/2026-11-20/reps.parquet", "rep_id,name\n")
    company.deliver("flat/full/2026-11-20/costs.parquet", b"PAR1 cut short")
    text = refused(company)
    assert "reps.parquet: this is no Parquet file" in text
    assert "costs.parquet: it cannot be read" in text


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file has no bytes"),
        (b" \n\n", "line 1: the file is blank"),
        (b'\n[{"Id": "1"}]\n', "line 2: this is a JSON array, not JSON lines"),
        (b"Id,Name\n1,Acme\n", "no line is a record"),
        (b"<html>", "line 1: this is HTML"),
        (gzip.compress(b'{"Id": "1"}'), "line 1: this is gzip-compressed"),
        (b'{"Name": "Acme"}\n', "the file lacks the column Id, required for Account; it has: Name"),
        (b'{"Id": "1"}\n{"Id": "2", "Na', "line 2: the last record is not complete"),
        (
            b'{"Id": "1"}\n{"Id": 2,}\n{"Id": 3 "x"}\n',
            r"2 of 3 rows would be rejected.*line 2",
        ),
    ],
)
def test_what_is_wrong_with_json_lines_is_said_once(company, content, message):
    company.deliver("salesforce/full/2026-11-20/Account.jsonl", content)
    text = refused(company)
    assert text.count("Account.jsonl: ") == 1
    assert re.search(message, text), text
    assert company.query("from raw.files") == []


def test_a_property_may_hold_no_nul_either(company):
    company.configure(max_reject_share=1)
    company.deliver(
        "salesforce/full/2026-11-20/Account.jsonl",
        b'{"properties": {"Id": "1", "Name": "a\\u0000"}}\n{"Id": "2"}\n',
    )
    company.land()
    assert company.query("select reason from raw.rejected_rows") == [
        ("a text holds the character NUL",)
    ]


# Encodings

PRIVET = "\u041f\u0440\u0438\u0432\u0435\u0442"  # Russian, a greeting


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_file_of_an_older_encoding_is_read_and_told(company, line_end):
    names = ["Müller & Söhne", "Spaß«", "São João Serviços", "5 € “Ça va”", "x"]
    rows = [f'{n},"{name}"' for n, name in enumerate(names)]
    content = line_end.join(["Id,Name,Straße", *[f"{row},Allée" for row in rows], ""])
    company.deliver(PLACE, content.encode("cp1252"))
    report = company.land()
    assert company.query("select Name from extracts.salesforce__account order by Id") == [
        (name,) for name in names
    ]
    assert company.query('select distinct "Straße" from raw.salesforce__Account') == [("Allée",)]
    [note] = [note for note in report.notes if "ISO-8859-1" in note]
    assert note.startswith(f"{PLACE}: read as ISO-8859-1 (Windows-1252), since it is not UTF-8")


def test_older_encodings_in_archives_and_gzip_are_read_too(company):
    content = "Id,Name\n1,Müller\n2,Café\n".encode("latin-1")
    company.deliver_zip(ZIP_PLACE, {"Account.csv": content})
    company.deliver("flat/full/2026-11-20/reps.csv.gz", gzip.compress(b"rep_id,name\n1,Ren\xe9\n"))
    report = company.land()
    assert company.query("select Name from extracts.salesforce__account order by Id") == [
        ("Müller",),
        ("Café",),
    ]
    assert company.query("select name from extracts.flat__reps") == [("René",)]
    notes = [note for note in report.notes if "ISO-8859-1" in note]
    assert [note.split(": ")[0] for note in notes] == [
        "flat/full/2026-11-20/reps.csv.gz",
        f"{ZIP_PLACE}/Account.csv",
    ]


@pytest.mark.parametrize(
    "content",
    [
        "1,Zürich\n2,".encode() + b"caf\xe9\n",  # UTF-8, one character broken
        b"\xef\xbb\xbfId,Name\n2,caf\xe9\n",  # said to be UTF-8 by its mark
        f"2,{PRIVET}\n".encode("cp1251"),
        "2,\u30c6\u30b9\u30c8\u682a\u5f0f\u4f1a\u793e\n".encode("shift_jis"),
        "2,\u4e2d\u56fd\u8d38\u6613\n".encode("gb2312"),
    ],
    ids=["broken", "BOM", "Russian", "Japanese", "Chinese"],
)
def test_what_is_no_western_text_is_not_guessed(company, content):
    company.configure(max_reject_share=1)
    header = b"" if content.startswith(b"\xef") else b"Id,Name\n"
    company.deliver(PLACE, header + content)
    report = company.land()
    assert company.query("select Id from extracts.salesforce__account where Id = '2'") == []
    assert company.query("select reason from raw.rejected_rows") == [("a character is not UTF-8",)]
    assert not [note for note in report.notes if "ISO-8859-1" in note]


# Rows


def test_broken_json_lines_are_rejected_with_line_and_reason(company):
    company.configure(max_reject_share=1)
    company.deliver(
        "salesforce/full/2026-11-20/Contact.jsonl",
        b'{"Id": "1", "Email": "secret@x.example"}\n\n["secret"]\n{"Id": 3, "id": 4}\n'
        b'{"Id": "5", "Email": "secret@x}\n{"Id": "\xff"}\n{"Id": "\\ud800"}\n{"Id": NaN}\n'
        b'{"Email": "secret"}\n{"Id": "10", "BirthDate": "31.12.1999"}\n{}\n',
    )
    company.land()
    assert company.query("select Id, row_number from extracts.salesforce__contact order by 2") == [
        ("1", 1),
        ("10", 9),
    ]
    rows = company.query(
        "select row_number, line_number, value, reason from raw.rejected_rows order by row_number"
    )
    assert [row[:3] for row in rows] == [
        *((number, number + 1, "<hidden>") for number in range(2, 8)),
        (8, 9, None),
        (10, 11, None),
    ]
    assert [row[3] for row in rows] == [
        "not a JSON object",
        "a column stands twice in the record",
        "not readable as JSON (column 32: Invalid control character at)",
        "a character is not UTF-8",
        "a character is not UTF-8",
        "not readable as JSON",
        "Id is required but empty",
        "all cells are empty",
    ]
    assert company.query("select row_number, line_number, value from raw.cast_failures") == [
        (9, 10, "<hidden>")
    ]
    assert "secret" not in str(rows)


def test_broken_rows_are_rejected_with_row_line_and_reason(company):
    company.configure(max_reject_share=1)
    company.deliver(
        PLACE,
        b'Id,Name\n1,"two\nl\xc3\xafnes"\n2\n3,x,y,z\n4,\xff\n5,"a"b\n\n6,ok\n,Nameless\n'
        b"000000000000000AAA,Zero\n,\n7,last\n",
    )
    company.land()
    assert company.query("select Id, row_number from extracts.salesforce__account order by 2") == [
        ("1", 1),
        ("6", 6),
        ("7", 10),
    ]
    rows = company.query(
        "select row_number, line_number, column_name, value, reason from raw.rejected_rows "
        "order by row_number"
    )
    assert rows == [
        (2, 4, None, "<hidden>", "too few cells: the header has 2"),
        (3, 5, None, "<hidden>", "too many cells: the header has 2"),
        (4, 6, None, "<hidden>", "a character is not UTF-8"),
        (5, 7, None, "<hidden>", "a quoted cell does not end at a delimiter, or is too long"),
        (7, 10, "Id", None, "Id is required but empty"),
        (8, 11, "Id", None, "Id is required but empty"),
        (9, 12, None, None, "all cells are empty"),
    ]
    assert company.query("select rows_in_file, rows_landed, rows_rejected from raw.files") == [
        (10, 3, 7)
    ]


def test_a_required_cell_that_does_not_cast_rejects_its_row(company):
    company.configure(max_reject_share=0.9)
    company.deliver(
        "flat/full/2026-11-20/costs.csv",
        "month,amount,item\n2026-01,10,a\n2026-02-01,1e3,b\n2026-13,5,c\nJan,x,d\n2026-03,,e\n",
    )
    company.land()
    assert company.query("select item from extracts.flat__costs order by 1") == [("a",), ("b",)]
    assert company.query(
        "select row_number, line_number, column_name, value, reason from raw.rejected_rows "
        "order by row_number"
    ) == [
        (
            3,
            4,
            "month",
            "2026-13",
            "month is required but not a month YYYY-MM or a date YYYY-MM-DD",
        ),
        (
            *(4, 5, "month", "Jan"),
            "month is required but not a month YYYY-MM or a date YYYY-MM-DD; "
            "amount is required but not a plain number",
        ),
        (5, 6, "amount", None, "amount is required but empty"),
    ]


def test_optional_values_that_do_not_cast_are_listed_and_their_rows_land(company):
    company.deliver(
        PLACE,
        "Id,IsDeleted,AnnualRevenue,CreatedDate\n"
        '1,yes,"1,234",1989-12-31 23:59:59\n2,0,NaN,2101-01-01\n3,1,8.0E7,2026-02-30\n'
        "4,,,2026-01-01T00:00:00.000+0000\n",
    )
    company.land()
    assert company.query("select count(*) from extracts.salesforce__account") == [(4,)]
    assert company.query(
        "select row_number, line_number, column_name, value from raw.cast_failures order by all"
    ) == [
        (1, 2, "AnnualRevenue", "1,234"),
        (1, 2, "CreatedDate", "1989-12-31 23:59:59"),
        (1, 2, "IsDeleted", "yes"),
        (2, 3, "AnnualRevenue", "NaN"),
        (2, 3, "CreatedDate", "2101-01-01"),
        (3, 4, "CreatedDate", "2026-02-30"),
    ]


def test_earliest_date_is_a_setting(company):
    company.deliver(PLACE, "Id,CreatedDate\n1,2001-01-01\n")
    company.land()
    assert company.query("select count(*) from raw.cast_failures") == [(0,)]
    company.configure(earliest_date=dt.date(2010, 1, 1))
    company.land()
    assert company.query("select value from raw.cast_failures") == [("2001-01-01",)]


def test_private_values_are_hidden(company):
    company.deliver(
        "salesforce/full/2026-11-20/Contact.csv",
        "Id,Email,BirthDate\n"
        + "".join(f"{number},a@example.com,2000-01-01\n" for number in range(1, 100))
        + "100,secret@example.com,31.12.1999\nsecret@example.com\n",
    )
    report = company.land()
    found = company.query("from raw.rejected_rows") + company.query("from raw.cast_failures")
    assert len(found) == 2
    for text in (*map(str, found), *report.notes):
        assert "secret" not in text and "1999" not in text


@pytest.mark.parametrize(
    ("bad", "good", "share", "is_refused"),
    [
        (5, 95, 0.05, False),
        (6, 94, 0.05, True),
        (6, 94, 0.06, False),
        (1, 3, 0.05, False),
        (2, 2, 0.05, True),
        (1, 0, 0.05, True),
        (2, 98, 0.0, True),
        (3, 0, 1.0, False),
    ],
)
def test_too_many_rejects_refuse_the_file(company, bad, good, share, is_refused):
    company.configure(max_reject_share=share)
    company.deliver(PLACE, "Id,Name\n" + "1,ok\n" * good + "1,2,3\n" * (bad - 1) + ",x\n")
    if is_refused:
        text = refused(company)
        assert f"{bad} of {bad + good} rows would be rejected" in text
        assert company.query("from raw.files") == []
    else:
        company.land()
        assert company.query("select rows_landed, rows_rejected from raw.files") == [(good, bad)]


def test_blank_rows_of_a_spreadsheet_are_no_reason_to_refuse(company):
    company.deliver(PLACE, "Id,Name\n1,ok\n2,ok\n" + ",\n" * 500 + ' ,"\t"\n')
    company.land()
    assert company.query("select rows_in_file, rows_landed, rows_rejected from raw.files") == [
        (503, 2, 501)
    ]


def test_headers_and_values_are_never_run(company):
    hostile = "x'); drop table raw.files; --"
    company.deliver(
        PLACE,
        f'Id,"{hostile}","a""b",_row,_File,\n1,"{hostile}",=cmd(),9,9,9\n',
    )
    company.exclude(exclusion("accounts", hostile, hostile))
    company.land()
    assert company.query(
        "select Id, row_number, exclusion_reason from extracts.salesforce__account"
    ) == [("1", 1, "test data")]
    [row] = company.query(
        'select "a""b", _row_of_file, _File_of_file, column_6, _row from raw."salesforce__Account"'
    )
    assert row == ("=cmd()", "9", "9", "9", 1)


def test_a_file_that_changes_while_it_is_read_is_refused(company):
    path = company.deliver(PLACE, GOOD)

    def append(text: str) -> None:  # called when reading begins
        with path.open("a") as stream:
            stream.write("3,more\n")

    found = scan(company.settings, company.contract)
    with company.warehouse() as con, pytest.raises(RefreshError, match="changed while it was read"):
        land(con, company.settings, company.contract, found, append)
    company.land()
    assert company.query("select count(*) from extracts.salesforce__account") == [(3,)]


def test_what_may_be_contact_data_is_not_shown_whatever_its_column(company):
    # A comma is lost, so that an email stands where a date should.
    company.deliver(
        "salesforce/full/2026-11-20/Contact.csv",
        "Id,BirthDate,Since\n1,,ann@x.example\n2,,soon\n3,,31/12/2025\n",
    )
    company.deliver(PLACE, "Id,AnnualRevenue,Name\n1,bo@x.example,Acme\n2,lots,Bolt\n")
    company.contract = Contract(
        tuple(
            replace(table, columns=(*table.columns, Column("Since", "date")))
            if table.object == "Contact"
            else table
            for table in company.contract.tables
        )
    )
    company.land()
    assert company.query(
        "select object, row_number, value from raw.cast_failures order by all"
    ) == [
        ("Account", 1, "<hidden>"),
        ("Account", 2, "lots"),
        ("Contact", 1, "<hidden>"),
        ("Contact", 2, "<hidden>"),
        ("Contact", 3, "31/12/2025"),
    ]


def test_a_delivery_of_a_far_day_is_a_slip_of_the_pen(company):
    company.deliver("salesforce/full/2206-11-20/Account.csv", "Id\n1\n")
    company.deliver(PLACE, "Id\n1\n")
    with pytest.raises(RefreshError, match="2206-11-20: the name of a delivery folder"):
        company.land()
