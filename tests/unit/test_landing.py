"""What lands, how often, in which order, and what the views show of it."""

from __future__ import annotations

import datetime as dt
import gzip
import itertools
import os
import shutil

import duckdb
import pytest

from orchestration import landing
from orchestration.contract import Column, Contract, Table
from orchestration.errors import RefreshError, UsageError
from orchestration.scanning import mark_as_demo
from tests.unit.landing_company import ACCOUNT, CONTRACT, Company, exclusion, kill_while_landing


@pytest.fixture
def company(tmp_path):
    return Company(tmp_path)


FIRST = "salesforce/full/2026-11-13/Account.csv"
SECOND = "salesforce/full/2026-11-20/Account.csv"
ACCOUNTS = '"Id","Name","Shoe Size"\n"001A","Acme","42"\n"001B","Bolt",""\n'


def accounts(company, columns="Id, Name"):
    return company.query(f"select {columns} from extracts.salesforce__account order by all")


# What a file may look like


@pytest.mark.parametrize(
    "content",
    [
        "Id,Name\n001A,Acme\n001B,Bolt\n",
        "Id,Name\n001A,Acme\n001B,Bolt",
        "Id,Name\r\n001A,Acme\r\n001B,Bolt\r\n",
        "Id,Name\r001A,Acme\r001B,Bolt\r",
        "Id,Name\r\n001A,Acme\n001B,Bolt\r\n",
        "Id,Name\n\n001A,Acme\n\n001B,Bolt\n\n",
        "\ufeffId,Name\n001A,Acme\n001B,Bolt\n",
        '\ufeff"Id","Name"\n"001A","Acme"\n"001B","Bolt"\n',
        "NAME,ID\nAcme,001A\nBolt,001B\n",
        " id , name \n 001A , Acme\n001B,Bolt \n",
        "Id;Name\n001A;Acme\n001B;Bolt\n",
        "Id\tName\n001A\tAcme\n001B\tBolt\n",
        '"Id", "Name"\n"001A" , "Acme"\n001B, Bolt\n',
    ],
    ids=[
        "plain",
        "no last line end",
        "CRLF",
        "CR",
        "mixed line ends",
        "blank lines",
        "BOM",
        "BOM and quotes",
        "other order and case",
        "padded",
        "semicolons",
        "tabs",
        "spaces around quotes",
    ],
)
def test_the_same_rows_land_from_every_dialect(company, content):
    company.deliver(FIRST, content)
    company.land()
    assert accounts(company) == [("001A", "Acme"), ("001B", "Bolt")]
    assert company.query("select rows_in_file, rows_landed, rows_rejected from raw.files") == [
        (2, 2, 0)
    ]


def test_quoted_cells_keep_commas_quotes_and_line_breaks(company):
    company.deliver(
        FIRST, 'Id,Name\r\n1,"Acme, Inc."\r\n2,"The ""best"""\r\n3,"two\r\nlines"\r\n4,5" pipes\r\n'
    )
    company.land()
    assert accounts(company) == [
        ("1", "Acme, Inc."),
        ("2", 'The "best"'),
        ("3", "two\r\nlines"),
        ("4", '5" pipes'),
    ]


def test_gzip_and_parquet_land_like_csv(company, tmp_path):
    company.deliver("salesforce/full/2026-11-13/ACCOUNT.CSV.GZ", gzip.compress(ACCOUNTS.encode()))
    parquet = tmp_path / "reps.parquet"
    duckdb.sql(
        f"copy (select 7 as rep_id, 'Ann' as name, date '2020-01-31' as hire_date) to '{parquet}'"
    )
    company.deliver("flat/full/2026-11-13/Reps.parquet", parquet.read_bytes())
    company.land()
    assert accounts(company) == [("001A", "Acme"), ("001B", "Bolt")]
    assert company.query("select rep_id, name, hire_date, row_number from extracts.flat__reps") == [
        ("7", "Ann", "2020-01-31", 1)
    ]


@pytest.mark.parametrize("name", ["Account.jsonl", "ACCOUNT.JSONL.gz"])
def test_json_lines_land_like_csv(company, name):
    content = (
        b'\xef\xbb\xbf{"Id": "1", "Name": "Acme, \\"Inc\\"\\ntwo", '
        b'"Extra": {"a": [1.50, null]}}\r\n'
        b"\n"
        b'{"ID": 12345678901234567890, "AnnualRevenue": 1.10, "IsDeleted": true, "name": null}\n'
        b'{"Id": "3", "AnnualRevenue": 8.0E7, "Name": "\xc3\xa4\\u00e4 "}'
    )
    company.deliver(
        f"salesforce/full/2026-11-13/{name}", content if name[-1] == "l" else gzip.compress(content)
    )
    company.land()
    assert accounts(company, "row_number, Id, Name, IsDeleted, AnnualRevenue") == [
        (1, "1", 'Acme, "Inc"\ntwo', None, None),
        (2, "12345678901234567890", None, "true", "1.10"),
        (3, "3", "ää", None, "8.0E7"),
    ]
    assert company.query('select "Extra" from raw."salesforce__Account" order by _row') == [
        ('{"a": [1.5, null]}',),
        (None,),
        (None,),
    ]
    assert company.query("select rows_in_file, rows_landed, rows_rejected from raw.files") == [
        (3, 3, 0)
    ]


def test_an_object_may_be_spread_over_archives_and_folders(company):
    place = "salesforce/full/2026-11-13"
    company.deliver_zip(
        f"{place}/WE_00D000000000001AAA_1.ZIP",
        {"Account.csv": "Id,Name\n1,Acme\n", "Contact.csv": "Id\n3\n", "Idea.csv": "Id\n9\n"},
    )
    company.deliver_zip(
        f"{place}/WE_00D000000000001AAA_2.ZIP", {"Account.csv": "Id,Name\n2,Bolt\n"}
    )
    company.deliver(f"{place}/more/account.csv", "Id,Name\n4,Dyn\n")
    report = company.land()
    assert accounts(company, "Id, Name, file") == [
        ("1", "Acme", "WE_00D000000000001AAA_1.ZIP/Account.csv"),
        ("2", "Bolt", "WE_00D000000000001AAA_2.ZIP/Account.csv"),
        ("4", "Dyn", "more/account.csv"),
    ]
    assert any("Idea.csv" in note for note in report.notes)


def test_raw_keeps_every_column_under_the_files_names(company):
    company.deliver(FIRST, ACCOUNTS)
    company.deliver(SECOND, '"ID","select ""x"" from"\n"001A","1"\n')
    report = company.land()
    rows = company.query(
        'select _kind, _delivery, _file, _row, id, name, "Shoe Size", "select ""x"" from" '
        'from raw."salesforce__Account" order by all'
    )
    assert rows == [
        ("full", "2026-11-13", "Account.csv", 1, "001A", "Acme", "42", None),
        ("full", "2026-11-13", "Account.csv", 2, "001B", "Bolt", None, None),
        ("full", "2026-11-20", "Account.csv", 1, "001A", None, None, "1"),
    ]
    assert any("Shoe Size" in note for note in report.notes)


def test_many_rows_land_in_order(company):
    """Rows keep their numbers also where many threads read the file."""
    path = company.deliver(FIRST, "")
    rows = "select i as Id, 'name ' || i as Name from range(1, 400001) as numbers (i)"
    duckdb.sql(f"copy ({rows}) to '{path}' (header)")
    company.land()
    assert company.query(
        "select count(*), count(*) filter (where Id = row_number::varchar) "
        "from extracts.salesforce__account"
    ) == [(400_000, 400_000)]


def test_names_with_quotes_and_patterns_are_names(company):
    company.deliver("salesforce/full/2026-11-13 'x' [1]*/Account.csv", ACCOUNTS)
    company.land()
    assert len(accounts(company)) == 2


# Landing again


def test_what_has_not_changed_is_not_landed_again(company):
    path = company.deliver(FIRST, ACCOUNTS)
    company.deliver_zip("salesforce/full/2026-11-13/WE_1.ZIP", {"Contact.csv": "Id\n3\n"})
    company.land()
    before = company.query("from raw.files order by all")
    os.utime(path, (1, 1))  # touched, its content is the same
    report = company.land()
    assert set(company.statuses(report).values()) == {"unchanged"}
    assert company.query("from raw.files order by all") == before


def test_a_replaced_file_replaces_its_rows(company):
    company.deliver(FIRST, ACCOUNTS)
    company.deliver(SECOND, ACCOUNTS)
    company.land()
    company.deliver(FIRST, "Id,Name\n001C,Crux\n")
    report = company.land()
    assert company.statuses(report) == {FIRST: "replaced", SECOND: "unchanged"}
    assert accounts(company, "delivery_order[:10], Id") == [
        ("2026-11-13", "001C"),
        ("2026-11-20", "001A"),
        ("2026-11-20", "001B"),
    ]


def test_the_same_content_in_another_delivery_is_another_file(company):
    company.deliver(FIRST, ACCOUNTS)
    company.deliver("salesforce-emea/full/2026-11-13/Account.csv", ACCOUNTS)
    company.land()
    assert accounts(company, "source, Id") == [
        ("salesforce", "001A"),
        ("salesforce", "001B"),
        ("salesforce-emea", "001A"),
        ("salesforce-emea", "001B"),
    ]


def test_a_file_that_is_gone_keeps_its_rows(company):
    path = company.deliver(FIRST, ACCOUNTS)
    company.deliver(SECOND, "Id,Name\n001C,Crux\n")
    company.land()
    before = company.raw_content()
    path.unlink()
    company.land()
    assert company.raw_content() == before


def test_members_that_a_replaced_archive_lacks_are_removed(company):
    place = "salesforce/full/2026-11-13/WE_1.ZIP"
    company.deliver_zip(place, {"Account.csv": ACCOUNTS, "Contact.csv": "Id\n3\n"})
    company.land()
    company.deliver_zip(place, {"Account.csv": ACCOUNTS})
    company.land()
    assert company.query("select file from raw.files") == [("WE_1.ZIP/Account.csv",)]
    assert company.query("from extracts.salesforce__contact") == []


DELIVERIES = {
    FIRST: ACCOUNTS,
    SECOND: "NAME,ID,Extra\nAcme,001A,x\nBad\n",
    "salesforce/changes/2026-11-20/Account.csv": "Id,AnnualRevenue\n001A,much\n,5\n002A,5\n",
    "flat/full/2026-11-20/reps.csv": "rep_id,name\nr1,Ann\n",
}


def test_the_order_of_landing_leaves_no_trace(tmp_path):
    contents = []
    for number, order in enumerate(itertools.permutations(DELIVERIES)):
        if number % 7:
            continue
        company = Company(tmp_path / str(number))
        company.configure(max_reject_share=0.5)
        for place in order:
            company.deliver(place, DELIVERIES[place])
            company.land()
        content = company.raw_content()
        content.pop("landing_folder")
        contents.append(content)
    assert len(contents) == 4
    assert all(content == contents[0] for content in contents)


def test_a_column_that_only_a_replaced_file_had_is_gone(company, tmp_path):
    company.deliver(FIRST, ACCOUNTS)
    company.land()
    company.deliver(FIRST, "Id,Name\n001A,Acme\n")
    company.land()
    straight = Company(tmp_path / "straight")
    straight.deliver(FIRST, "Id,Name\n001A,Acme\n")
    straight.land()
    assert (
        company.raw_content()["salesforce__Account"]
        == (straight.raw_content()["salesforce__Account"])
    )


@pytest.mark.parametrize("file_number", [1, 2, 4, 6])
def test_a_killed_run_is_made_good_by_the_next(company, tmp_path, file_number):
    members = {"Account.csv": ACCOUNTS, "Contact.csv": "Id\n3\n"}
    for target in (company, undisturbed := Company(tmp_path / "undisturbed")):
        target.configure(max_reject_share=0.5)
        for place, content in DELIVERIES.items():
            target.deliver(place, content)
        target.deliver_zip("salesforce/full/2026-11-20/WE_1.ZIP", members)
    undisturbed.land()
    kill_while_landing(company, file_number)
    assert company.query("select count(*) from raw.files") == [(file_number - 1,)]

    report = company.land()
    assert list(company.statuses(report).values()).count("new") == 7 - file_number
    disturbed, expected = company.raw_content(), undisturbed.raw_content()
    disturbed.pop("landing_folder"), expected.pop("landing_folder")
    assert disturbed == expected


def test_a_changed_contract_lands_its_files_anew(company):
    company.deliver(FIRST, "Id,Name\n1,Acme\n2,\n")
    company.deliver("flat/full/2026-11-13/reps.csv", "rep_id,name\nr1,Ann\n")
    company.land()
    columns = (Column("Id", "id", required=True), Column("Name", required=True))
    stricter = Table("salesforce", "account", "salesforce__account", "Account", "accounts", columns)
    company.contract = Contract((stricter, *CONTRACT.tables[1:]))
    report = company.land()
    assert company.statuses(report)[FIRST] == "replaced"
    assert company.statuses(report)["flat/full/2026-11-13/reps.csv"] == "unchanged"
    assert accounts(company) == [("1", "Acme")]


def test_leftovers_of_a_killed_run_are_removed(company):
    company.deliver(FIRST, ACCOUNTS)
    leftover = company.settings.warehouse_path.parent / ".landing-killed"
    leftover.mkdir(parents=True)
    (leftover / "member.csv").write_text("x")
    company.land()
    assert [path.name for path in leftover.parent.iterdir()] == ["private.duckdb"]


# The warehouse and its landing folder


def test_a_warehouse_of_another_landing_folder_is_rebuilt(company):
    company.deliver(FIRST, ACCOUNTS)
    company.land()
    moved = company.settings.landing_dir.with_name("elsewhere")
    shutil.copytree(company.settings.landing_dir, moved)
    (moved / FIRST).rename(moved / "salesforce/full/2026-11-13/Contact.csv")
    object.__setattr__(company.settings, "landing_dir", moved)
    company.land()
    assert company.query("select object from raw.files") == [("Contact",)]


def test_the_demo_company_gives_way_to_a_real_delivery(company):
    company.deliver(FIRST, ACCOUNTS)
    mark_as_demo(company.settings.landing_dir)
    company.land()
    assert company.query("select is_demo, company_name from raw.settings") == [
        (True, "Demo company")
    ]
    company.deliver(SECOND, "Id,Name\n001C,Crux\n")
    report = company.land()
    assert accounts(company) == [("001C", "Crux")]
    assert company.query("select is_demo from raw.settings") == [(False,)]
    assert any("demo" in note for note in report.notes)


def test_real_extracts_do_not_give_way_to_the_demo_company(company):
    path = company.deliver(FIRST, ACCOUNTS)
    company.land()
    path.unlink()
    company.deliver(SECOND, ACCOUNTS)
    mark_as_demo(company.settings.landing_dir)
    with pytest.raises(UsageError, match="holds real extracts"):
        company.land()


def test_files_are_for_owner_and_group_only(company):
    company.deliver(FIRST, ACCOUNTS)
    company.land()
    path = company.settings.warehouse_path
    assert path.stat().st_mode & 0o007 == 0
    assert path.parent.stat().st_mode & 0o007 == 0


# Views


def test_a_view_exists_for_objects_never_delivered(company):
    company.deliver("flat/full/2026-11-13/reps.csv", "rep_id,name\n")
    company.land()
    names = company.query(
        "select column_name, data_type from duckdb_columns() where schema_name = 'extracts' "
        "and table_name = 'salesforce__account' order by column_index"
    )
    assert [name for name, _ in names] == [
        "source",
        *(column.name for column in ACCOUNT.columns),
        "exclusion_reason",
        "delivery_order",
        "is_current",
        "file",
        "row_number",
        "custom_fields",
    ]
    types = dict(names)
    assert (types["is_current"], types["row_number"]) == ("BOOLEAN", "BIGINT")
    assert {types[column.name] for column in ACCOUNT.columns} == {"VARCHAR"}
    assert company.query("from extracts.salesforce__account") == []
    assert company.query("select object, rows_landed from raw.files") == [("reps", 0)]


@pytest.mark.parametrize("space", [" ", "\t", "\n", "\r\n", "\u00a0", " \t "])
def test_values_are_trimmed_and_empty_ones_null(company, space):
    company.deliver(
        FIRST,
        f'Id,Name,OwnerId\n1,"{space}",\n2,"{space}x y",""\n3,"x{space}y{space}",!\n',
    )
    company.land()
    assert accounts(company, "Id, Name, OwnerId, AnnualRevenue") == [
        ("1", None, None, None),
        ("2", "x y", None, None),
        ("3", f"x{space}y", "!", None),
    ]


def test_current_is_what_came_in_or_after_the_newest_full_delivery(company):
    company.deliver(FIRST, "Id\n1\n")
    company.deliver("salesforce/changes/2026-11-15/Account.csv", "Id\n2\n")
    company.deliver(SECOND, "Id\n3\n")
    company.deliver("salesforce/changes/2026-11-20/Account.csv", "Id\n4\n")
    company.deliver("salesforce/full/2026-11-27/Contact.csv", "Id\n9\n")
    company.deliver("salesforce-emea/changes/2026-11-01/Account.csv", "Id\n5\n")
    company.land()
    assert accounts(company, "Id, is_current") == [
        ("1", False),
        ("2", False),
        ("3", True),
        ("4", True),
        ("5", True),
    ]


def test_a_header_without_rows_is_a_full_delivery_of_nothing(company):
    company.deliver(FIRST, "Id\n1\n")
    company.deliver(SECOND, "Id\n")
    company.land()
    assert accounts(company, "Id, is_current") == [("1", False)]


def test_delivery_order_sorts_by_name_and_full_before_changes(company):
    names = [
        "2026-11-20",
        "2026-11-20 (2)",
        "2026-11-20-a",
        "2026-11-20T0200",
        "2026-11-20T0200b",
        "2026-11-21",
    ]
    company.configure(raw_deliveries_kept=100)
    expected = []
    for name, kind in itertools.product(names, ("full", "changes")):
        company.deliver(f"salesforce/{kind}/{name}/Account.csv", "Id\n1\n")
        expected.append(f"{name} {kind}")
    company.land()
    rows = company.query(
        """
        select _delivery || ' ' || _kind from extracts.salesforce__account as extract
        inner join raw."salesforce__Account" as raw
            on extract.delivery_order[:-3] = raw._delivery
            and extract.delivery_order[-1:] = case when _kind = 'full' then '0' else '1' end
        order by delivery_order
        """
    )
    assert [row[0] for row in rows] == expected


@pytest.mark.parametrize(
    ("rule", "excluded"),
    [
        (exclusion("accounts", "name", "Test Account"), ["1"]),
        (exclusion("Account", "Name", "Test Account", "Bolt"), ["1", "2"]),
        (exclusion("account", "is_deleted", "true", "1"), ["2"]),
        (exclusion("salesforce__account", "Shoe Size", "42"), ["3"]),
        (exclusion("accounts", "Name", "test%", pattern=True), ["1"]),
        (exclusion("accounts", "Name", None), ["4"]),
        (exclusion("accounts", "Name", "O'Neill\"; drop table x"), []),
    ],
    ids=["entity", "list", "snake case", "column of the file", "pattern", "empty", "hostile"],
)
def test_exclusions_give_their_reason(company, rule, excluded):
    company.deliver(
        FIRST,
        "Id,Name,IsDeleted,Shoe Size\n1, Test Account,0,\n2,Bolt,1,\n3,Crux,0,42\n4,,0,\n",
    )
    company.exclude(rule)
    company.land()
    assert company.query(
        "select Id from extracts.salesforce__account "
        "where exclusion_reason = 'test data' order by Id"
    ) == [(row,) for row in excluded]


def test_the_first_exclusion_gives_the_reason(company):
    company.deliver(FIRST, "Id,Name\n1,Test\n")
    first = exclusion("accounts", "id", "1")
    object.__setattr__(first, "reason", "it's first")
    company.exclude(first, exclusion("accounts", "name", "Test"))
    company.land()
    assert accounts(company, "exclusion_reason") == [("it's first",)]


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (
            exclusion("acounts", "name", "x"),
            r"line 3: unknown object 'acounts'.*accounts, contacts",
        ),
        (exclusion("accounts", "nam", "x"), r"line 3: accounts has no column 'nam'.*Name, OwnerId"),
    ],
)
def test_exclusions_of_unknown_things_list_what_exists(company, rule, message):
    company.deliver(FIRST, "Id,Name\n1,Test\n")
    company.exclude(rule)
    with pytest.raises(UsageError, match=message):
        company.land()


# Settings


def test_settings_have_defaults_and_the_date_of_the_newest_crm_delivery(company):
    company.deliver(FIRST, ACCOUNTS)
    company.deliver("salesforce-emea/changes/2026-11-14T0200/Account.csv", ACCOUNTS)
    company.deliver("flat/full/2026-12-31/reps.csv", "rep_id,name\nr1,Ann\n")
    assert company.land().as_of_date == dt.date(2026, 11, 14)
    [row] = company.query(
        "select is_demo, as_of_date, reporting_currency, business_timezone, "
        "fiscal_year_start_month, customer_active_months, lead_response_sla_hours, "
        "add_campaign_costs, earliest_date from raw.settings"
    )
    assert row == (
        *(False, dt.date(2026, 11, 14), "USD", "UTC"),
        *(1, 12, 24.0, False, dt.date(1990, 1, 1)),
    )


def test_without_a_crm_the_newest_delivery_gives_the_date(company):
    company.deliver("flat/full/2026-12-31/reps.csv", "rep_id,name\nr1,Ann\n")
    assert company.land().as_of_date == dt.date(2026, 12, 31)


def test_settings_and_maps_are_written_at_each_landing(company):
    company.deliver(FIRST, ACCOUNTS)
    company.land()
    assert company.query("from raw.config_stages") == []
    company.configure(as_of_date=dt.date(2017, 12, 31), company_name="O'Neill")
    company.settings.maps["stages"] = (("Won", None, None, True, None),)
    company.land()
    assert company.query("select as_of_date, company_name from raw.settings") == [
        (dt.date(2017, 12, 31), "O'Neill")
    ]
    assert company.query("from raw.config_stages") == [("Won", None, None, True, None)]


def test_progress_and_report_name_each_file(company):
    company.deliver(FIRST, ACCOUNTS)
    said = []
    found = landing.scan(company.settings, company.contract)
    with company.warehouse() as con:
        report = landing.land(con, company.settings, company.contract, found, said.append)
    assert said == [FIRST]
    [file] = report.files
    assert (file.source, file.object, file.rows, file.rejected, file.status) == (
        *("salesforce", "Account", 2, 0),
        "new",
    )


def test_good_files_land_though_others_are_refused(company):
    company.deliver(FIRST, "")
    company.deliver(SECOND, ACCOUNTS)
    with pytest.raises(RefreshError):
        company.land()
    assert len(accounts(company)) == 2


def test_a_file_that_is_replaced_may_have_more_columns(company):
    company.deliver("flat/full/2026-11-13/reps.csv", "rep_id,name\n1,Ann\n")
    company.land()
    company.deliver("flat/full/2026-11-13/reps.csv", "rep_id,name,shoe_size\n1,Ann,38\n2,Bo,44\n")
    company.land()
    assert company.query("select rep_id, shoe_size from raw.flat__reps order by 1") == [
        ("1", "38"),
        ("2", "44"),
    ]


def test_changes_with_fewer_columns_leave_the_others_as_they_were(company):
    id_15, id_18 = "001000000000001", "001000000000001AAA"
    company.deliver(
        "salesforce/full/2026-11-20/Account.csv",
        f"Id,Name,AnnualRevenue,OwnerId\n{id_18},Acme,5,o1\n001000000000002AAA,Bolt,7,\n",
    )
    company.deliver("salesforce/changes/2026-11-21/Account.csv", f"ID,NAME\n{id_15},Acme Ltd\n")
    # Told as empty is empty, also for those that tell nothing of it later.
    company.deliver("salesforce/changes/2026-11-22/Account.csv", f"Id,AnnualRevenue\n{id_18},\n")
    company.deliver("salesforce/changes/2026-11-23/Account.csv", f"Id,OwnerId\n{id_18},o2\n")
    company.land()
    rows = company.query(
        """
        select left(delivery_order, 10), name, annualrevenue, ownerid
        from extracts.salesforce__account where id like '%1%' and id not like '%2%'
        order by delivery_order
        """
    )
    assert rows == [
        ("2026-11-20", "Acme", "5", "o1"),
        ("2026-11-21", "Acme Ltd", "5", "o1"),
        ("2026-11-22", "Acme Ltd", None, "o1"),
        ("2026-11-23", "Acme Ltd", None, "o2"),
    ]
