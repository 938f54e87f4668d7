"""Foreign exports by mapping: what the views make of them, and what is said of a wrong mapping."""

from __future__ import annotations

import textwrap
from dataclasses import replace

import duckdb
import pytest

from orchestration.check import check
from orchestration.contract import Column, Contract, Table
from orchestration.errors import RefreshError, UsageError
from orchestration.settings import Settings
from tests.unit.landing_company import CONTRACT, Company

DEALS = Table(
    connector="flat",
    name="deals",
    identifier="flat__deals",
    object="deals",
    entity="opportunities",
    key=("deal_id",),
    columns=(
        Column("deal_id", required=True),
        Column("stage", required=True),
        Column("name"),
        Column("amount", "decimal"),
        Column("share", "decimal"),
        Column("currency"),
        Column("created_at", "instant"),
        Column("end_date", "date"),
        Column("is_big", "boolean"),
    ),
)
DELIVERY = "flat/full/2026-01-05"


@pytest.fixture
def company(tmp_path) -> Company:
    company = Company(tmp_path)
    company.contract = Contract((*CONTRACT.tables, DEALS))
    return company


@pytest.fixture
def configure(company, tmp_path):
    """Gives the company a configuration file."""

    def configure(text: str) -> None:
        path = tmp_path / "config.yml"
        path.write_text(textwrap.dedent(text))
        settings = Settings.load({"SALES_KPIS_CONFIG": str(path)})
        company.settings = replace(
            company.settings,
            config_path=path,
            mappings=settings.mappings,
            exclusions=settings.exclusions,
            values=settings.values,
        )

    return configure


def deals(company: Company, *columns: str) -> list[tuple]:
    names = ", ".join(columns)
    return company.query(f"select {names} from extracts.flat__deals order by file, row_number")


def test_a_foreign_file_is_read_under_our_columns(company, configure):
    configure("""
        flat:
          deals:
            file: sales_pipeline.csv
            columns: {deal_id: Opportunity Nr, stage: deal_stage}
            constants: {currency: USD}
    """)
    company.deliver(
        f"{DELIVERY}/sales_pipeline.csv",
        "Opportunity Nr,deal_stage,amount,unused\n1,Won,10,x\n2, Open ,,y\n",
    )
    company.land()
    assert deals(company, "deal_id", "stage", "amount", "currency") == [
        ("1", "Won", "10", "USD"),
        ("2", "Open", None, "USD"),
    ]
    assert company.query("select object, entity, rows_landed from raw.object_files") == [
        ("deals", "opportunities", 2)
    ]


def test_raw_keeps_the_file_under_its_own_names(company, configure):
    configure("flat: {deals: {file: p.csv, columns: {deal_id: Nr, stage: S}}}")
    company.deliver(f"{DELIVERY}/p.csv", "Nr,S,Other\n1,Won,x\n")
    company.land()
    assert company.query('select "Nr", "S", "Other" from raw.flat__p') == [("1", "Won", "x")]


def test_a_changed_mapping_lands_nothing_anew(company, configure):
    company.deliver(f"{DELIVERY}/p.csv", "Nr,S,T\n1,Won,Lost\n")
    configure("flat: {deals: {file: p.csv, columns: {deal_id: Nr, stage: S}}}")
    company.land()
    configure("flat: {deals: {file: p.csv, columns: {deal_id: Nr, stage: T}}}")
    report = company.land()
    assert [file.status for file in report.files] == ["unchanged"]
    assert deals(company, "stage") == [("Lost",)]


def test_the_first_of_a_list_that_is_filled_counts_if_its_condition_holds(company, configure):
    configure("""
        flat:
          deals:
            columns:
              deal_id: Nr
              end_date: [Actual Close, Est. Close]
              stage: [{Status: {when: {Status: [Won, Lost]}}}, Sales Stage]
    """)
    company.deliver(
        f"{DELIVERY}/deals.csv",
        "Nr,Actual Close,Est. Close,Status,Sales Stage\n"
        "1,2026-01-02,2026-01-09,won,Demo\n"
        "2,,2026-01-09,Open,Demo\n",
    )
    company.land()
    assert deals(company, "end_date", "stage") == [("2026-01-02", "won"), ("2026-01-09", "Demo")]


def test_a_template_puts_columns_together(company, configure):
    configure("""
        flat: {deals: {columns: {deal_id: "{Org}/{Nr}", stage: S, name: "{First} {Last}"}}}
    """)
    company.deliver(
        f"{DELIVERY}/deals.csv", "Org,Nr,S,First,Last\nA,1,Won,Ann,Lee\nB,2,Won,,Ray\nC,3,Won,,\n"
    )
    company.land()
    assert deals(company, "deal_id", "name") == [("A/1", "Ann Lee"), ("B/2", "Ray"), ("C/3", None)]


def test_an_id_that_is_mapped_to_nothing_is_made_of_the_content(company, configure):
    configure("flat: {deals: {columns: {deal_id: ~, stage: S}}}")
    company.deliver(f"{DELIVERY}/deals.csv", "S,amount\nWon,1\nWon,1\nWon,2\n")
    company.deliver("flat/full/2026-01-12/deals.csv", "S,amount\nWon,2\nWon,1\nWon,1\n")
    company.land()
    rows = company.query("select deal_id, amount, delivery_order from extracts.flat__deals")
    first = sorted(row[:2] for row in rows if row[2].startswith("2026-01-05"))
    second = sorted(row[:2] for row in rows if row[2].startswith("2026-01-12"))
    assert len(set(first)) == 3, "the same row twice counts twice"
    assert first == second, "the same rows are the same records in the next delivery"


def test_values_are_translated(company, configure):
    configure("""
        flat:
          deals:
            columns: {deal_id: Nr, stage: S, is_big: Size}
            values:
              stage: {GTXPro: GTX Pro, "~demo": Demo, "*": Other}
              is_big: {Large: true, Small: false}
    """)
    company.deliver(
        f"{DELIVERY}/deals.csv",
        "Nr,S,Size\n1,GTXPro,Large\n2,A DEMO again,Small\n3,else,\n",
    )
    company.land()
    assert deals(company, "stage", "is_big") == [
        ("GTX Pro", "true"),
        ("Demo", "false"),
        ("Other", None),
    ]


@pytest.mark.parametrize(
    ("formats", "text", "expected"),
    [
        ("money", "$1,117.10K", 1117100),
        ("money", "(342.09)", -342.09),
        ("money", "€ 2.5M", 2500000),
        ("money", "-1,000", -1000),
        ("money", "USD 12", 12),
        ("money", "100 kr", 100),
        ("money", "5 MXN", 5),
        ("money", "500 US-$", 500),
        ("money", "-$5", -5),
        ("money", "5-", -5),
        ("money", "\u22125", -5),
        ("money", "\u20131,000.50 €", -1000.5),
        ("decimal_comma", "\u22121,5", -1.5),
        ("money", "CHF 1'234.50", 1234.5),
        ("[money, decimal_comma]", "1\u202f234,50\u00a0€", 1234.5),
        ("[percent, decimal_comma]", "1\u00a0250,5 %", 12.505),
        ("[money, decimal_comma]", "1.234,50 €", 1234.5),
        ("decimal_comma", "1.234,50", 1234.5),
        ("percent", "12.5 %", 0.125),
        ("percent", "7", 0.07),
        ("cents", "4900", 49),
        ("[money, per_year]", "$1,200.00", 100),
        ("seconds", "90", 1.5),
    ],
)
def test_numbers_in_stated_formats(company, configure, formats, text, expected):
    configure(f"""
        flat:
          deals: {{columns: {{deal_id: Nr, stage: S, amount: A}}, formats: {{amount: {formats}}}}}
    """)
    company.deliver(f"{DELIVERY}/deals.csv", f'Nr;S;A\n1;Won;"{text}"\n')
    company.land()
    [(amount,)] = deals(company, "amount::double")
    assert amount == pytest.approx(expected, abs=1e-9)


def test_a_number_without_a_stated_format_is_listed_and_unknown(company, configure):
    configure("flat: {deals: {columns: {deal_id: Nr, stage: S, amount: A}}}")
    company.deliver(f"{DELIVERY}/deals.csv", 'Nr,S,A\n1,Won,"1,234"\n2,Won,7\n')
    company.land()
    assert company.query(
        "select object, row_number, column_name, value, reason from raw.all_cast_failures"
    ) == [("deals", 1, "amount", "1,234", "not a plain number")]


def test_dates_in_stated_formats_are_tried_in_order(company, configure):
    configure("""
        flat:
          deals:
            columns: {deal_id: Nr, stage: S, created_at: C, end_date: E}
            formats: {created_at: ["%d %b, %Y %H:%M:%S", "%d-%m-%Y"], end_date: "%m/%d/%Y"}
    """)
    company.deliver(
        f"{DELIVERY}/deals.csv",
        'Nr,S,C,E\n1,Won,"15 Apr, 2021 00:03:00",4/5/2021\n2,Won,31-12-2020,13/13/2021\n',
    )
    company.land()
    assert deals(company, "created_at") == [("2021-04-15T00:03:00",), ("2020-12-31",)]
    assert deals(company, "end_date")[0] == ("2021-04-05",)
    assert company.query("select row_number, value from raw.all_cast_failures") == [
        (2, "13/13/2021")
    ]


def test_where_takes_some_rows_and_counts_the_others_as_filtered(company, configure):
    configure("""
        flat:
          deals:
            columns: {deal_id: Nr, stage: S}
            where: {Parent: not empty, S: [Completed, open]}
    """)
    company.deliver(
        f"{DELIVERY}/deals.csv", "Nr,S,Parent\n1,Completed,p\n2,Open,p\n3,Open,\n4,Gone,p\n"
    )
    company.land()
    assert deals(company, "deal_id") == [("1",), ("2",)]
    assert company.query(
        "select rows_in_file, rows_filtered, rows_landed, rows_rejected from raw.object_files"
    ) == [(4, 2, 2, 0)]


def test_listed_texts_are_empty(company, configure):
    configure("""
        flat: {deals: {columns: {deal_id: Nr, stage: S}, nulls: ["null", "N/A"]}}
    """)
    company.deliver(f"{DELIVERY}/deals.csv", "Nr,S,amount\n1,Won,null\n2,Won,N/A\n")
    company.land()
    assert deals(company, "amount") == [(None,), (None,)]


def test_an_end_date_may_be_the_first_day_without(company, configure):
    configure("""
        flat: {deals: {columns: {deal_id: Nr, stage: S, end_date: E}, end_date_is: exclusive}}
    """)
    company.deliver(f"{DELIVERY}/deals.csv", "Nr,S,E\n1,Won,2026-03-01\n2,Won,\n")
    company.land()
    assert deals(company, "end_date") == [("2026-02-28",), (None,)]


def test_encoding_and_delimiter_are_as_stated(company, configure):
    configure("""
        flat:
          deals: {columns: {deal_id: Nr, stage: S}, encoding: iso-8859-1, delimiter: "|"}
    """)
    company.deliver(f"{DELIVERY}/deals.csv", "Nr|S\n1|gewählt, ja\n".encode("latin-1"))
    company.land()
    assert deals(company, "stage") == [("gewählt, ja",)]


def test_several_files_make_an_object_and_several_objects_come_from_a_file(company, configure):
    configure("""
        flat:
          deals:
            - {file: east.csv, columns: {deal_id: Nr, stage: S}, constants: {name: east}}
            - {file: west.csv, columns: {deal_id: Id, stage: State}, constants: {name: west}}
          reps: {file: east.csv, columns: {rep_id: Rep, name: Rep}}
    """)
    company.deliver(f"{DELIVERY}/east.csv", "Nr,S,Rep\n1,Won,Ann\n")
    company.deliver(f"{DELIVERY}/west.csv", "Id,State\n2,Lost\n")
    company.land()
    assert deals(company, "deal_id", "stage", "name") == [
        ("1", "Won", "east"),
        ("2", "Lost", "west"),
    ]
    assert company.query("select rep_id, name from extracts.flat__reps") == [("Ann", "Ann")]


def test_an_objects_own_file_that_another_mapping_reads_too_still_holds_it(company, configure):
    configure("flat: {deals: {file: reps.csv, columns: {deal_id: rep_id, stage: name}}}")
    company.deliver(f"{DELIVERY}/reps.csv", "rep_id,name\n1,Ann\n")
    company.land()
    assert deals(company, "stage") == [("Ann",)]
    assert company.query("select name from extracts.flat__reps") == [("Ann",)]


def test_rows_that_lack_a_starred_cell_are_rejected_with_the_reason(company, configure):
    configure("flat: {deals: {columns: {deal_id: Nr, stage: S}}}")
    rows = "".join(f"{number},Won\n" for number in range(2, 40))
    company.deliver(f"{DELIVERY}/deals.csv", f"Nr,S\n1,\n{rows}")
    company.land()
    assert len(deals(company, "deal_id")) == 38
    assert company.query(
        "select file, object, row_number, column_name, reason from raw.all_rejected_rows"
    ) == [("deals.csv", "deals", 1, "stage", "stage is required but empty")]
    assert company.query("select rows_landed, rows_rejected from raw.object_files") == [(38, 1)]


def test_a_file_of_which_too_much_would_be_rejected_fails_the_run(company, configure):
    configure("flat: {deals: {columns: {deal_id: Nr, stage: S}}}")
    company.deliver(f"{DELIVERY}/deals.csv", "Nr,S\n1,\n2,\n3,Won\n")
    with pytest.raises(RefreshError) as error:
        company.land()
    assert "as deals, 2 of 3 rows would be rejected" in str(error.value)
    assert "config.yml, line 1" in str(error.value)


def test_an_exclusion_may_name_our_column_or_theirs(company, configure):
    configure("""
        flat: {deals: {columns: {deal_id: Nr, stage: S}}}
        exclusions:
          - {object: deals, column: stage, equals: Test, reason: ours}
          - {object: deals, column: Flag, equals: x, reason: theirs}
    """)
    company.deliver(f"{DELIVERY}/deals.csv", "Nr,S,Flag\n1,Test,\n2,Won,x\n3,Won,\n")
    company.land()
    assert deals(company, "exclusion_reason") == [("ours",), ("theirs",), (None,)]


def test_a_second_org_has_the_mapping_of_its_connector_or_its_own(company, configure):
    configure("""
        salesforce: {Account: {columns: {Name: Firm}}}
        salesforce-emea: {Account: {columns: {Name: Firma}}}
    """)
    company.deliver("salesforce/full/2026-01-05/Account.csv", "Id,Firm\n1,Acme\n")
    company.deliver("salesforce-emea/full/2026-01-05/Account.csv", "Id,Firma\n2,Muster\n")
    company.deliver("salesforce-apac/full/2026-01-05/Account.csv", "Id,Firm\n3,Koala\n")
    company.land()
    rows = company.query("select source, Name from extracts.salesforce__account order by 1")
    assert rows == [
        ("salesforce", "Acme"),
        ("salesforce-apac", "Koala"),
        ("salesforce-emea", "Muster"),
    ]


def test_a_mapped_file_may_lie_in_an_archive(company, configure):
    configure("salesforce: {Account: {file: Firms.csv, columns: {Name: Firm}}}")
    company.deliver_zip("salesforce/full/2026-01-05/WE_1.ZIP", {"Firms.csv": "Id,Firm\n1,Acme\n"})
    company.land()
    assert company.query("select Id, Name from extracts.salesforce__account") == [("1", "Acme")]


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        (
            "flat:\n  deals:\n    columns: {deal_id: Nr, stage: Stage}\n",
            ["line 3", "no column 'Stage'", "it has Nr, S"],
        ),
        (
            "flat:\n  deals:\n    columns: {deal_id: Nr}\n",
            ["line 2", "deals needs stage", "it has Nr, S"],
        ),
        (
            "flat:\n  deals:\n    columns: {deal_id: Nr, stage: S, price: S}\n",
            ["line 2", "flat deals has no column 'price'", "amount"],
        ),
        ("flat:\n  dels: {}\n", ["line 2", "flat has no object 'dels'", "deals"]),
        (
            "flat:\n  deals:\n    columns: {deal_id: Nr, stage: S}\n    where: {Gone: x}\n",
            ["line 4", "no column 'Gone'"],
        ),
        (
            "flat:\n  deals: {columns: {deal_id: Nr, stage: S}, delimiter: ';'}\n"
            "  reps: {file: deals.csv, columns: {rep_id: Nr, name: S}, delimiter: tab}\n",
            ["line 3", "a file has one"],
        ),
    ],
)
def test_a_wrong_mapping_is_told_with_its_line_and_the_files_header(
    company, configure, text, messages
):
    company.deliver(f"{DELIVERY}/deals.csv", "Nr,S\n1,Won\n")
    configure(text)
    with pytest.raises(UsageError) as error:
        company.land()
    for message in messages:
        assert message in str(error.value)


def test_names_and_values_of_files_never_run_as_sql(company, configure):
    hostile = 'x"; drop table raw.files; --'
    configure(f"""
        flat:
          deals:
            columns: {{deal_id: Nr, stage: '{hostile}'}}
            values: {{stage: {{"it's": "'); drop table raw.files; --"}}}}
            nulls: ["'; --"]
    """)
    header = hostile.replace('"', '""')
    company.deliver(f"{DELIVERY}/deals.csv", f'Nr,"{header}"\n1,it\'s\n')
    company.land()
    assert deals(company, "stage") == [("'); drop table raw.files; --",)]


@pytest.mark.parametrize("text", ["€ 12.500,00", "1.200,50", "1,23", "12,500,0", "0,500"])
def test_money_in_the_other_notation_is_listed_and_never_a_thousandth(company, configure, text):
    configure("""
        flat: {deals: {columns: {deal_id: Nr, stage: S, amount: A}, formats: {amount: money}}}
    """)
    company.deliver(f"{DELIVERY}/deals.csv", f'Nr;S;A\n1;Won;"{text}"\n')
    company.land()
    [(value, reason)] = company.query("select value, reason from raw.all_cast_failures")
    assert value == text
    assert reason == "not money, the formats given, nor a plain number"


@pytest.mark.parametrize("wrong", ["monney", "dd/mm/yyyy"])
def test_a_format_that_is_none_is_told_with_its_line(configure, wrong):
    with pytest.raises(UsageError, match=f"line 3: .*'{wrong}' is no format; use money, "):
        configure(f"flat:\n  deals:\n    formats: {{amount: {wrong}}}\n")


def test_a_misspelt_file_is_told_with_the_one_that_is_there(company, configure):
    configure("flat:\n  deals: {file: sales_team.csv, columns: {deal_id: Nr, stage: S}}\n")
    company.deliver(f"{DELIVERY}/sales_teams.csv", "Nr,S\n1,Won\n")
    company.deliver(f"{DELIVERY}/reps.csv", "rep_id,name\n1,Ann\n")
    with pytest.raises(UsageError) as error:
        company.land()
    assert "line 2: deals reads sales_team.csv, which no delivery holds" in str(error.value)
    assert "is it sales_teams.csv?" in str(error.value)


def test_a_mapped_file_that_is_not_there_is_noted(company, configure):
    configure("flat:\n  deals: {file: other.csv, columns: {deal_id: Nr, stage: S}}\n")
    company.deliver(f"{DELIVERY}/reps.csv", "rep_id,name\n1,Ann\n")
    report = company.land()
    assert any("deals reads other.csv, which no delivery holds" in note for note in report.notes)


def test_a_plain_number_of_the_other_notation_is_listed(company, configure):
    configure("""
        flat:
          deals: {columns: {deal_id: Nr, stage: S, amount: A}, formats: {amount: decimal_comma}}
    """)
    company.deliver(f"{DELIVERY}/deals.csv", "Nr;S;A\n1;Won;1.5\n2;Won;1,5\n")
    company.land()
    assert company.query("select row_number from raw.all_cast_failures") == [(1,)]


def test_every_file_that_counts_must_have_the_mapped_columns(company, configure):
    configure("flat:\n  deals:\n    columns: {deal_id: Nr, stage: S, amount: Value}\n")
    company.deliver(f"{DELIVERY}/deals.csv", "Nr,S,Value\n1,Won,5\n")
    company.deliver("flat/full/2026-01-12/deals.csv", "Nr,S,Amount EUR\n1,Won,5\n")
    with pytest.raises(UsageError) as error:
        company.land()
    assert "line 3: flat/full/2026-01-12/deals.csv has no column 'Value'" in str(error.value)
    assert "it has Nr, S, Amount EUR" in str(error.value)
    assert "2026-01-05" not in str(error.value), "a full delivery that is replaced may lack it"


def test_made_ids_differ_between_files_and_between_mappings_of_one_file(company, configure):
    configure("""
        flat:
          deals:
            - {file: jan.csv, columns: {deal_id: ~, stage: S}}
            - {file: feb.csv, columns: {deal_id: ~, stage: S}}
            - {file: feb.csv, columns: {deal_id: ~, stage: T}}
    """)
    company.deliver(f"{DELIVERY}/jan.csv", "S,T\nWon,Lost\nWon,Lost\n")
    company.deliver(f"{DELIVERY}/feb.csv", "S,T\nWon,Lost\n")
    company.land()
    ids = [deal for (deal,) in deals(company, "deal_id")]
    assert len(ids) == len(set(ids)) == 4


def test_blank_rows_are_none(company, configure):
    configure("""
        flat: {deals: {columns: {deal_id: ~, amount: A}, constants: {stage: Won}}}
    """)
    company.deliver(f"{DELIVERY}/deals.csv", "A,B\n5,\n,\n, \n")
    company.land()
    assert deals(company, "amount") == [("5",)]


def test_an_empty_cell_may_be_asked_for(company, configure):
    configure("""
        flat: {deals: {columns: {deal_id: Nr, stage: S}, where: {Arch: ["no", ""]}}}
    """)
    company.deliver(f"{DELIVERY}/deals.csv", "Nr,S,Arch\n1,Won,no\n2,Won,\n3,Won,yes\n")
    company.land()
    assert deals(company, "deal_id") == [("1",), ("2",)]


def test_what_is_mapped_to_nothing_is_empty(company, configure):
    configure("""
        flat:
          deals:
            columns: {deal_id: Nr, stage: S, name: ~}
            constants: {currency: ""}
            values: {stage: {Open: Prospecting}, amount: {"0": ""}}
    """)
    company.deliver(f"{DELIVERY}/deals.csv", "Nr,S,amount,name\n1,Open,0,x\n")
    company.land()
    assert deals(company, "stage", "name", "currency", "amount") == [
        ("Prospecting", None, None, None)
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("formats: {created_at: '%Q'}", "'%Q' is no date format"),
        ("where: {Arch: []}", "Arch has no value to compare with"),
    ],
)
def test_what_cannot_be_compiled_is_told_with_its_line(configure, text, message):
    with pytest.raises(UsageError, match=f"line 3: .*{message}"):
        configure(f"flat:\n  deals:\n    {text}\n")


def test_an_export_whose_name_carries_its_date_is_found_by_a_pattern(company, configure):
    configure("flat: {deals: {file: 'Deals (all) *.csv', columns: {deal_id: Nr, stage: S}}}")
    company.deliver(f"{DELIVERY}/Deals (all) 2026-01-05.csv", "Nr,S\n1,Open\n2,Open\n")
    company.deliver("flat/full/2026-01-12/deals (ALL) 2026-01-12.csv", "Nr,S\n1,Won\n")
    company.land()
    current = company.query("select deal_id, stage from extracts.flat__deals where is_current")
    assert current == [("1", "Won")]


def test_a_pattern_takes_the_parts_of_a_delivery_and_a_full_name_goes_before_it(company, configure):
    configure("""
        flat:
          deals:
            - {file: deals-*.csv, columns: {deal_id: Nr, stage: S}}
            - {file: deals-old.csv, columns: {deal_id: Id, stage: S}}
    """)
    for name, header, nr in (("1", "Nr", "1"), ("2", "Nr", "2"), ("old", "Id", "3")):
        company.deliver(f"{DELIVERY}/deals-{name}.csv", f"{header},S\n{nr},Won\n")
    company.land()
    assert sorted(deals(company, "deal_id")) == [("1",), ("2",), ("3",)]


def test_an_objects_own_file_beside_a_mapped_one_is_not_passed_over(company, configure):
    configure("flat: {deals: {file: pipeline.csv, columns: {deal_id: Nr, stage: S}}}")
    company.deliver(f"{DELIVERY}/pipeline.csv", "Nr,S\n1,Won\n")
    own = company.deliver(f"{DELIVERY}/deals.csv", "deal_id,stage\n2,Won\n")
    with pytest.raises(
        RefreshError, match=r"deals\.csv would be passed over: .*line 1 reads deals"
    ):
        company.land()
    configure("""
        flat:
          deals: [{file: pipeline.csv, columns: {deal_id: Nr, stage: S}}, {file: deals.csv}]
    """)
    company.land()
    assert sorted(deals(company, "deal_id")) == [("1",), ("2",)]
    assert own.exists()


def test_a_change_that_where_leaves_out_ends_its_record(company, configure):
    configure("flat: {deals: {columns: {deal_id: Nr, stage: S}, where: {Kind: Deal}}}")
    company.deliver(f"{DELIVERY}/deals.csv", "Nr,S,Kind\n1,Open,Deal\n2,Open,Deal\n")
    company.deliver("flat/changes/2026-01-06/deals.csv", "Nr,S,Kind\n1,Open,Test\n9,Open,Test\n")
    company.land()
    query = """
        select deal_id, is_current from extracts.flat__deals
        qualify row_number() over (partition by deal_id order by delivery_order desc) = 1
        order by deal_id
    """
    assert company.query(query) == [("1", False), ("2", True)]
    company.deliver("flat/changes/2026-01-07/deals.csv", "Nr,S,Kind\n1,Won,Deal\n")
    company.land()
    assert company.query(query) == [("1", True), ("2", True)]


def test_an_exclusive_end_needs_an_end_date(company, configure):
    configure("flat: {costs: {end_date_is: exclusive}}")
    company.deliver("flat/full/2026-01-05/costs.csv", "month,amount\n2026-01,5\n")
    with pytest.raises(UsageError, match=r"line 1: .*costs has none"):
        company.land()


def test_an_instant_in_a_column_of_days_is_the_day_where_the_business_is(company, configure):
    configure("""
        settings: {business_timezone: America/Chicago}
        flat:
          deals:
            columns: {deal_id: Nr, stage: S, end_date: Closed}
            formats: {end_date: "%d.%m.%Y %H:%M %z"}
    """)
    company.deliver(f"{DELIVERY}/deals.csv", "Nr,S,Closed\n1,Won,01.02.2026 03:00 +0000\n")
    company.land()
    assert deals(company, "end_date") == [("2026-01-31",)]


def test_listed_texts_are_empty_in_exclusions_too(company, configure):
    configure("""
        flat: {deals: {columns: {deal_id: Nr, stage: S}, nulls: [n/a]}}
        exclusions: [{object: deals, column: Partner, equals: "", reason: no partner}]
    """)
    company.deliver(f"{DELIVERY}/deals.csv", "Nr,S,Partner\n1,Won,n/a\n2,Won,Hoch\n")
    company.land()
    assert deals(company, "deal_id", "exclusion_reason") == [("1", "no partner"), ("2", None)]


def test_a_parquet_file_of_a_mapping_with_an_encoding_is_read_as_it_is(company, configure):
    configure("flat: {deals: {file: d.*, columns: {deal_id: Nr, stage: S}, encoding: latin-1}}")
    path = company.deliver(f"{DELIVERY}/d.parquet", "")
    duckdb.execute(
        "copy (select '1' as \"Nr\", 'Zürich' as \"S\") to ? (format parquet)", [str(path)]
    )
    company.land()
    assert deals(company, "stage") == [("Zürich",)]


def test_what_stands_above_the_header_is_passed_over_and_lines_are_those_of_the_file(
    company, configure
):
    configure("""
        flat: {deals: {file: r.csv, columns: {deal_id: Nr, stage: S}, header_line: 4}}
    """)
    company.deliver(f"{DELIVERY}/r.csv", "Report: Deals\nBy: Ann\n\nNr,S\n1,Won\n2,Won,x\n3,Open\n")
    company.land()
    assert deals(company, "deal_id", "stage") == [("1", "Won"), ("3", "Open")]
    assert company.query("select row_number, line_number from raw.all_rejected_rows") == [(2, 6)]


def test_the_line_of_excel_that_names_the_separator_is_no_header(company):
    company.deliver(
        f"{DELIVERY}/deals.csv", "\ufeffsep=;\r\ndeal_id;stage\r\n1;Won\r\n2\r\n3;Won\r\n"
    )
    company.land()
    assert deals(company, "deal_id") == [("1",), ("3",)]
    assert company.query("select row_number, line_number from raw.all_rejected_rows") == [(2, 4)]


def test_a_header_line_behind_the_end_is_told(company, configure):
    configure("flat: {deals: {columns: {deal_id: Nr, stage: S}, header_line: 9}}")
    company.deliver(f"{DELIVERY}/deals.csv", "Nr,S\n1,Won\n")
    with pytest.raises(RefreshError, match="the header is to be in line 9, but the file ends"):
        company.land()


def test_a_label_that_a_report_repeats_is_told_apart(company, configure):
    configure("""
        flat: {deals: {columns: {deal_id: Nr, stage: S, name: Name, currency: name (2)}}}
    """)
    company.deliver(f"{DELIVERY}/deals.csv", "Nr,S,Name,Name\n1,Won,Acme,EUR\n")
    company.land()
    assert deals(company, "name", "currency") == [("Acme", "EUR")]


def test_times_without_a_zone_are_of_the_stated_one(company, configure):
    configure("""
        flat:
          deals:
            columns: {deal_id: Nr, stage: S, created_at: T}
            formats: {created_at: ["%d.%m.%Y %H:%M", "%d.%m.%Y %H:%M %z"]}
            timezone: Europe/Berlin
    """)
    company.deliver(
        f"{DELIVERY}/deals.csv",
        "Nr,S,T\n1,Won,05.01.2025 00:30\n2,Won,05.07.2025 00:30\n3,Won,05.07.2025 00:30 +0000\n"
        "4,Won,2025-07-05T10:00:00Z\n5,Won,2025-07-05\n6,Won,2025-07-05 10:00\n",
    )
    company.land()
    assert deals(company, "created_at") == [
        ("2025-01-04T23:30:00Z",),
        ("2025-07-04T22:30:00Z",),
        ("2025-07-05T00:30:00Z",),
        ("2025-07-05T10:00:00Z",),
        ("2025-07-05",),
        ("2025-07-05T08:00:00Z",),
    ]


@pytest.mark.parametrize(
    "text", ["10 kEUR", "$2bn", "1.5 Mio €", "5 TEUR", "3 mil", "2 Cr", "4 MIO"]
)
def test_an_unknown_unit_is_listed_and_never_taken_for_one(company, configure, text):
    configure(
        "flat: {deals: {columns: {deal_id: Nr, stage: S, amount: A}, formats: {amount: money}}}"
    )
    company.deliver(f"{DELIVERY}/deals.csv", f"Nr;S;A\n1;Won;{text}\n")
    company.land()
    assert company.query("select value from raw.all_cast_failures") == [(text,)]


def test_fractions_of_seconds_stay_and_short_years_fit_the_short_format(company, configure):
    configure("""
        flat:
          deals:
            columns: {deal_id: Nr, stage: S, created_at: T, end_date: D}
            formats: {end_date: ["%d/%m/%Y", "%d/%m/%y"]}
            timezone: Europe/Berlin
    """)
    company.deliver(f"{DELIVERY}/deals.csv", "Nr,S,T,D\n1,Won,2025-01-05 10:00:00.100,15/01/25\n")
    company.land()
    assert deals(company, "created_at", "end_date") == [
        ("2025-01-05T09:00:00.100000Z", "2025-01-15")
    ]


def test_a_mapped_file_that_is_refused_is_not_told_as_missing(company, configure):
    configure("flat: {deals: {file: d.csv, columns: {deal_id: Nr, stage: S}}}")
    company.deliver(f"{DELIVERY}/d.csv", "<html>")
    company.deliver("flat/full/2026-01-05/costs.csv", "month,amount\n2026-01,5\n")
    said = []
    check(company.settings, company.contract, said.append)
    assert not any("no delivery holds" in line for line in said)


def test_what_a_mapping_finds_is_told_with_its_line(company, configure):
    configure("""
        settings: {max_reject_share: 0.9}
        flat: {deals: {file: r.csv, columns: {deal_id: Nr, stage: S, amount: A}, header_line: 2}}
    """)
    company.deliver(f"{DELIVERY}/r.csv", "Deals\nNr,S,A\n1,Won,5\n2,,5\n3,Won,x\n")
    company.land()
    found = "select row_number, line_number, column_name from raw.all_{}"
    assert company.query(found.format("rejected_rows")) == [(2, 4, "stage")]
    assert company.query(found.format("cast_failures")) == [(3, 5, "amount")]
