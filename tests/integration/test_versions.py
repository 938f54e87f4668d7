"""What a version says of the one before it: restated figures, what caused them, what was accepted.

The fixture company's warehouse, copied, with records changed as another delivery would have.
"""

from __future__ import annotations

import io
import shutil
from dataclasses import replace
from pathlib import Path

import dagster as dg
import duckdb
import pytest
from rich.console import Console

from orchestration import steps
from orchestration.contract import load_contract
from orchestration.dbt_build import Dbt
from orchestration.definitions import definitions_of
from orchestration.errors import RefreshError
from orchestration.progress import Reporter
from orchestration.publishing import Release
from orchestration.scanning import scan
from orchestration.scorecard import print_scorecard
from orchestration.settings import Settings
from orchestration.state import load_state, published_version_if_nothing_new, save_state
from orchestration.tracing import KEYS

D01 = "salesforce:006000000000D01AAE"


class Told(Reporter):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def note(self, text: str) -> None:
        self.notes.append(text)


@pytest.fixture(scope="module")
def manifest(refreshed_fixture):
    return Dbt(Settings.load(refreshed_fixture.environ)).manifest()


def copied(refreshed_fixture, root: Path) -> Settings:
    """The refreshed company, in places of its own."""
    shutil.copytree(refreshed_fixture.published.parent, root / "published", symlinks=True)
    shutil.copytree(
        refreshed_fixture.warehouse.parent,
        root / "warehouse",
        ignore=shutil.ignore_patterns("logs", "compiled", "run"),
    )
    return replace(
        Settings.load(refreshed_fixture.environ),
        warehouse_path=root / "warehouse" / "private.duckdb",
        published_dir=root / "published",
    )


@pytest.fixture
def settings(refreshed_fixture, tmp_path) -> Settings:
    return copied(refreshed_fixture, tmp_path)


@pytest.fixture(scope="module")
def restated(refreshed_fixture, manifest, tmp_path_factory) -> tuple[Settings, Release]:
    """The company after D01 was sold for more and a setting was changed; two versions are kept."""
    settings = copied(refreshed_fixture, tmp_path_factory.mktemp("restated"))
    sell_d01_for_more(settings)
    settings = replace(
        settings,
        values={**settings.values, "lead_response_sla_hours": 12.0, "keep_versions": 2},
    )
    return settings, steps.publish(settings, manifest, "second run")


def change(settings: Settings, sql: str) -> None:
    """Changes the warehouse, as a run with another delivery would have."""
    with duckdb.connect(str(settings.warehouse_path)) as con:
        con.execute(sql)


def query(settings: Settings, sql: str) -> list[tuple]:
    with duckdb.connect(str(settings.published_file), read_only=True) as con:
        return con.execute(sql).fetchall()


def sell_d01_for_more(settings: Settings) -> None:
    """D01 is worth 12,000 instead of 10,000: in the fact, in sales, and in the ledger."""
    change(
        settings,
        f"""
        update core.fct_opportunities set amount = 12000 where opportunity_id = '{D01}';
        update kpis.kpi_sales set value = value + 2000, numerator = numerator + 2000
        where scope_id = 'company' and (period_type, period_start) in (
            ('month', date '2024-03-01'), ('quarter', date '2024-02-01'),
            ('year', date '2024-02-01')
        );
        create or replace temp table sales as select * from kpis.kpi_sales;
        update kpis.kpi_values as figures set value = sales.value
        from sales
        where kpi = 'sales' and {" and ".join(f"figures.{key} = sales.{key}" for key in KEYS)};
        update quality.deliveries set content_hash = 'another', rows_landed = 21
        where delivery = '2025-06-18' and object = 'Opportunity';
        """,
    )


def test_a_changed_deal_restates_the_figures_that_it_is_in(refreshed_fixture, restated):
    settings, release = restated
    before = refreshed_fixture.published.readlink().parent.name
    assert release.restated == 3
    assert query(
        settings,
        "select previous_version, kpi, scope_type, period_type, period_start::varchar, old_value, "
        "new_value, difference, records_changed, facts_changed "
        "from quality.restatements order by period_type",
    ) == [
        (before, "sales", "company", period_type, start, old, old + 2000, 2000, 1,
         "fct_opportunities")
        for period_type, start, old in (
            ("month", "2024-03-01", 10_000),
            # D01 and D02; in the year also D04, D05, D07, D09 and D11.
            ("quarter", "2024-02-01", 10_000 + 20_000),
            ("year", "2024-02-01", 30_000 + 13_000 + 5_000 + 7_000 + 4_000 + 15_000),
        )
    ]  # fmt: skip


def test_the_records_behind_it_are_listed_before_and_after(restated):
    [(record, change_, old, new)] = query(
        restated[0],
        "select record_id, change, before, after from quality.restated_records "
        "where period_type = 'quarter'",
    )
    assert (record, change_) == (D01, "changed")
    assert "amount: 10000" in old
    assert "amount: 12000" in new


def test_what_is_new_in_a_version_is_listed_and_the_cause_of_what_it_restates(restated):
    changes = "select kind, name, old_value, new_value from quality.version_changes order by kind"
    assert query(restated[0], changes) == [
        ("delivery", "salesforce/full/2025-06-18/Opportunity.csv", "21 rows", "21 rows"),
        ("records", "core.fct_opportunities", "19 rows", "19 rows: 0 new, 1 changed, 0 gone"),
        ("setting", "lead_response_sla_hours", "24.0", "12.0"),
    ]
    assert query(restated[0], "select distinct cause from quality.restatements") == [
        ("deliveries and settings",)
    ], "both changed: they cannot be told apart"


def test_settings_in_force_are_published_without_what_may_name_people(restated):
    rows = dict(query(restated[0], "select kind || ' ' || name, value from quality.settings"))
    assert rows["setting fiscal_year_start_month"] == "2"
    assert rows["map regions: Germany"] == "region=EMEA"
    assert "Test Account" not in "".join(rows.values()), "what an exclusion looks for is hashed"


def test_the_end_of_a_refresh_tells_what_was_restated(restated):
    _, release = restated
    console = Console(file=io.StringIO(), width=160)
    print_scorecard(console, release.path)
    assert (
        "3 figures of complete periods (1 metric) changed since version " in console.file.getvalue()
    )


def test_a_deal_that_is_gone_has_left_its_figures(settings, manifest):
    change(
        settings,
        f"""
        delete from core.fct_opportunities where opportunity_id = '{D01}';
        update kpis.kpi_values set value = value - 10000
        where kpi = 'sales' and scope_type = 'company' and period_type = 'year'
            and period_start = date '2024-02-01';
        """,
    )
    steps.publish(settings, manifest, "second run")
    assert query(
        settings,
        "select record_id, change, after from quality.restated_records where kpi = 'sales'",
    ) == [(D01, "left", None)]


def test_figures_of_the_present_period_are_not_restated(settings, manifest):
    change(
        settings,
        """
        update kpis.kpi_values as figures set value = value * 1.1
        from core.dim_periods as periods
        where figures.period_type = periods.period_type
            and figures.period_start = periods.period_start and is_current
        """,
    )
    assert steps.publish(settings, manifest, "second run").restated == 0


def test_later_versions_carry_it_along_but_those_of_another_company_do_not(
    refreshed_fixture, manifest, restated, tmp_path
):
    made, first = restated
    shutil.copytree(made.published_dir, tmp_path / "published", symlinks=True)
    shutil.copy(made.warehouse_path, tmp_path / "private.duckdb")
    shutil.copy(made.warehouse_path.with_suffix(".state.json"), tmp_path / "private.state.json")
    settings = replace(
        made,
        warehouse_path=tmp_path / "private.duckdb",
        published_dir=tmp_path / "published",
    )
    second = steps.publish(settings, manifest, "third run")
    assert second.restated == 0
    assert query(settings, "select distinct version from quality.restatements") == [
        (first.version,)
    ]
    assert query(settings, "select count(*) from quality.restated_records") == [(3,)]
    # Of the three versions so many are kept as the setting says.
    versions = {path.name for path in (settings.published_dir / "versions").iterdir()}
    assert versions == {first.version, second.version}

    change(settings, "update raw.settings set company_name = 'Other'")
    assert steps.publish(settings, manifest, "fourth run").restated == 0
    assert query(settings, "select count(*) from quality.restatements") == [(0,)]


def test_a_sudden_change_keeps_the_old_version_until_it_is_accepted(settings, manifest):
    def nothing_new() -> str | None:
        found = scan(settings, load_contract(settings.project_dir))
        return published_version_if_nothing_new(settings, found)

    link = settings.published_file.readlink()
    # As if it had been published here.
    state = load_state(settings.warehouse_path)
    save_state(
        settings.warehouse_path, replace(state, published_dir=str(settings.published_dir.resolve()))
    )
    assert nothing_new() == link.parent.name
    change(settings, "delete from core.fct_activities")
    with pytest.raises(RefreshError) as error:
        steps.publish(settings, manifest, "second run")
    assert "rows-of-fct_activities: core.fct_activities has 0 rows instead of" in str(error.value)
    assert str(error.value).splitlines()[-1].strip() == (
        ".venv/bin/sales-kpis refresh --accept rows-of-fct_activities"
    )
    assert settings.published_file.readlink() == link
    assert nothing_new() is None, "it is tried again though no file is new"

    told = Told()
    names = ["rows-of-fct_activities", "stale-flat"]
    release = steps.publish(settings, manifest, "third run", names, told)
    assert settings.published_file.readlink() != link
    assert nothing_new() == release.version
    [(version, name, finding)] = query(
        settings, "select version, name, finding from quality.accepted_changes"
    )
    assert (version, name) == (release.version, "rows-of-fct_activities")
    assert "0 rows instead of" in finding
    assert any("Accepted: core.fct_activities" in note for note in told.notes)
    assert any("under the name stale-flat" in note for note in told.notes)


def test_the_dagster_run_says_the_same_and_accepts_by_its_configuration(settings):
    change(settings, "delete from core.fct_activities")
    job = definitions_of(settings).resolve_job_def("refresh")

    def run(**resources):
        return job.execute_in_process(
            asset_selection=[dg.AssetKey(["published", "sales_kpis"])],
            run_config={"resources": resources},
            raise_on_error=False,
        )

    failed = run()
    [failure] = [event for event in failed.all_events if event.is_step_failure]
    description = failure.event_specific_data.user_failure_data.description
    assert "--accept rows-of-fct_activities" in description
    accepted = run(warehouse={"config": {"accept": ["rows-of-fct_activities"]}})
    assert accepted.success


def test_what_cannot_be_accepted_is_wrong_usage(refreshed_fixture):
    run = refreshed_fixture.run("refresh", "--accept", "salse")
    assert run.returncode == 2
    assert "--accept salse: nothing is called so" in run.stderr


def test_with_nothing_new_there_is_nothing_to_accept(refreshed_fixture):
    run = refreshed_fixture.run("refresh", "--accept", "sales")
    assert (run.returncode, run.stderr) == (0, "")
    assert "Nothing is new since version" in run.stdout
    assert "nothing to accept" in run.stdout
