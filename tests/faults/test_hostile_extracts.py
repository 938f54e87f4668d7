"""Extracts that were made to do harm: they land, are rejected or refused, and nothing else."""

from __future__ import annotations

import gzip
import io
import os
import zipfile
from dataclasses import replace

import duckdb
import pytest

from orchestration import archives, csv_scan
from orchestration.contract import load_contract
from orchestration.errors import RefreshError, UsageError
from orchestration.landing import land, scan
from orchestration.settings import CustomField
from tests.faults.extracts import PROJECT_DIR
from tests.unit.landing_company import Company

PLACE = "salesforce/full/2026-11-20/Account.csv"
CONTACTS = "salesforce/full/2026-11-20/Contact.csv"
ZIP_PLACE = "salesforce/full/2026-11-20/WE_1.ZIP"
GOOD = "Id,Name\n1,Acme\n2,Bolt\n"
SECRET = "ann.secret@x.example"


@pytest.fixture
def company(tmp_path):
    company = Company(tmp_path)
    company.configure(max_reject_share=1)
    return company


def refused(company: Company) -> str:
    with pytest.raises(RefreshError) as error:
        company.land()
    text = str(error.value)
    assert error.value.exit_code == 1 and "Traceback" not in text
    return text


def accounts(company: Company) -> list[tuple]:
    return company.query("select Id, Name from extracts.salesforce__account order by row_number")


def rejects(company: Company) -> list[tuple]:
    return company.query(
        "select row_number, line_number, value, reason from raw.rejected_rows order by 1"
    )


# What can be reached


@pytest.mark.parametrize(
    "attack",
    [
        "from read_csv('/etc/passwd', sep = '|')",
        "from read_text('{elsewhere}')",
        "from glob('/etc/*')",
        "from read_csv('http://127.0.0.1:9/x.csv')",
        "copy (select 1) to '{elsewhere}'",
        "attach '{elsewhere}.duckdb'",
        "install httpfs",
        "load httpfs",
        "set enable_external_access = true",
        "set allowed_directories = ['/']",
    ],
)
def test_the_connection_that_lands_reaches_no_other_place(company, tmp_path, attack):
    company.deliver(PLACE, GOOD)
    elsewhere = tmp_path / "elsewhere.txt"
    elsewhere.write_text("secret")
    with company.warehouse() as con, pytest.raises(duckdb.Error, match=r"[Pp]ermission|lock|disab"):
        con.execute(attack.format(elsewhere=elsewhere)).fetchall()
    assert elsewhere.read_text() == "secret"


def test_it_reads_deliveries_that_are_links_and_spills_beside_the_warehouse(company, tmp_path):
    share = tmp_path / "share[1]" / "it's*"
    share.mkdir(parents=True)
    (share / "Account.csv").write_text(GOOD)
    (company.settings.landing_dir / "salesforce/full").mkdir(parents=True)
    (company.settings.landing_dir / "salesforce/full/2026-11-20").symlink_to(share)
    company.settings = replace(company.settings, memory_limit="60MB")
    company.land()
    assert accounts(company) == [("1", "Acme"), ("2", "Bolt")]
    with company.warehouse() as con:
        con.execute(
            "create temp table big as select range as n, md5(n::varchar) as t from range(2000000)"
        )
        assert con.execute("select count(*) from (from big order by t)").fetchone() == (2_000_000,)


def test_what_is_no_file_of_the_delivery_is_not_read(company, tmp_path):
    folder = company.deliver("salesforce/full/2026-11-20/Contact.csv", "Id\n1\n").parent
    (tmp_path / "passwd").write_text("Id,Name\nroot,x\n")
    (folder / "Account.csv").symlink_to(tmp_path / "passwd")
    assert "a link that leads out of its delivery" in refused(company)
    (folder / "Account.csv").unlink()
    (folder / "Account.csv").symlink_to("Account.csv")
    assert "a link that leads out of its delivery" in refused(company)
    (folder / "Account.csv").unlink()
    os.mkfifo(folder / "Account.csv")  # to open it would wait without end
    assert "it is no regular file" in "\n".join(company.land().notes)
    (folder / "Account.csv").unlink()
    (folder / "Account.csv").mkdir()
    (folder / "Lead.csv").symlink_to("/dev/zero")
    assert "a link that leads out of its delivery" in refused(company)
    assert company.query("select file from raw.files") == [("Contact.csv",)]


def test_names_of_files_and_folders_are_never_run(company):
    folder = "salesforce/full/2026-11-20'; drop schema raw cascade; --"
    company.deliver(f'{folder}/a"b $(id) `id` {{{{ x }}}}/Account.csv', GOOD)
    company.land()
    assert accounts(company) == [("1", "Acme"), ("2", "Bolt")]
    company.deliver("salesforce/full/2026-11-21/a\nb/Account.csv", GOOD)
    company.deliver("salesforce/full/2026-11-21/\x1b[31m/Account.csv", GOOD)
    text = refused(company)
    assert text.count("a name of unreadable characters") == 2
    assert "\x1b" not in text


def test_a_file_that_cannot_be_read_is_named_and_the_others_land(company, monkeypatch):
    company.deliver(PLACE, GOOD)
    company.deliver(CONTACTS, "Id\n1\n")
    found = scan(company.settings, company.contract)
    (company.settings.landing_dir / PLACE).unlink()  # between the look and the landing
    (company.settings.landing_dir / PLACE).mkdir()
    with (
        company.warehouse() as con,
        pytest.raises(RefreshError, match=r"Account\.csv: cannot be read"),
    ):
        land(con, company.settings, company.contract, found)
    assert company.query("select file from raw.files") == [("Contact.csv",)]


def test_hundreds_of_files_land(company):
    for number in range(200):
        company.deliver(f"flat/changes/2026-11-20/{number}/reps.csv", f"rep_id,name\n{number},A\n")
    report = company.land()
    assert sum(file.rows for file in report.files) == 200
    assert [file.status for file in company.land().files] == ["unchanged"] * 200


# Archives


def test_a_member_that_lies_about_its_size_is_no_way_around_the_limit(company, monkeypatch):
    monkeypatch.setattr(archives, "_FREE_EXPANSION_BYTES", 1 << 20)
    company.deliver_zip(ZIP_PLACE, {"Account.csv": "Id,Name\n" + "1,x\n" * 1_000_000})
    path = company.settings.landing_dir / ZIP_PLACE
    with zipfile.ZipFile(path) as archive:
        [info] = archive.infolist()
    content = path.read_bytes()
    packed = info.compress_size.to_bytes(4, "little")
    assert content.count(packed) == 2
    path.write_bytes(content.replace(packed, (0x7FFFFFFF).to_bytes(4, "little")))
    assert "WE_1.ZIP" in refused(company)
    assert company.query("from raw.files") == []


def test_many_members_together_do_not_unpack_without_end_either(company, monkeypatch):
    monkeypatch.setattr(archives, "_FREE_EXPANSION_BYTES", 1 << 20)
    big = "Id,Name\n" + "1,x\n" * 200_000
    company.deliver_zip(ZIP_PLACE, {f"{number}/Account.csv": big for number in range(9)})
    assert "unpacks to more than 250 times its size" in refused(company)
    [(files,)] = company.query("select count(*) from raw.files")
    assert files < 3


def test_an_encrypted_member_is_refused(company):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("Account.csv", GOOD)
    content = bytearray(stream.getvalue())
    content[content.index(b"PK\x01\x02") + 8] |= 1
    company.deliver(ZIP_PLACE, bytes(content))
    assert "the archive is encrypted" in refused(company)


# Rows and cells


def test_records_of_many_megabytes_are_rejected_and_the_others_land(company):
    lines = b"line\n" * 1_000_000
    company.deliver(PLACE, b'Id,Name\n1,a\n2,"' + lines + b'"\n3,' + b"x" * 5_000_000 + b"\n4,b\n,")
    company.land()
    assert accounts(company) == [("1", "a"), ("4", "b")]
    assert rejects(company) == [
        (2, 3, "<hidden>", "the record is longer than two million bytes"),
        (3, 1_000_004, "<hidden>", "the record is longer than two million bytes"),
        (5, 1_000_006, None, "all cells are empty"),
    ]


def test_a_header_that_does_not_end_is_refused(company):
    company.deliver(PLACE, b"Id," + b"x" * 3_000_000 + b"\n1,2\n")
    assert "line 1: the header does not end within a megabyte" in refused(company)


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_empty_cells_beyond_the_header_are_too_many(company, line_end, monkeypatch):
    """An unquoted comma shifts the cells; where the last is empty nothing else would tell."""
    monkeypatch.setattr(csv_scan, "_BLOCK_BYTES", 16)
    rows = [
        *("Id,Name,AnnualRevenue", "1,Acme,", "2,Bolt, Inc,", '3,"Crux, Inc",', '4,"a,\nb","",""'),
        *('5,"a, ""b"", c, d, e, f, g",', "6,,,,,", "7,Dune,3"),
    ]
    company.deliver(PLACE, line_end.join(rows))
    company.land()
    assert company.query("select Id from extracts.salesforce__account order by 1") == [
        *(("1",), ("3",), ("5",), ("7",)),
    ]
    too_many = ("<hidden>", "too many cells: the header has 3")
    assert rejects(company) == [(2, 3, *too_many), (4, 5, *too_many), (6, 8, *too_many)]


def test_a_nul_rejects_its_row_wherever_it_stands(company, tmp_path):
    company.deliver(PLACE, b"Id,Name\n" + b"1,Acme\n" * 60 + b'2,a\0b\n3,ok\n\0,x\n4,"\0"\n')
    source = tmp_path / "source.parquet"
    duckdb.sql("select '1' as Id, 'a' || chr(0) as Email union all select '2', 'b'").write_parquet(
        str(source)
    )
    company.deliver("salesforce/full/2026-11-20/Contact.parquet", source.read_bytes())
    company.deliver(
        "flat/full/2026-11-20/reps.jsonl",
        b'{"rep_id": "1", "name": "a", "x\\u0000": 1}\n{"rep_id": "2", "name": "\\u0000"}\n'
        b'{"rep_id": "3", "name": "ok"}\n',
    )
    company.land()
    assert accounts(company)[-1] == ("3", "ok")
    rows = company.query(
        "select object, row_number, line_number, value, reason from raw.rejected_rows order by all"
    )
    reason = ("<hidden>", "a text holds the character NUL")
    assert [row[:3] for row in rows] == [
        *(("Account", 61, 62), ("Account", 63, 64), ("Account", 64, 65), ("Contact", 1, None)),
        *(("reps", 1, 1), ("reps", 2, 2)),
    ]
    assert {row[3:] for row in rows} == {reason}


def test_a_nul_in_the_header_refuses_the_file(company):
    company.deliver(PLACE, b"Id," + b"n" * 5000 + b"\0\n1,2\n")
    assert "line 1: the header holds the character NUL" in refused(company)


def test_quoted_cells_by_the_hundred_thousand_that_do_not_end_refuse_the_file(company, monkeypatch):
    monkeypatch.setattr(csv_scan, "_MAX_BAD_QUOTES", 1000)
    company.deliver(PLACE, b"Id,Name\n1,ok\n" + b'2,"a"b\n' * 1001)
    assert "line 3: a quoted cell does not end at a delimiter, and neither do" in refused(company)


def test_nested_json_is_text_or_rejected(company):
    depths = (1, 10, 100, 500, 900, 990, 1000, 5000, 400_000)
    lines = [b'{"Id": "%d", "Name": %s%s}' % (n, b"[" * n, b"]" * n) for n in depths]
    lines += [b'{"Id": "%d", "Name": %s"\\u0000"%s}' % (n, b"[" * n, b"]" * n) for n in depths]
    company.deliver("salesforce/full/2026-11-20/Account.jsonl", b"\n".join(lines))
    company.land()
    found = dict(company.query("select Id, Name from extracts.salesforce__account"))
    assert found["10"] == "[" * 10 + '"\\u0000"' + "]" * 10 or found["10"] == "[" * 10 + "]" * 10
    [(in_file, rejected)] = company.query("select rows_in_file, rows_rejected from raw.files")
    assert in_file == len(lines) and rejected < len(lines)
    assert {row[3] for row in rejects(company)} <= {"not readable as JSON"}


def test_odd_types_of_parquet_are_text(company, tmp_path):
    source = tmp_path / "source.parquet"
    duckdb.sql(
        """
        select 1 as Id, {'a': [1, null], 'b': map {'k': date '2026-01-01'}} as Name,
            'nan'::double as AnnualRevenue, '\\xFF'::blob as OwnerId,
            timestamptz '2026-01-01 10:00:00+02' as CreatedDate
        union all
        select 2, null, 1e308, null, 'infinity'::timestamptz
        """
    ).write_parquet(str(source))
    company.deliver("salesforce/full/2026-11-20/Account.parquet", source.read_bytes())
    company.land()
    assert company.query(
        "select Id, Name, OwnerId, CreatedDate from extracts.salesforce__account order by 1"
    ) == [
        ("1", "{'a': [1, NULL], 'b': {k=2026-01-01}}", "\\xFF", "2026-01-01 08:00:00+00"),
        ("2", None, None, "infinity"),
    ]
    assert company.query("select column_name, value from raw.cast_failures order by 1, 2") == [
        ("AnnualRevenue", "1e+308"),
        ("AnnualRevenue", "nan"),
        ("CreatedDate", "infinity"),
    ]


def test_absurd_numbers_and_dates_are_unknown_and_listed(company):
    bad = ["1e308", "-1e308", "NaN", "inf", "0x10", "1_000", "9" * 40, "=1+1", "12,5"]
    good = ["-5", "1e5", "0", "+7"]
    rows = [f'{number},"{text}"' for number, text in enumerate(bad + good)]
    company.deliver(PLACE, "\n".join(["Id,AnnualRevenue", *rows]))
    company.deliver(
        CONTACTS, "Id,BirthDate\n1,0000-00-00\n2,2026-02-30\n3,9999-12-31\n4,2026-02-28\n"
    )
    company.land()
    found = company.query("select column_name, value from raw.cast_failures order by row_number")
    assert [value for name, value in found if name == "AnnualRevenue"] == bad
    assert [value for name, value in found if name == "BirthDate"] == ["<hidden>"] * 3


# Deliveries


def test_the_last_of_an_id_in_one_file_and_the_newest_delivery_are_for_staging_to_choose(company):
    company.deliver(PLACE, "Id,Name\n1,first\n1,second\n")
    company.deliver("salesforce/full/2026-11-13/Account.csv", "Id,Name\n1,older\n")
    company.land()
    assert company.query(
        "select Name, is_current from extracts.salesforce__account "
        "order by delivery_order, row_number"
    ) == [("older", False), ("first", True), ("second", True)]
    company.deliver("salesforce/full/2026-11-06/Account.csv", "Id,Name\n1,oldest\n9,gone\n")
    company.land()  # an older delivery that comes late changes nothing of what is current
    assert company.query(
        "select Name from extracts.salesforce__account where is_current order by row_number"
    ) == [("first",), ("second",)]


def test_a_delivery_that_is_still_written_is_left_for_later(company):
    company.deliver("salesforce/full/2026-11-13/Account.csv", GOOD)
    company.deliver("salesforce/full/2026-11-20.part/Account.csv", "Id,Na")
    company.deliver("salesforce/full/2026-11-13/Contact.csv.part", "Id,Em")
    company.land()
    assert company.query("select delivery, file from raw.files") == [("2026-11-13", "Account.csv")]


# What messages tell


@pytest.mark.parametrize(
    "content",
    [
        f"003Hs0000012345,{SECRET},1990-01-01\n",
        f"Email,Phone,003Hs0000012345,{SECRET},1\n",
        f"Id,{SECRET},{SECRET}\n",
        f"Id,Email,BirthDate003Hs0000012345,{SECRET},1999-01-01\n",
        f'Id,Email,"003\n{SECRET}\n{SECRET}"\n003,{SECRET},1\n',
    ],
    ids=["no header", "half of it", "twice", "without line end", "in quotes"],
)
def test_records_in_place_of_the_header_are_not_told(company, content):
    company.deliver(CONTACTS, content)
    try:
        told = "\n".join(company.land().notes)
    except RefreshError as error:
        told = str(error)
    assert "secret" not in told and "003Hs" not in told
    assert "<hidden>" in told


def test_a_gzip_file_of_several_parts_is_read_whole(company):
    company.deliver(PLACE + ".gz", gzip.compress(b"Id,Name\n1,Acme\n") + gzip.compress(b"2,Bolt\n"))
    company.land()
    assert accounts(company) == [("1", "Acme"), ("2", "Bolt")]


@pytest.mark.parametrize("column", ["Email", "eMail", "LastName"])
def test_private_columns_are_no_custom_fields(tmp_path, column):
    company = Company(tmp_path)
    company.contract = load_contract(PROJECT_DIR)
    field = CustomField("leads", column, "leads", "config.yml, line 7")
    company.settings = replace(company.settings, custom_fields=(field,))
    company.deliver("salesforce/full/2026-11-20/Lead.csv", "Id,Email,LastName\n1,a@x.example,A\n")
    with pytest.raises(UsageError, match=r"config\.yml, line 7: leads: .* is private contact data"):
        company.land()
