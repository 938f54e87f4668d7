"""What is found in a landing folder, what is left out, and what is a mistake."""

from __future__ import annotations

from dataclasses import replace

import pytest

from orchestration.check import check
from orchestration.contract import load_contract
from orchestration.errors import RefreshError, UsageError
from orchestration.mappings import Choice, Condition, Mapping
from orchestration.scanning import scan
from orchestration.settings import PROJECT_DIR
from tests.unit.landing_company import Company, exclusion


@pytest.fixture
def company(tmp_path):
    return Company(tmp_path)


def found(company):
    return scan(company.settings, company.contract)


PLACE = "salesforce/full/2026-11-20/Account.csv"


def test_files_are_found_in_the_order_of_their_deliveries(company):
    for place in (
        "salesforce/changes/2026-11-20/Account.csv",
        "salesforce/full/2026-11-20T0200 late/deep/er/ACCOUNT.csv.GZ",
        "salesforce/full/2026-11-20/we_1.zip",
        PLACE,
        "salesforce-emea/full/2026-11-19/Contact.parquet",
        "flat/full/2026-11-20/Reps.CSV",
    ):
        company.deliver(place, "x")
    assert [str(file) for file in found(company).files] == [
        "salesforce-emea/full/2026-11-19/Contact.parquet",
        "flat/full/2026-11-20/Reps.CSV",
        PLACE,
        "salesforce/full/2026-11-20/we_1.zip",
        "salesforce/changes/2026-11-20/Account.csv",
        "salesforce/full/2026-11-20T0200 late/deep/er/ACCOUNT.csv.GZ",
    ]


def test_what_is_hidden_or_not_complete_is_left_out(company):
    company.deliver(PLACE, "Id\n1\n")
    expected = found(company)
    for place in (
        "README.md",
        ".git/full/2026-11-20/Account.csv",
        "salesforce/full/2026-11-21.part/Account.csv",
        "salesforce/full/2026-11-20/Contact.csv.part",
        "salesforce/full/2026-11-20/.Contact.csv",
        "salesforce/full/2026-11-20/__MACOSX/Contact.csv",
        "salesforce/full/2026-11-20/more.part/Contact.csv",
        "archive/old.csv",
    ):
        company.deliver(place, "Id\n9\n")
    now = found(company)
    assert now.files == expected.files
    assert now.problems == ()
    assert any("2026-11-21.part" in note for note in now.notes)
    assert any("archive" in note for note in now.notes)


def test_objects_that_no_model_reads_are_noted(company):
    company.deliver(PLACE, "Id\n1\n")
    company.deliver("salesforce/full/2026-11-20/Note.xlsx", "x")
    company.deliver("salesforce/full/2026-11-20/Idea.csv", "Id\n1\n")
    company.deliver("flat/full/2026-11-20/WE_1.ZIP", "x")
    company.deliver("hubspot/full/2026-11-20/tickets.csv", "x")
    now = found(company)
    assert [str(file) for file in now.files] == [PLACE]
    assert now.problems == ()
    assert now.notes == (
        "flat/full/2026-11-20: left out, since no model reads it: WE_1.ZIP",
        "hubspot/full/2026-11-20: left out, since no model reads it: tickets.csv",
        "salesforce/full/2026-11-20: left out, since no model reads them: Idea.csv, Note.xlsx",
    )


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("flat/full/November/reps.csv", "flat/full/November: the name of a delivery folder begins"),
        ("flat/full/2026-13-01/reps.csv", "flat/full/2026-13-01: the name of a delivery folder"),
        ("flat/full/2026-11-201/reps.csv", "flat/full/2026-11-201: the name of a delivery"),
        ("flat/full/reps.csv", "flat/full/reps.csv: a file must lie in a delivery folder"),
        ("flat/2026-11-20/reps.csv", "flat/2026-11-20: deliveries lie under flat/full/"),
        ("Salesforce/full/2026-11-20/Account.csv", "Salesforce: no source is called so"),
        ("sfdc/changes/2026-11-20/Account.csv", "sfdc: no source is called so"),
        ("flat/full/2026-11-20/reps.csv.gz", "reps.csv and reps.csv.gz are the same object"),
        ("flat/full/2026-11-20/a\nb/reps.csv", "a name of unreadable characters"),
    ],
)
def test_a_misplaced_delivery_is_an_error_after_the_good_ones_landed(company, place, message):
    company.deliver("flat/full/2026-11-20/reps.csv", "rep_id,name\nr1,Ann\n")
    company.deliver(place, "rep_id,name\nr2,Bob\n")
    with pytest.raises(RefreshError) as error:
        company.land()
    assert message in str(error.value)
    assert len(company.query("from raw.files")) == 1


def test_links_that_lead_out_of_a_delivery_are_not_followed(company):
    secret = company.root / "secret.csv"
    secret.write_text("Id\nsecret\n")
    path = company.deliver(PLACE, "Id\n1\n")
    path.with_name("Contact.csv").symlink_to(secret)
    [problem] = found(company).problems
    assert "Contact.csv: a link that leads out of its delivery" in problem


def test_a_named_folder_must_exist_and_hold_a_delivery(company):
    with pytest.raises(UsageError, match="no delivery found") as error:
        found(company)
    assert error.value.exit_code == 2
    company.deliver("flat/full/last week/reps.csv", "x")
    with pytest.raises(UsageError, match="last week: the name of a delivery folder"):
        found(company)
    missing = company.root / "missing"
    company.settings = replace(company.settings, landing_dir=missing)
    with pytest.raises(UsageError, match="missing: the landing folder"):
        found(company)


def test_a_landing_folder_that_is_a_file_is_said_to_be_one(company):
    company.settings = replace(company.settings, landing_dir=company.deliver("extracts.csv", "x"))
    with pytest.raises(UsageError, match=r"extracts\.csv: the landing folder is a file"):
        found(company)


@pytest.mark.parametrize(
    ("place", "content"),
    [
        ("salesforce/full/2026-11-20/Idea.csv", "Id\n1\n"),
        ("flat/full/2026-11-20/deals.xlsx", "PK"),
        ("flat/changes/2026-11-20/.hidden.csv", "x"),
    ],
)
def test_deliveries_without_any_extract_are_an_error(company, place, content):
    path = company.deliver(place, content)
    for is_default in (True, False):
        company.settings = replace(company.settings, landing_is_default=is_default)
        with pytest.raises(UsageError, match="no extract found in 1 delivery") as error:
            company.land()
        assert (path.name in str(error.value)) is not path.name.startswith(".")


def test_an_archive_without_any_object_that_is_read_is_an_error(company):
    company.deliver_zip("salesforce/full/2026-11-20/WE_1.ZIP", {"Idea.csv": "Id\n1\n"})
    with pytest.raises(RefreshError, match="nothing to publish"):
        company.land()


def test_the_default_folder_may_be_empty_but_not_hold_mistakes(company):
    company.settings = replace(company.settings, landing_is_default=True)
    company.deliver("README.md", "x")
    assert found(company).deliveries == ()
    company.deliver("flat/full/reps.csv", "rep_id,name\n")
    with pytest.raises(UsageError, match=r"flat/full/reps\.csv"):
        found(company)


def test_check_tells_what_is_there_and_every_problem(company):
    company.deliver(PLACE, "Id,Name,Extra\n1,Acme,x\n2,Bolt,y\n")
    company.deliver("salesforce/full/2026-11-20/Contact.csv", "<html>")
    company.deliver("flat/full/soon/reps.csv", "rep_id,name\n")
    company.exclude(exclusion("accounts", "nam", "x"))
    said = []
    assert check(company.settings, company.contract, said.append) == 2
    text = "\n".join(said)
    assert "As-of date: 2026-11-20" in text
    for part in (
        "Account: 2 rows in 1 file (Account.csv)\n    not used: Extra\n    missing: IsDeleted, ",
        *("Contact.csv: line 1: this is HTML", "flat/full/soon"),
        "line 3: accounts has no column 'nam'",
    ):
        assert part in text
    assert not company.settings.warehouse_path.exists()
    assert list(company.settings.warehouse_path.parent.iterdir()) == []


def test_check_tells_which_metrics_lack_an_extract(company):
    company.deliver("flat/full/2026-11-20/costs.csv", "month,amount\n2026-01,5\n")
    company.deliver("flat/full/2026-11-20/reps.csv", "rep_id,name\n1,Ann\n")
    said = []
    check(company.settings, company.contract, said.append)
    # Three are about the reps alone.
    assert "Metrics: 3 of 82 can be computed." in said
    assert "  without time_log: Selling time" in said


def test_check_tells_what_a_mapping_makes_of_a_file(company):
    mapping = Mapping(
        "flat",
        "reps",
        "team.csv",
        columns=(("rep_id", (Choice("Nr"),)), ("name", (Choice("Who"),))),
    )
    company.settings = replace(company.settings, mappings=(mapping,))
    company.deliver("flat/full/2026-11-20/team.csv", "Nr,Who,Shoe size\n1,Ann,38\n")
    said = []
    assert check(company.settings, company.contract, said.append) == 0
    at = said.index("  reps: 1 row in 1 file (team.csv)")
    assert said[at + 1 : at + 4] == [
        "    mapped: rep_id = Nr, name = Who",
        "    not used: Shoe size",
        "    missing: hire_date",
    ]


def test_check_finds_nothing_to_mend(company):
    company.deliver(PLACE, "Id,Name\n1,Acme\n")
    said = []
    assert check(company.settings, company.contract, said.append) == 0
    assert said[-1] == "Nothing needs mending."


def test_check_tells_the_dialect_of_each_file(company):
    company.deliver(PLACE, "Id;CreatedDate\n1;2026-01-01 10:00:00\n")
    company.deliver(
        "salesforce/changes/2026-11-21/account.csv", "Id,CreatedDate\n2,2026-01-01T10:00:00Z\n"
    )
    said = []
    check(company.settings, company.contract, said.append)
    at = said.index("  Account: 2 rows in 2 files (Account.csv, account.csv)")
    assert said[at + 1 : at + 3] == [
        "    weekly export, semicolon: full/2026-11-20/Account.csv",
        "    REST or Bulk API: changes/2026-11-21/account.csv",
    ]


def test_check_tells_which_file_each_mapping_reads_and_what_it_takes_by_name(company):
    taken = (Condition("Left", "empty"),)
    columns = (("rep_id", (Choice("Nr"),)), ("hire_date", ()))
    company.settings = replace(
        company.settings,
        mappings=(
            Mapping("flat", "reps", "team.csv", columns=columns, where=taken),
            Mapping("flat", "reps", "former.csv", columns=columns),
        ),
    )
    for name in ("team", "former"):
        company.deliver(f"flat/full/2026-11-20/{name}.csv", "Nr,Name,Left\n1,Ann,\n2,Bo,x\n")
    said = []
    check(company.settings, company.contract, said.append)
    at = said.index("  reps: 3 rows, 1 filtered of 4 in 2 files (former.csv, team.csv)")
    assert said[at + 1 : at + 3] == [
        "    mapped from team.csv where Left is empty: "
        "rep_id = Nr, hire_date = empty, name (same name)",
        "    mapped from former.csv: rep_id = Nr, hire_date = empty, name (same name)",
    ]


def test_check_tells_which_metrics_lack_a_column(company):
    company.contract = load_contract(PROJECT_DIR)
    company.deliver(
        "flat/full/2026-11-20/opportunities.csv", "opportunity_id,stage,amount\n1,Won,5\n"
    )
    said = []
    check(company.settings, company.contract, said.append)
    text = "\n".join(said)
    assert "  without opportunities.created_at: " in text
    assert "  without opportunities.created_at, opportunities.close_date: " in text
    # What it has not been delivered at all comes first.
    assert "  without quotas: " in text or "  without opportunity_history, quotas: " in text


def test_a_workbook_of_an_object_is_to_be_saved_as_csv(company):
    company.deliver(PLACE, "Id\n1\n")
    company.deliver("salesforce/full/2026-11-20/Contact.xlsx", b"PK")
    company.deliver("salesforce/full/2026-11-20/Notes.xlsx", b"PK")
    company.deliver("salesforce/full/2026-11-20/Acount.csv", "Id\n1\n")
    said = []
    assert check(company.settings, company.contract, said.append) == 1
    text = "\n".join(said)
    assert "Contact.xlsx: workbooks are not read; save the sheet of Contact as CSV" in text
    assert "Notes.xlsx" in text
    assert "Acount.csv (is it Account?)" in text


def test_what_is_wrong_in_the_configuration_is_told_where_no_file_is_known(company):
    company.settings = replace(company.settings, problems=("config.yml, line 1: no valid YAML",))
    company.deliver("flat/full/2026-11-20/d.csv", "a\n1\n")
    with pytest.raises(UsageError, match="line 1: no valid YAML"):
        check(company.settings, company.contract)


def test_what_could_not_be_read_is_told_with_the_first_value_and_its_place(company):
    company.deliver(PLACE, "Id,CreatedDate\n1,2026-01-01\n2,01/02/2026\n3,13/02/2026\n")
    said = []
    check(company.settings, company.contract, said.append)
    [note] = [line for line in said if "CreatedDate read as unknown" in line]
    assert "2 values of CreatedDate" in note
    assert "the first '01/02/2026' in full/2026-11-20/Account.csv, line 3" in note
