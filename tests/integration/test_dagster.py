"""The Dagster definitions over the fixture company, and what its run has left."""

from dataclasses import replace

import dagster as dg
import pytest

from orchestration import steps
from orchestration.dbt_build import Dbt
from orchestration.definitions import definitions_of, nightly_refresh
from orchestration.errors import RefreshError
from orchestration.settings import Settings
from orchestration.state import Inputs, State, save_state


@pytest.fixture(scope="module")
def settings(refreshed_fixture) -> Settings:
    return Settings.load(refreshed_fixture.environ)


@pytest.fixture(scope="module")
def defs(settings) -> dg.Definitions:
    return definitions_of(settings)


@pytest.fixture(scope="module")
def graph(defs):
    return defs.resolve_asset_graph()


PUBLISHED = dg.AssetKey(["published", "sales_kpis"])


def test_lineage_leads_from_the_extracts_to_the_published_file(graph):
    upstream = set(graph.get_ancestor_asset_keys(PUBLISHED))
    for path in (
        ["salesforce", "opportunity"],
        ["flat", "reps"],
        ["core", "fct_opportunities"],
        ["kpis", "kpi_win_rate"],
        ["kpis", "kpi_values"],
        ["marts", "rep_quarter"],
    ):
        assert dg.AssetKey(path) in upstream
    win_rate = set(graph.get_ancestor_asset_keys(dg.AssetKey(["kpis", "kpi_win_rate"])))
    assert dg.AssetKey(["salesforce", "opportunity"]) in win_rate


def test_the_job_makes_every_asset(defs, graph):
    job = defs.resolve_job_def("refresh")
    assert set(job.asset_layer.executable_asset_keys) == set(graph.get_all_asset_keys())


def test_every_data_test_is_an_asset_check(settings, graph):
    manifest = Dbt(settings).manifest()
    tests = {node["name"] for key, node in manifest["nodes"].items() if key.startswith("test.")}
    assert tests
    assert {key.name for key in graph.asset_check_keys} >= tests


def test_the_run_of_the_command_line_is_in_the_history_with_its_checks(settings, graph):
    with dg.DagsterInstance.get() as instance:
        runs = instance.get_runs()
        assert [run.status for run in runs if run.job_name == "refresh"][-1] == (
            dg.DagsterRunStatus.SUCCESS
        )
        materialized = instance.get_latest_materialization_event(PUBLISHED)
        metadata = materialized.asset_materialization.metadata
        assert metadata["path"].value == str(settings.published_dir / "sales_kpis.duckdb")
        assert metadata["rows/kpis.kpi_values"].value > 0
        opportunities = instance.get_latest_materialization_event(
            dg.AssetKey(["salesforce", "opportunity"])
        ).asset_materialization.metadata
        assert opportunities["dagster/row_count"].value > 0


def test_a_schedule_runs_it_at_night_where_the_business_is_and_is_on(defs):
    [schedule] = [item for item in defs.schedules if item.name == "nightly_refresh"]
    assert schedule.cron_schedule == "0 2 * * *"
    assert schedule.execution_timezone == "America/Chicago"
    assert schedule.default_status == dg.DefaultScheduleStatus.RUNNING
    assert schedule.job_name == "refresh"


def test_the_nightly_run_is_skipped_when_nothing_is_new(
    settings, defs, refreshed_fixture, monkeypatch
):
    for name, value in refreshed_fixture.environ.items():
        monkeypatch.setenv(name, value)
    schedule = nightly_refresh(settings, defs.resolve_job_def("refresh"))
    tick = schedule.evaluate_tick(dg.build_schedule_context())
    assert "Nothing is new" in tick.skip_message
    assert not tick.run_requests


@pytest.mark.parametrize("begun", [None, Inputs("files", "configuration", "code")])
def test_a_warehouse_that_has_not_passed_its_checks_is_not_published(settings, tmp_path, begun):
    unaudited = replace(settings, warehouse_path=tmp_path / "private.duckdb")
    save_state(unaudited.warehouse_path, State(begun=begun, is_audited=False))
    link = (settings.published_dir / "sales_kpis.duckdb").readlink()
    with pytest.raises(RefreshError, match="has not passed"):
        steps.publish(unaudited, Dbt(settings).manifest(), "run")
    assert (settings.published_dir / "sales_kpis.duckdb").readlink() == link
