"""What watches the refreshes in Dagster: checks, metadata over time, a sensor, notices, a digest.

Checks warn and never stop a run: what may not be published is decided by dbt's tests. Dagster's
own freshness policies look at when an asset was made; a nightly run makes them all from whatever
lies there, so the age of deliveries is a check of ours.
"""

import datetime as dt
import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg
import duckdb

from orchestration import notices
from orchestration.connectors import CONNECTORS, connector_of
from orchestration.contract import load_contract
from orchestration.digest import digest
from orchestration.errors import RefreshError
from orchestration.freshness import PUBLISHED, Freshness, freshness
from orchestration.landing import LandingReport
from orchestration.runs import problem_of
from orchestration.scanning import Scan, scan
from orchestration.settings import Settings
from orchestration.state import lock_holder, published_version_if_nothing_new

FILES = dg.AssetKey(["landing", "files"])
REJECTED = dg.AssetKey(["landing", "rejected_rows"])
CAST_FAILURES = dg.AssetKey(["landing", "cast_failures"])
PUBLISHED_KEY = dg.AssetKey(["published", "sales_kpis"])
# Emitted by the landing step itself: it knows what it refused, rejected and could not read.
LANDING_CHECKS = (
    dg.AssetCheckSpec(
        "no_file_is_refused", asset=FILES, description="Every file keeps its contract."
    ),
    dg.AssetCheckSpec(
        "no_row_is_rejected",
        asset=REJECTED,
        description="Every row could be landed; quality.rejected_rows lists the others.",
    ),
    dg.AssetCheckSpec(
        "every_value_is_read",
        asset=CAST_FAILURES,
        description="No value was read as unknown; quality.cast_failures lists those that were.",
    ),
)
# Dagster keeps every event in its history; on the console it would only be noise.
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
# A delivery is taken when two looks find the same: what is still being written differs.
SECONDS_BETWEEN_LOOKS = 60


def refused(error: RefreshError) -> dg.AssetCheckResult:
    """The check's result where a landing failed."""
    return dg.AssetCheckResult(
        asset_key=FILES,
        check_name="no_file_is_refused",
        passed=False,
        description=str(error),
    )


def landing_checks(
    report: LandingReport, failures: Mapping[tuple[str, str], int]
) -> Iterator[dg.AssetCheckResult]:
    """The checks of a landing that went through."""
    yield dg.AssetCheckResult(
        asset_key=FILES,
        check_name="no_file_is_refused",
        passed=True,
        metadata={"files": len(report.files)},
    )
    rejected: dict[str, int] = {}
    for file in report.files:
        if file.rejected:
            name = f"{file.source} {file.object}"
            rejected[name] = rejected.get(name, 0) + file.rejected
    for key, name, found in (
        (REJECTED, "no_row_is_rejected", rejected),
        (
            CAST_FAILURES,
            "every_value_is_read",
            {" ".join(where): number for where, number in failures.items()},
        ),
    ):
        yield dg.AssetCheckResult(
            asset_key=key,
            check_name=name,
            passed=not found,
            severity=dg.AssetCheckSeverity.WARN,
            metadata={"total": sum(found.values()), **found},
        )


def cast_failures(settings: Settings) -> dict[tuple[str, str], int]:
    """By source and object, how many values of the warehouse were read as unknown."""
    with duckdb.connect(str(settings.warehouse_path), read_only=True) as con:
        rows = con.execute(
            "select source, object, count(*) from raw.all_cast_failures group by all order by all"
        ).fetchall()
    return {(source, name): number for source, name, number in rows}


def landed_metadata(
    report: LandingReport,
    failures: Mapping[tuple[str, str], int],
    connector: str,
    object_name: str | None,
) -> dict[str, Any]:
    """What Dagster keeps of an object's landing: numbers, which its UI plots over time."""
    files = [
        file
        for file in report.files
        if file.object == object_name and connector_of(file.source) == connector
    ]
    if not files:
        return {}
    return {
        "dagster/row_count": sum(file.rows for file in files),
        "rows_rejected": sum(file.rejected for file in files),
        "files": len(files),
        "files_landed_now": sum(file.status != "unchanged" for file in files),
        "values_unknown": sum(
            number
            for (source, name), number in failures.items()
            if name == object_name and connector_of(source) == connector
        ),
        "newest_delivery": max(file.delivery.partition("/")[2] for file in files),
    }


def ledger_metadata(
    report: LandingReport, failures: Mapping[tuple[str, str], int], key: dg.AssetKey
) -> dict[str, Any]:
    """Totals of a landing, on the assets that list files, rejected rows and unknown values."""
    return {
        FILES: {
            "dagster/row_count": len(report.files),
            "rows_landed": sum(file.rows for file in report.files),
            "files_landed_now": len(report.changed),
        },
        REJECTED: {"dagster/row_count": sum(file.rejected for file in report.files)},
        CAST_FAILURES: {"dagster/row_count": sum(failures.values())},
    }.get(key, {})


def headline_metadata(settings: Settings) -> dict[str, float]:
    """The company's headline metrics in the current and the latest complete quarter.

    Ratios are fractions, money is in the reporting currency; an unknown value is left out.
    """
    with duckdb.connect(str(settings.published_file), read_only=True) as con:
        rows = con.execute(
            """
            select kpi, periods.is_current, figures.value
            from kpis.kpi_values as figures
            inner join kpis.kpi_catalog as catalog using (kpi)
            inner join core.dim_periods as periods using (period_type, period_start)
            where
                catalog.is_headline
                and figures.scope_type = 'company'
                and period_type = 'quarter'
                and (
                    periods.is_current
                    or period_start = (
                        select max(period_start) from core.dim_periods
                        where period_type = 'quarter' and is_complete
                    )
                )
            order by 2, 1
            """
        ).fetchall()
    return {
        f"{'quarter_so_far' if is_current else 'last_quarter'}/{kpi}": value
        for kpi, is_current, value in rows
        if value is not None and math.isfinite(value)
    }


def freshness_checks(settings: Settings) -> dg.AssetChecksDefinition:
    """A check per connector and one of the published file; tells people of what becomes stale."""
    names = {f"{connector}_is_fresh": connector for connector in CONNECTORS}
    specs = [
        dg.AssetCheckSpec(
            name,
            asset=FILES,
            description=f"The newest delivery of every {connector} source is young enough.",
        )
        for name, connector in names.items()
    ]
    specs.append(
        dg.AssetCheckSpec(
            "published_is_fresh",
            asset=PUBLISHED_KEY,
            description="The published file is young enough.",
        )
    )

    # Each can be selected alone, so that any part of the assets can be made alone.
    @dg.multi_asset_check(name="freshness", specs=specs, can_subset=True)
    def check_freshness(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        now = Settings.load_what_can() if context.run.remote_job_origin else settings
        found = freshness(now, dt.datetime.now(dt.UTC))
        for name, connector in names.items():
            of_connector = [
                item for item in found if item.connector == connector and item.name != PUBLISHED
            ]
            if dg.AssetCheckKey(FILES, name) in context.selected_asset_check_keys:
                yield _freshness_result(name, FILES, of_connector)
        published = [item for item in found if item.name == PUBLISHED]
        if (
            dg.AssetCheckKey(PUBLISHED_KEY, "published_is_fresh")
            in context.selected_asset_check_keys
        ):
            yield _freshness_result("published_is_fresh", PUBLISHED_KEY, published)
        notices.staleness(now, found, context.log.warning)

    return check_freshness


def _freshness_result(name: str, key: dg.AssetKey, found: list[Freshness]) -> dg.AssetCheckResult:
    metadata: dict[str, Any] = {}
    for item in found:
        metadata[f"{item.name}: newest"] = item.newest.isoformat()
        metadata[f"{item.name}: age in days"] = item.age_days
        metadata[f"{item.name}: limit in days"] = item.limit_days
    return dg.AssetCheckResult(
        asset_key=key,
        check_name=name,
        passed=all(item.is_fresh for item in found),
        severity=dg.AssetCheckSeverity.WARN,
        description="; ".join(item.in_words for item in found) or "nothing to watch",
        metadata=metadata,
    )


def metric_checks(
    settings: Settings, metrics: Mapping[str, dg.AssetKey]
) -> dg.AssetChecksDefinition:
    """A check per metric: it has figures, or the reason why it cannot have any is known.

    Args:
        settings: the warehouse, read after it was built.
        metrics: the assets of the metrics' models, by the metrics' names.
    """
    specs = [
        dg.AssetCheckSpec(
            "has_figures",
            asset=key,
            description="It has a figure of a complete period, or lacks an extract.",
        )
        for key in metrics.values()
    ]

    @dg.multi_asset_check(name="metrics", specs=specs, can_subset=True)
    def check_metrics(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        figures = _metric_figures(settings)
        for metric, key in metrics.items():
            if dg.AssetCheckKey(key, "has_figures") not in context.selected_asset_check_keys:
                continue
            count, value, reason = figures.get(metric, (0, None, None))
            metadata: dict[str, Any] = {"figures": count}
            if value is not None and math.isfinite(value):
                metadata["company, last quarter"] = value
            yield dg.AssetCheckResult(
                asset_key=key,
                check_name="has_figures",
                passed=count > 0 or reason is not None,
                severity=dg.AssetCheckSeverity.WARN,
                description=reason,
                metadata=metadata,
            )

    return check_metrics


def _metric_figures(settings: Settings) -> dict[str, tuple[int, float | None, str | None]]:
    """By metric how many figures of complete periods are known, the company's of the latest
    complete quarter, and why it may lack any.
    """
    with duckdb.connect(str(settings.warehouse_path), read_only=True) as con:
        rows = con.execute(
            """
            select
                availability.kpi,
                count(*) filter (where figures.value is not null and figures.is_complete),
                max_by(figures.value, figures.period_start) filter (
                    where
                    figures.value is not null
                    and figures.is_complete
                    and figures.scope_type = 'company'
                    and figures.period_type = 'quarter'
                ),
                any_value(availability.reason)
            from quality.kpi_availability as availability
            left join kpis.kpi_values as figures using (kpi)
            group by availability.kpi
            """
        ).fetchall()
    return {kpi: (count, value, reason) for kpi, count, value, reason in rows}


def watch_job() -> Any:
    """The freshness checks alone, for days on which nothing arrives and so no refresh runs."""
    checks = [dg.AssetCheckKey(FILES, f"{connector}_is_fresh") for connector in CONNECTORS]
    checks.append(dg.AssetCheckKey(PUBLISHED_KEY, "published_is_fresh"))
    return dg.define_asset_job(
        "watch",
        selection=dg.AssetSelection.checks(*checks),
        config=QUIET,
        executor_def=dg.in_process_executor,
        description="Looks how old the newest delivery of each source and the published file are.",
    )


def daily_watch(settings: Settings, job: Any) -> dg.ScheduleDefinition:
    """The checks of freshness every morning at seven, where the business is."""
    return dg.ScheduleDefinition(
        name="daily_watch",
        job=job,
        cron_schedule="0 7 * * *",
        execution_timezone=settings.value("business_timezone"),
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )


def digest_job() -> dg.JobDefinition:
    """Sends the digest."""

    @dg.op(name="send_digest", description="Sends the company's scorecard as a message.")
    def send_digest(context: dg.OpExecutionContext) -> None:
        now = Settings.load()
        try:
            message = digest(now, freshness(now, dt.datetime.now(dt.UTC)))
        except RefreshError as error:
            raise dg.Failure(str(error), allow_retries=False) from None
        for problem in now.channels.send(message):
            context.log.warning(problem)

    @dg.job(
        name="digest",
        config=QUIET,
        executor_def=dg.in_process_executor,
        description="Sends the company's scorecard to the webhook and by mail.",
    )
    def digest_of_the_week() -> None:
        send_digest()

    return digest_of_the_week


def weekly_digest(settings: Settings, job: dg.JobDefinition) -> dg.ScheduleDefinition:
    """The digest on Monday morning, where the business is; skipped where there is no channel."""

    @dg.schedule(
        job=job,
        cron_schedule="30 7 * * 1",
        execution_timezone=settings.value("business_timezone"),
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )
    def weekly_digest() -> dg.RunRequest | dg.SkipReason:
        if not Settings.load_what_can().channels.names:
            return dg.SkipReason("Neither a webhook nor mail is set: see docs/monitoring.md.")
        return dg.RunRequest()

    return weekly_digest


def delivery_sensor(settings: Settings, job: Any) -> dg.SensorDefinition:
    """Starts a refresh when a delivery has arrived whole: once for each state of the folder."""

    @dg.sensor(
        job=job,
        minimum_interval_seconds=SECONDS_BETWEEN_LOOKS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Refreshes when the landing folder has changed and is quiet again.",
    )
    def new_delivery(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        seen, tried = json.loads(context.cursor) if context.cursor else ("", "")

        def skip(reason: str, seen: str = seen, tried: str = tried) -> dg.SensorResult:
            return dg.SensorResult(skip_reason=reason, cursor=json.dumps([seen, tried]))

        try:
            now = Settings.load()
            found = scan(now, load_contract(now.project_dir))
        except RefreshError as error:
            return skip(str(error))
        if not found.files:
            return skip("No delivery is there.")
        present = look(found)
        if present == tried:
            return skip("Nothing has arrived since the last look that led to something.")
        if present != seen:
            return skip(
                "Something has changed; it is taken when it is the same at the next look.", present
            )
        if is_refreshing(context.instance, now):
            return skip("A run is at work.")
        version = published_version_if_nothing_new(now, found)
        if version:
            return skip(f"Nothing is new since version {version} was published.", tried=present)
        return dg.SensorResult(
            run_requests=[dg.RunRequest()], cursor=json.dumps([present, present])
        )

    return new_delivery


def look(found: Scan) -> str:
    """Changes with every file that comes, goes or is written to, and with every misplaced one."""
    content = [
        [(str(file), *file.stat) for file in found.files],
        [str(delivery) for delivery in found.deliveries],
        found.problems,
    ]
    return hashlib.blake2b(json.dumps(content).encode(), digest_size=16).hexdigest()


def is_refreshing(instance: dg.DagsterInstance, settings: Settings) -> bool:
    """Whether a refresh waits or begins in Dagster, or anybody writes the warehouse."""
    waiting = _refreshes(
        settings,
        dg.DagsterRunStatus.QUEUED,
        dg.DagsterRunStatus.NOT_STARTED,
        dg.DagsterRunStatus.STARTING,
        dg.DagsterRunStatus.STARTED,
    )
    return instance.get_runs_count(waiting) > 0 or lock_holder(settings.warehouse_path) != ""


def dead_run_sensor(settings: Settings) -> dg.SensorDefinition:
    """Ends runs in Dagster's books whose processes were killed: they would block all others.

    A run that lives holds the warehouse's lock, or waits for it and has it half a second after
    it is free. So one that counts as running at two looks, with the lock free, is dead.
    """

    @dg.sensor(
        minimum_interval_seconds=SECONDS_BETWEEN_LOOKS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Marks refreshes as failed whose processes have died.",
    )
    def dead_runs(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        suspects = set(json.loads(context.cursor or "[]"))
        begun = _refreshes(settings, dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING)
        is_free = lock_holder(settings.warehouse_path) == ""
        found = {run.run_id: run for run in context.instance.get_runs(begun)} if is_free else {}
        dead = suspects & set(found)
        for run_id in dead:
            context.instance.report_run_failed(
                found[run_id],
                "Its process ended without a word: it was killed, or ran out of memory.",
            )
        return dg.SensorResult(
            skip_reason=f"{len(dead)} marked as failed.",
            cursor=json.dumps(sorted(set(found) - dead)),
        )

    return dead_runs


def tags_of(settings: Settings) -> dict[str, str]:
    """What tells the runs of one warehouse from those of another in the same history."""
    name = hashlib.blake2b(str(settings.warehouse_path.resolve()).encode(), digest_size=8)
    return {"sales_kpis/warehouse": name.hexdigest()}


def _refreshes(settings: Settings, *statuses: dg.DagsterRunStatus) -> dg.RunsFilter:
    return dg.RunsFilter(job_name="refresh", tags=tags_of(settings), statuses=statuses)


def notice_sensors(job: Any) -> list[dg.SensorDefinition]:
    """Tell of refreshes that fail, however they end, and that they work again.

    A refresh of the command line tells itself: its runs belong to no code location.
    """

    @dg.run_failure_sensor(
        monitored_jobs=[job],
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Tells the webhook and by mail that a refresh has failed.",
    )
    def failure_notice(context: dg.RunFailureSensorContext) -> None:
        events = context.get_step_failure_events() or [context.failure_event]
        notices.refresh_failed(
            Settings.load_what_can(),
            "\n".join(str(problem_of(event)) for event in events),
            f"Dagster's UI shows it as run {context.dagster_run.run_id}.",
            context.log.warning,
        )

    @dg.run_status_sensor(
        run_status=dg.DagsterRunStatus.SUCCESS,
        monitored_jobs=[job],
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Tells that refreshes work again, after one had failed.",
    )
    def recovery_notice(context: dg.RunStatusSensorContext) -> None:
        notices.refresh_succeeded(Settings.load_what_can(), context.log.warning)

    return [failure_notice, recovery_notice]
