"""Refused files that an operator accepts by name, and what can be accepted at all."""

import pytest

from orchestration.accepting import accept_command, check_names
from orchestration.contents import files_fingerprint
from orchestration.errors import RefreshError, UsageError
from orchestration.landing import land
from orchestration.ledger import raw_table
from orchestration.scanning import scan
from orchestration.settings import PROJECT_DIR
from orchestration.warehouse import accepted_files
from tests.unit.landing_company import Company

REPS = "flat/full/2026-01-01/reps.csv"
GOOD = "rep_id,name\nr1,Ada\nr2,Ben\n"


@pytest.fixture
def company(tmp_path) -> Company:
    company = Company(tmp_path)
    company.deliver("flat/full/2026-01-01/costs.csv", "month,amount,item\n2026-01,10,x\n")
    return company


def landed(company: Company, *accept: str):
    found = scan(company.settings, company.contract)
    with company.warehouse() as con:
        return land(con, company.settings, company.contract, found, accept=accept)


def test_a_refused_file_says_the_command_that_goes_on_without_it(company):
    company.deliver(REPS, "")
    with pytest.raises(RefreshError) as error:
        landed(company)
    assert str(error.value).splitlines()[-1].strip() == (
        f".venv/bin/sales-kpis refresh --accept {REPS}"
    )


def test_the_run_goes_on_without_an_accepted_file_and_its_earlier_rows_stay(company):
    company.deliver(REPS, GOOD)
    landed(company)
    company.deliver(REPS, "rep_id\nr1\n")
    report = landed(company, REPS)
    assert [text.startswith(f"{REPS}: ") for text in report.accepted] == [True]
    assert company.query(f"select rep_id from {raw_table('flat', 'reps')}") == [("r1",), ("r2",)]
    [(name, reason)] = accepted_files(company.settings.warehouse_path)
    assert name == REPS
    assert "name" in reason, "the column that it lacks"


def test_an_accepted_file_is_accepted_for_one_run_only(company):
    company.deliver(REPS, "")
    landed(company, REPS)
    with pytest.raises(RefreshError, match="no bytes"):
        landed(company)
    company.deliver(REPS, GOOD)
    assert landed(company).accepted == []
    assert accepted_files(company.settings.warehouse_path) == []


def test_after_a_run_without_it_an_accepted_file_is_not_new(company):
    company.deliver(REPS, "")
    report = landed(company, REPS)
    found = scan(company.settings, company.contract)
    assert files_fingerprint(found, report.contents)
    assert set(report.contents) == {str(file) for file in found.files}


def test_of_two_refused_files_the_one_that_nobody_accepted_fails_the_run(company):
    company.deliver(REPS, "")
    other = "flat/changes/2026-01-02/reps.csv"
    company.deliver(other, "")
    with pytest.raises(RefreshError) as error:
        landed(company, REPS)
    assert f"- {other}: " in str(error.value)
    assert f"- {REPS}: " not in str(error.value)
    assert f"--accept {REPS} --accept {other}" in str(error.value), "both, for the next run"


def test_a_member_of_an_archive_is_accepted_by_the_archive_and_the_others_land(company):
    archive = "salesforce/full/2026-01-01/WE_1.ZIP"
    company.deliver_zip(archive, {"Account.csv": "", "Contact.csv": "Id\n003000000000001AAA\n"})
    report = landed(company, archive)
    assert [file.object for file in report.changed if file.source == "salesforce"] == ["Contact"]
    [(name, reason)] = accepted_files(company.settings.warehouse_path)
    assert name == archive
    assert "Account.csv" in reason


def test_nothing_can_be_published_when_the_only_file_is_left_out(tmp_path):
    company = Company(tmp_path)
    company.deliver(REPS, "")
    with pytest.raises(RefreshError, match="nothing to publish"):
        landed(company, REPS)


def test_names_that_a_run_can_give_are_known():
    check_names(
        PROJECT_DIR,
        [
            "salesforce-emea/full/2026-11-20/Sub folder/Account.csv",
            "rows-of-fct_opportunities",
            "sales",
            "missing-salesforce-Opportunity",
            "missing-hubspot-emea-deals",
            "stale-flat",
        ],
    )


@pytest.mark.parametrize(
    "name", ["Account.csv", "rows-of-fct_nothing", "salse", "missing-pipedrive-deals", "stale", ""]
)
def test_a_name_that_no_run_gives_is_wrong_usage_and_told_with_those_that_are_right(name):
    with pytest.raises(UsageError, match=r"rows-of-<fact>.*missing-<source>-<object>"):
        check_names(PROJECT_DIR, ["sales", name])


def test_the_command_can_be_typed_as_it_is():
    assert accept_command(["sales", "flat/full/2026-01-01/my reps.csv", "sales"]) == (
        ".venv/bin/sales-kpis refresh --accept sales --accept 'flat/full/2026-01-01/my reps.csv'"
    )
