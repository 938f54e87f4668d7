"""What watches the refreshes: over the run that has made the fixture company, and over small ones.

The expected figures are those that tests/fixtures/company works out by hand.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import dagster as dg
import pytest

from orchestration import monitoring
from orchestration.definitions import definitions_of
from orchestration.digest import digest
from orchestration.progress import Reporter, report_to
from orchestration.settings import Settings
from orchestration.state import warehouse_lock
from tests.unit.receivers import Webhook, webhook

PROGRAM = str(Path(sys.executable).with_name("sales-kpis"))
HOLD = """
import sys, duckdb
con = duckdb.connect(sys.argv[1], read_only=True)
print("held", flush=True)
sys.stdin.readline()
con.close()
print("let go", flush=True)
"""


class LetsGo(Reporter):
    """Has the process that holds the warehouse let go of it, once it is in the way."""

    def __init__(self, holder: subprocess.Popen[str]) -> None:
        self.holder = holder
        self.notes: list[str] = []

    def note(self, text: str) -> None:
        self.notes.append(text)
        if text.startswith("Trying again"):
            self.holder.stdin.write("\n")
            self.holder.stdin.flush()
            assert self.holder.stdout.readline() == "let go\n"


@pytest.fixture(scope="module")
def settings(refreshed_fixture) -> Settings:
    return Settings.load(refreshed_fixture.environ)


@pytest.fixture(scope="module")
def defs(settings) -> dg.Definitions:
    return definitions_of(settings, first_wait_seconds=0.5)


@pytest.fixture
def hook() -> Iterator[Webhook]:
    with webhook() as hook:
        yield hook


@pytest.fixture
def environ(refreshed_fixture, monkeypatch, hook) -> dict[str, str]:
    """The fixture company's environment with a webhook, for what loads its settings itself."""
    environ = {**refreshed_fixture.environ, **hook.environ, "no_proxy": "127.0.0.1"}
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    return environ


def results(settings: Settings) -> dict[tuple[str, str], dg.AssetCheckEvaluation]:
    """The checks' results in Dagster's history, by asset and name."""
    with dg.DagsterInstance.get() as instance:
        records = instance.event_log_storage.get_latest_asset_check_execution_by_key(
            list(definitions_of(settings).resolve_asset_graph().asset_check_keys)
        )
    evaluations = [
        record.event.dagster_event.event_specific_data
        for record in records.values()
        if record.event and record.event.dagster_event.event_type_value == "ASSET_CHECK_EVALUATION"
    ]
    return {(item.asset_key.to_user_string(), item.check_name): item for item in evaluations}


def test_every_check_of_a_refresh_has_a_result(settings, defs, refreshed_fixture):
    found = results(settings)
    assert len(found) == len(set(defs.resolve_asset_graph().asset_check_keys))
    [(rejected, unknown)] = refreshed_fixture.query(
        "select (select count(*) from quality.rejected_rows), "
        "(select count(*) from quality.cast_failures)"
    )
    assert found["landing/files", "no_file_is_refused"].passed
    assert found["landing/rejected_rows", "no_row_is_rejected"].passed == (rejected == 0)
    assert found["landing/cast_failures", "every_value_is_read"].passed == (unknown == 0)
    assert found["published/sales_kpis", "published_is_fresh"].passed
    stale = found["landing/files", "salesforce_is_fresh"]
    assert not stale.passed
    assert stale.severity == dg.AssetCheckSeverity.WARN
    assert stale.metadata["salesforce: newest"].value == "2025-06-18"
    assert found["landing/files", "flat_is_fresh"].metadata["flat: newest"].value == "2025-06-20"
    assert found["landing/files", "hubspot_is_fresh"].description == "nothing to watch"


def test_every_metric_has_a_check_and_its_figure(settings, refreshed_fixture):
    found = results(settings)
    metrics = {asset for asset, name in found if name == "has_figures"}
    assert metrics == {
        f"kpis/kpi_{kpi}" for (kpi,) in refreshed_fixture.query("select kpi from kpis.kpi_catalog")
    }
    win_rate = found["kpis/kpi_win_rate", "has_figures"]
    assert win_rate.passed
    assert win_rate.metadata["company, last quarter"].value == 0.5


def test_headline_metrics_are_numbers_over_time(settings):
    with dg.DagsterInstance.get() as instance:
        assert instance.get_runs_count(dg.RunsFilter(tags=monitoring.tags_of(settings))) == 1
        event = instance.get_latest_materialization_event(monitoring.PUBLISHED_KEY)
        leads = instance.get_latest_materialization_event(dg.AssetKey(["salesforce", "lead"]))
    metadata = event.asset_materialization.metadata
    assert metadata["last_quarter/sales"].value == 16000
    assert metadata["quarter_so_far/sales"].value == 24000
    assert metadata["last_quarter/win_rate"].value == 0.5
    metadata = leads.asset_materialization.metadata
    assert metadata["dagster/row_count"].value > 0
    assert metadata["values_unknown"].value == 0
    assert metadata["newest_delivery"].value == "2025-06-18"


def test_the_watch_looks_without_a_refresh_and_tells_once(defs, environ, hook, tmp_path):
    settings = replace(
        Settings.load(environ), warehouse_path=tmp_path / "private.duckdb"
    )  # what was told is remembered beside it
    job = definitions_of_checks(settings)
    for _ in range(2):
        assert job.execute_in_process().success
    [text] = hook.texts
    assert "nothing new arrives" in text
    assert "salesforce was last delivered on 2025-06-18" in text
    assert "published" not in text.rpartition("```\n")[0].rpartition("```\n")[2]
    assert {schedule.name: schedule.cron_schedule for schedule in defs.schedules} == {
        "nightly_refresh": "0 2 * * *",
        "daily_watch": "0 7 * * *",
        "weekly_digest": "30 7 * * 1",
    }


def definitions_of_checks(settings: Settings) -> dg.JobDefinition:
    """The job `watch`, without dbt's models."""
    return dg.Definitions(
        assets=[dg.AssetSpec(monitoring.FILES), dg.AssetSpec(monitoring.PUBLISHED_KEY)],
        asset_checks=[monitoring.freshness_checks(settings)],
        jobs=[monitoring.watch_job()],
    ).resolve_job_def("watch")


class Sensor:
    """The sensor of deliveries, looking again and again."""

    def __init__(self, settings: Settings, instance: dg.DagsterInstance) -> None:
        self.job = dg.GraphDefinition("refresh").to_job(tags=monitoring.tags_of(settings))
        self.sensor = monitoring.delivery_sensor(settings, self.job)
        self.instance = instance
        self.cursor: str | None = None

    def look(self) -> str:
        """`run`, or why not."""
        context = dg.build_sensor_context(self.instance, cursor=self.cursor)
        data = self.sensor.evaluate_tick(context)
        self.cursor = data.cursor
        return "run" if data.run_requests else data.skip_message


@pytest.fixture
def company(tmp_path, monkeypatch) -> Settings:
    """A company with nothing in its landing folder, which the environment names."""
    (tmp_path / "landing").mkdir()
    monkeypatch.setenv("SALES_KPIS_LANDING", str(tmp_path / "landing"))
    monkeypatch.setenv("SALES_KPIS_WAREHOUSE", str(tmp_path / "warehouse" / "private.duckdb"))
    monkeypatch.setenv("SALES_KPIS_PUBLISHED", str(tmp_path / "published"))
    monkeypatch.setenv("SALES_KPIS_CONFIG", "")
    return Settings.load()


@pytest.fixture
def sensor(company) -> Iterator[Sensor]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield Sensor(company, instance)


def test_a_delivery_is_taken_once_when_two_looks_find_it_the_same(sensor, company):
    assert "no delivery found" in sensor.look()
    part = company.landing_dir / "flat" / "full" / "2026-05-20.part"
    part.mkdir(parents=True)
    (part / "reps.csv").write_text("rep_id,name\n")
    for _ in range(2):
        assert "not complete yet" in sensor.look()
    part.rename(part.with_suffix(""))
    assert "Something has changed" in sensor.look()
    with (part.with_suffix("") / "reps.csv").open("a") as file:
        file.write("r1,Ann\n")
    assert "Something has changed" in sensor.look(), "it was still being written"
    assert sensor.look() == "run"
    # The run has refused it, or is at work: it is not started again for the same state.
    for _ in range(2):
        assert "Nothing has arrived" in sensor.look()
    (part.with_suffix("") / "costs.csv").write_text("month,amount\n")
    assert "Something has changed" in sensor.look()
    assert sensor.look() == "run"


def test_while_a_run_is_at_work_a_delivery_waits(sensor, company):
    folder = company.landing_dir / "flat" / "full" / "2026-05-20"
    folder.mkdir(parents=True)
    (folder / "reps.csv").write_text("rep_id,name\nr1,Ann\n")
    sensor.look()
    run = sensor.instance.create_run_for_job(sensor.job, tags=sensor.job.tags)
    assert sensor.look() == "A run is at work."
    sensor.instance.report_run_failed(run)
    with warehouse_lock(company.warehouse_path):
        assert sensor.look() == "A run is at work."
    assert sensor.look() == "run"


def test_a_run_whose_process_died_does_not_block_the_others(company):
    job = dg.GraphDefinition("refresh").to_job(tags=monitoring.tags_of(company))
    others = replace(company, warehouse_path=company.warehouse_path.with_name("other.duckdb"))
    other_job = dg.GraphDefinition("refresh").to_job(tags=monitoring.tags_of(others))
    sensor = monitoring.dead_run_sensor(company)
    cursor = None

    def status_after_a_look() -> list[dg.DagsterRunStatus]:
        nonlocal cursor
        context = dg.build_sensor_context(instance, cursor=cursor)
        cursor = sensor.evaluate_tick(context).cursor
        return [instance.get_run_by_id(run.run_id).status for run in (died, of_another)]

    started, failed = dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.FAILURE
    with dg.DagsterInstance.ephemeral() as instance:
        died = instance.create_run_for_job(job, status=started, tags=job.tags)
        of_another = instance.create_run_for_job(other_job, status=started, tags=other_job.tags)
        with warehouse_lock(company.warehouse_path):
            assert status_after_a_look() == [started, started]
            assert status_after_a_look() == [started, started]
        assert status_after_a_look() == [started, started], "it may be about to end"
        assert status_after_a_look() == [failed, started]


def test_what_is_published_already_starts_no_run(settings, environ):
    with dg.DagsterInstance.ephemeral() as instance:
        sensor = Sensor(settings, instance)
        sensor.look()
        assert "Nothing is new since version" in sensor.look()
        assert "Nothing has arrived" in sensor.look()


def test_a_busy_warehouse_is_waited_for_and_a_refused_file_is_not(settings, company):
    # As dbt has parsed the project already.
    shutil.copytree(
        settings.warehouse_path.with_suffix(".target"),
        company.warehouse_path.with_suffix(".target"),
    )
    folder = company.landing_dir / "flat" / "full" / "2026-05-20"
    folder.mkdir(parents=True)
    (folder / "reps.csv").write_text("rep_id,name\nr1,Ann\n")
    job = definitions_of(company, first_wait_seconds=1).resolve_job_def("refresh")
    landing = [key for key in job.asset_layer.executable_asset_keys if len(key.path) == 2]
    selection = [
        key for key in landing if key.path[0] in ("landing", "flat", "salesforce", "hubspot")
    ]
    assert job.execute_in_process(asset_selection=selection).success

    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(company.warehouse_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout.readline() == "held\n"
    told = LetsGo(holder)
    report_to(told)
    try:
        result = job.execute_in_process(asset_selection=selection, raise_on_error=False)
    finally:
        report_to(Reporter())
        holder.kill()
        holder.communicate()
    assert result.success
    assert len([event for event in result.all_events if event.is_step_up_for_retry]) == 1
    [note] = [text for text in told.notes if text.startswith("Trying again")]
    assert "Close whatever else has it open" in note

    (folder / "costs.csv").write_text("what\n")
    result = job.execute_in_process(asset_selection=selection, raise_on_error=False)
    assert not result.success
    assert not [event for event in result.all_events if event.is_step_up_for_retry]
    [refused] = [
        event.asset_check_evaluation_data
        for event in result.all_events
        if event.event_type_value == "ASSET_CHECK_EVALUATION"
    ]
    assert (refused.check_name, refused.passed) == ("no_file_is_refused", False)
    assert "costs.csv" in refused.description


def test_failed_runs_are_told_in_the_words_of_their_error(settings, environ, hook):
    @dg.op
    def fails() -> None:
        raise dg.Failure("costs.csv, line 3: amount <hidden>", allow_retries=False)

    @dg.job
    def refresh() -> None:
        fails()

    failure, recovery = monitoring.notice_sensors(refresh)
    with dg.DagsterInstance.ephemeral() as instance:
        result = refresh.execute_in_process(instance=instance, raise_on_error=False)
        [event] = [event for event in result.all_events if event.is_run_failure]
        context = dg.build_run_status_sensor_context(
            "failure_notice", event, instance, result.dagster_run
        )
        failure(context.for_run_failure())
        recovery(context)
        recovery(context)
    told, recovered = hook.texts
    assert "costs.csv, line 3: amount &lt;hidden&gt;" in told
    assert f"run {result.run_id}" in told
    assert "Published are figures as of 2025-06-18" in told
    assert "the refresh works again" in recovered


def program(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [PROGRAM, *arguments],
        env={**os.environ, **environ},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )


def test_the_program_tells_of_a_failure_and_a_recovery_however_it_failed(environ, hook, tmp_path):
    wrong = tmp_path / "wrong.yml"
    wrong.write_text("settings: {as_of_day: 2026-01-01}")
    run = program("refresh", **{**environ, "SALES_KPIS_CONFIG": str(wrong)})
    assert run.returncode == 2
    [text] = hook.texts
    assert "wrong.yml, line 1: unknown" in text
    run = program("refresh", **environ)
    assert run.returncode == 0, run.stderr
    assert "Nothing is new" in run.stdout
    assert "the refresh works again" in hook.texts[1]


def test_a_notice_that_cannot_be_sent_fails_nothing_and_keeps_its_secret(environ, hook):
    hook.status = 500
    run = program("refresh", **environ)
    assert run.returncode == 0
    run = program("refresh", **{**environ, "SALES_KPIS_LANDING": "/nowhere"})
    assert run.returncode == 2
    assert "The webhook could not be sent: the server answered 500." in run.stderr
    for url in ("htp://SECRET", "https://[SECRET"):
        run = program("refresh", **{**environ, "SALES_KPIS_WEBHOOK_URL": url})
        assert run.returncode == 0
        assert "no notice can be sent: SALES_KPIS_WEBHOOK_URL must be" in run.stderr
        assert "SECRET" not in run.stdout + run.stderr


def test_the_digest_is_the_scorecard(settings, environ, hook):
    message = digest(settings)
    assert message.subject == "Sales KPIs of Lakeside Pumps: the week's digest"
    assert "Figures as of 2025-06-18, amounts in USD." in message.text
    lines = [" ".join(line.split()) for line in message.table.splitlines()]
    assert "Sales 16,000 ↓ 27% missed (20,000)" in lines
    assert "Sales 24,000 ↑ 50% so far (50,000)" in lines
    assert max(len(line) for line in message.table.splitlines()) <= 80
    run = program("digest", **environ)
    assert message.table in run.stdout
    assert not hook.texts
    run = program("digest", "--send", **environ)
    assert run.stdout == "Sent: webhook.\n"
    assert message.table in hook.texts[0]
    assert "Stale: salesforce was last delivered on 2025-06-18" in hook.texts[0]


def test_the_digest_goes_out_by_itself_where_there_is_a_channel(
    settings, environ, monkeypatch, hook
):
    job = monitoring.digest_job()
    schedule = monitoring.weekly_digest(settings, job)
    assert schedule.evaluate_tick(dg.build_schedule_context()).run_requests
    assert job.execute_in_process().success
    assert "the week's digest" in hook.texts[0]
    monkeypatch.delenv("SALES_KPIS_WEBHOOK_URL")
    assert "Neither" in schedule.evaluate_tick(dg.build_schedule_context()).skip_message


def test_sending_a_digest_to_nowhere_says_what_to_set(refreshed_fixture):
    run = program("digest", "--send", **refreshed_fixture.environ)
    assert run.returncode == 2
    assert "set SALES_KPIS_WEBHOOK_URL" in run.stderr
