"""The demo company gives way, landing is told in short, failures of dbt are told for people."""

import datetime as dt
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from orchestration.check import check
from orchestration.contract import load_contract
from orchestration.dbt_build import describe_failures, private_columns
from orchestration.errors import UsageError
from orchestration.landing import FileLanded, LandingReport
from orchestration.progress import Reporter, note_lines
from orchestration.scanning import scan
from orchestration.settings import Settings
from orchestration.steps import in_short, make_demo_if_empty, remove_demo


class Told(Reporter):
    """Keeps the sentences that it is told."""

    def __init__(self):
        self.notes = []

    def note(self, text):
        self.notes.append(text)


@pytest.fixture
def settings(tmp_path) -> Settings:
    """Default settings, but for where everything lies."""
    (tmp_path / "landing").mkdir()
    return replace(
        Settings.load({}),
        landing_dir=tmp_path / "landing",
        warehouse_path=tmp_path / "private.duckdb",
        published_dir=tmp_path / "published",
    )


def found(settings):
    return scan(settings, load_contract(settings.project_dir))


def test_an_empty_default_landing_folder_gets_the_demo_company_and_it_is_said(settings):
    told = Told()
    make_demo_if_empty(settings, told)
    assert found(settings).is_demo
    assert "demo company" in told.notes[0]
    assert not (settings.landing_dir / ".demo.part").exists()
    before = found(settings).files

    make_demo_if_empty(settings, told)
    assert found(settings).files == before, "it is made once"


def test_a_demo_company_of_which_only_a_part_was_moved_is_made_anew(settings):
    moved = settings.landing_dir / "flat" / "full" / "2026-11-20"
    moved.mkdir(parents=True)
    (moved / ".demo").touch()
    (settings.landing_dir / ".demo.part" / "salesforce").mkdir(parents=True)
    make_demo_if_empty(settings, Told())
    assert {delivery.source for delivery in found(settings).deliveries} == {"flat", "salesforce"}


def test_a_named_landing_folder_or_a_real_delivery_gets_no_demo(settings):
    told = Told()
    make_demo_if_empty(replace(settings, landing_is_default=False), told)
    assert list(settings.landing_dir.iterdir()) == []
    real = settings.landing_dir / "flat" / "full" / "2026-01-01"
    real.mkdir(parents=True)
    (real / "reps.csv").write_text("rep_id,name\n")
    make_demo_if_empty(settings, told)
    assert [path.name for path in settings.landing_dir.iterdir()] == ["flat"]
    assert told.notes == []


@pytest.mark.parametrize("place", ["warehouse", "published"])
def test_no_demo_is_made_where_real_extracts_had_landed(settings, place):
    """A real company may have archived what it had delivered."""
    if place == "warehouse":
        path, table = settings.warehouse_path, "raw.landing_folder"
    else:
        path, table = settings.published_file, "quality.about"
        path.parent.mkdir()
    with duckdb.connect(str(path)) as con:
        con.execute(f"create schema {table.split('.')[0]}")
        con.execute(f"create table {table} as select 'elsewhere' as landing_dir, false as is_demo")
    for do in (lambda: make_demo_if_empty(settings, Told()), lambda: check(settings)):
        with pytest.raises(UsageError, match="A demo company is not made"):
            do()
    assert list(settings.landing_dir.iterdir()) == []
    with duckdb.connect(str(path)) as con:
        con.execute(f"update {table} set is_demo = true")
    assert check(settings) == 0


def test_the_demo_is_removed_and_real_deliveries_stay(settings):
    for name, marker in (("flat/full/2026-01-01", "reps.csv"), ("flat/full/2026-01-02", ".demo")):
        (settings.landing_dir / name).mkdir(parents=True)
        (settings.landing_dir / name / marker).touch()
    (settings.landing_dir / "salesforce/full/2026-01-02").mkdir(parents=True)
    (settings.landing_dir / "salesforce/full/2026-01-02/.demo").touch()
    assert len(remove_demo(settings.landing_dir)) == 2
    left = sorted(
        path.relative_to(settings.landing_dir) for path in settings.landing_dir.rglob("*")
    )
    assert left[-1] == Path("flat/full/2026-01-01/reps.csv")
    assert Path("salesforce") not in left


def test_a_landing_is_told_with_its_rejects():
    def file(status, rows, rejected):
        return FileLanded("flat", "reps", "full/x", "reps.csv", rows, rejected, status)

    report = LandingReport(
        [file("new", 1000, 2), file("unchanged", 5, 1)], as_of_date=dt.date(2026, 1, 2)
    )
    assert in_short(report) == (
        "Landed 1,000 rows of 1 new or changed file; 1 file is unchanged. "
        "3 rows are rejected: see quality.rejected_rows. Figures are as of 2026-01-02."
    )


def test_notes_are_a_line_each_and_not_too_many():
    notes = [f"flat/full/2026-01-{day:02}: left out" for day in range(1, 31)]
    assert note_lines(notes[:1]) == ["Note: flat/full/2026-01-01: left out"]
    assert len(note_lines(notes)) == 11
    assert note_lines(notes)[-1] == "Note: and 20 more; `make check` tells all."


def event(name, level="info", **data):
    return {"info": {"name": name, "msg": data.get("msg", name), "level": level}, "data": data}


def test_failed_checks_are_told_with_their_rows_and_where_to_look(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    check = {"node_info": {"unique_id": "test.kpis.adds_up"}}
    model = {"node_info": {"unique_id": "model.kpis.fct"}}
    text = describe_failures(
        [
            event("LogTestResult", status="fail", num_failures=3, **check),
            event(
                "RunResultFailure", resource_type="test", node_name="adds_up", path="a.sql", **check
            ),
            event("RunResultError", msg="Got 3 results, configured to fail if != 0", **check),
            event("SQLCompiledPath", path=str(tmp_path / "w/adds_up.sql"), **check),
            event(
                "RunResultFailure", resource_type="model", node_name="fct", path="f.sql", **model
            ),
            event("RunResultError", msg="Binder Error: no column\n  LINE 1: select x", **model),
            event("StatsLine", stats={"skip": 7, "total": 20}),
        ],
        tmp_path / "w" / "private.duckdb",
    )
    assert text.splitlines() == [
        "2 of 20 models and checks failed, 7 that depend on them were skipped:",
        "- check adds_up (a.sql)",
        "    found 3 rows",
        "    w/adds_up.sql",
        "- model fct (f.sql)",
        "    Binder Error: no column",
        "      LINE 1: select x",
        "See what a file finds: duckdb -readonly w/private.duckdb -f <file>",
    ]


def test_a_failed_check_shows_its_first_rows_without_private_columns(tmp_path):
    warehouse = tmp_path / "private.duckdb"
    with duckdb.connect(str(warehouse)) as con:
        con.execute(
            "create table rates as select 'EUR' as currency, null as note, "
            "'ann@x.example' as Email, date '2026-01-01' + day::int as first_day "
            "from range(7) as days (day)"
        )
    compiled = tmp_path / "missing_rates.sql"
    compiled.write_text("select * from private.main.rates -- by day\n")
    check = {"node_info": {"unique_id": "test.kpis.missing_rates"}}
    manifest = {
        "nodes": {"model.kpis.x": {"columns": {"email": {"config": {"meta": {"private": True}}}}}},
        "sources": {},
    }
    text = describe_failures(
        [
            event("LogTestResult", status="fail", num_failures=7, **check),
            event(
                *("RunResultFailure",), resource_type="test", node_name="m", path="m.sql", **check
            ),
            event("RunResultError", msg="Got 7 results, configured to fail if != 0", **check),
            event("SQLCompiledPath", path=str(compiled), **check),
        ],
        warehouse,
        private_columns(manifest),
    )
    assert "found 7 rows" in text
    assert text.count("      currency: EUR; first_day: 2026-01-0") == 5
    assert "x.example" not in text


def test_a_dbt_that_fails_before_any_model_is_told_by_its_errors():
    events = [event("MainReportVersion"), event("MainEncounteredError", "error", msg="No profile")]
    assert describe_failures(events, Path("private.duckdb")) == "dbt failed:\nNo profile"
