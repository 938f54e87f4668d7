"""The whole refresh of the fixture company, through the program that stands behind make."""

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from orchestration.dbt_build import Dbt, describe_failures
from orchestration.settings import Settings

PROJECT_DIR = Path(__file__).parents[2]


@pytest.fixture
def copy(refreshed_fixture, tmp_path):
    """The refreshed company with extracts of its own to change."""
    landing = tmp_path / "landing"
    shutil.copytree(refreshed_fixture.landing, landing)
    return type(refreshed_fixture)(refreshed_fixture.root, landing, refreshed_fixture.config)


def test_it_shows_the_scorecard_the_file_and_a_first_query(refreshed_fixture):
    output = refreshed_fixture.output
    for expected in ("Lakeside Pumps as of 2025-06-18", "Win rate", "Target", "so far"):
        assert expected in output
    assert f"Published: {refreshed_fixture.published}" in output
    assert "duckdb -readonly" in output


def test_the_first_query_that_it_shows_works(refreshed_fixture):
    line = next(line for line in refreshed_fixture.output.splitlines() if " -c " in line)
    run = subprocess.run(line, shell=True, capture_output=True, text=True)
    assert (run.returncode, run.stderr) == (0, "")
    assert "rows" in run.stdout


def test_the_published_file_answers_for_every_rep_and_quarter(refreshed_fixture):
    rows = refreshed_fixture.query(
        "select * from kpis.kpi_values "
        "where kpi = 'win_rate' and scope_type = 'rep' and period_type = 'quarter'"
    )
    assert rows


def test_every_published_table_and_column_has_a_comment(refreshed_fixture):
    bare = refreshed_fixture.query(
        """
        select schema_name || '.' || table_name, null from duckdb_tables() where comment is null
        union all
        select schema_name || '.' || table_name, column_name from duckdb_columns()
        where comment is null and not internal
        """
    )
    assert bare == []


def test_published_columns_are_scalar_and_tables_are_tables(refreshed_fixture):
    types = refreshed_fixture.query(
        "select distinct data_type from duckdb_columns() where not internal"
    )
    plain = {"VARCHAR", "BOOLEAN", "DATE", "TIMESTAMP", "INTEGER", "BIGINT", "DOUBLE"}
    odd = {name for (name,) in types if name not in plain and not name.startswith("DECIMAL")}
    assert odd == set()
    assert refreshed_fixture.query("select count(*) from duckdb_views() where not internal") == [
        (0,)
    ]


def test_contact_data_of_the_extracts_is_not_published(refreshed_fixture):
    columns = refreshed_fixture.query(
        """
        select format('"{}"."{}"', schema_name, table_name), format('"{}"', column_name)
        from duckdb_columns() where not internal and data_type = 'VARCHAR'
        """
    )
    content = "\n".join(
        text or ""
        for table, column in columns
        for (text,) in refreshed_fixture.query(f"select distinct {column} from {table}")
    )
    assert "Lakeside Pumps" in content, "the texts are read"
    addresses = set()
    for path in refreshed_fixture.landing.rglob("*.csv"):
        if path.name in ("Contact.csv", "Lead.csv"):
            with duckdb.connect() as con:
                table = con.read_csv(str(path), all_varchar=True)
                for column in set(table.columns) & {"Email", "Phone", "MobilePhone"}:
                    addresses |= {row[0] for row in table.select(f'"{column}"').fetchall()}
    assert len(addresses) > 3
    assert [text for text in addresses if text and text in content] == []


def test_what_a_run_writes_is_for_owner_and_group_only(refreshed_fixture):
    for folder in (refreshed_fixture.warehouse.parent, refreshed_fixture.published.parent):
        for path in (folder, *folder.rglob("*")):
            if not path.is_symlink():
                assert stat.S_IMODE(path.stat().st_mode) & 0o007 == 0, path


def test_a_second_refresh_says_that_nothing_is_new(refreshed_fixture):
    link = refreshed_fixture.published.readlink()
    run = refreshed_fixture.run("refresh")
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.startswith("Nothing is new since version ")
    assert refreshed_fixture.published.readlink() == link


def test_nothing_new_is_decided_without_dagster_or_dbt(refreshed_fixture):
    script = (
        "import sys; from orchestration.cli import main; code = main(['refresh']); "
        "print({'dagster', 'dbt', 'sqlfluff', 'pandas'} & set(sys.modules)); sys.exit(code)"
    )
    run = subprocess.run(
        [sys.executable, "-c", script],
        cwd=PROJECT_DIR,
        env={**os.environ, **refreshed_fixture.environ},
        capture_output=True,
        text=True,
    )
    assert run.stdout.splitlines()[-1] == "set()", run.stderr


def test_files_that_break_the_contract_are_told_together_and_nothing_is_published(copy):
    full = next(copy.landing.glob("salesforce/full/*"))
    (full / "Account.csv").write_bytes(b"")
    (full / "User.csv").write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR")
    opportunities = full / "Opportunity.csv"
    opportunities.write_text(opportunities.read_text().replace("StageName", "Stufe", 1))
    link = copy.published.readlink()
    before = (
        duckdb.connect(str(copy.published), read_only=True).sql("from quality.about").fetchall()
    )

    other = type(copy)(copy.root / "broken", copy.landing, copy.config)
    other.published.parent.mkdir(parents=True)
    run = other.run("refresh")
    assert run.returncode == 1
    for expected in ("Account.csv", "no bytes", "User.csv", "Opportunity.csv", "StageName"):
        assert expected in run.stderr
    assert "Traceback" not in run.stdout + run.stderr
    assert not other.published.exists()
    assert copy.published.readlink() == link
    assert copy.query("from quality.about") == before


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        ({"SALES_KPIS_LANDING": "no/such/folder"}, "no/such/folder"),
        ({"SALES_KPIS_CONFIG": "no/such/file.yml"}, "no/such/file.yml"),
    ],
)
def test_wrong_settings_exit_2_with_one_message(refreshed_fixture, environ, message):
    run = subprocess.run(
        [str(Path(sys.executable).with_name("sales-kpis")), "refresh"],
        cwd=PROJECT_DIR,
        env={**os.environ, **refreshed_fixture.environ, **environ},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 2
    assert message in run.stderr
    assert "Traceback" not in run.stderr


def test_an_unknown_command_exits_2(refreshed_fixture):
    assert refreshed_fixture.run("refesh").returncode == 2


def test_rollback_without_an_earlier_version_exits_1(refreshed_fixture):
    run = refreshed_fixture.run("rollback")
    assert run.returncode == 1
    assert "first version" in run.stderr


def test_the_dbt_unit_tests_pass(refreshed_fixture):
    """Once for all, here: they need the models' tables to exist, and leave them as they are."""
    settings = Settings.load(refreshed_fixture.environ)
    events = list(Dbt(settings).events(["--no-write-json", "test", "--select=test_type:unit"]))
    assert events[-1]["exit_code"] == 0, describe_failures(events, settings.warehouse_path)
    totals = [event["data"]["stats"] for event in events if event["info"]["name"] == "StatsLine"]
    assert totals[0]["pass"] > 0
