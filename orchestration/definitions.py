"""The Dagster definitions: extracts, models and the published file as assets, one nightly job.

    landing (an asset per object) -> dbt's models, tests as checks -> published/sales_kpis

They assemble; what happens is decided in `steps`, `dbt_build` and `publishing`.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, dbt_assets
from dagster_dbt.asset_utils import get_updated_cli_invocation_params_for_context
from dagster_dbt.core.dbt_cli_event import DbtCoreCliEventMessage

from orchestration import monitoring, notices, steps
from orchestration.accepting import check_names
from orchestration.contract import load_contract
from orchestration.dbt_build import (
    BUILD,
    Dbt,
    describe_failures,
    private_columns,
    with_attached_tests,
)
from orchestration.errors import PassingError, RefreshError
from orchestration.progress import reporter
from orchestration.publishing import published_tables
from orchestration.retries import FIRST_WAIT_SECONDS, Retries, in_words
from orchestration.scanning import scan
from orchestration.settings import Settings
from orchestration.state import note_audit, published_version_if_nothing_new, warehouse_lock

# Held from the first step of a run to its last: the executor keeps them in one process.
WAREHOUSE = {"warehouse"}
ACCEPT = (
    "Refused files and sudden changes to accept for this run, by the names that a failed run gave."
)


class Translator(DagsterDbtTranslator):
    """Groups the assets as the layers of the project are."""

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str:
        """The schema of a model or seed; all that landing writes is one group."""
        is_source = dbt_resource_props["resource_type"] == "source"
        return "landing" if is_source else dbt_resource_props["schema"]


@dg.definitions
def defs() -> dg.Definitions:
    """What `dagster` loads."""
    return definitions_of(Settings.load())


def definitions_of(
    settings: Settings, first_wait_seconds: float = FIRST_WAIT_SECONDS
) -> dg.Definitions:
    """The definitions for one landing folder, warehouse and published folder.

    What fails but may pass by itself is tried again after `first_wait_seconds`, and then after
    three times as long each time.
    """
    dbt = Dbt(settings)
    manifest = with_attached_tests(dbt.manifest())
    # One for all: it remembers the specs that it has made of the manifest.
    translator = Translator()
    job = dg.define_asset_job(
        "refresh",
        selection=dg.AssetSelection.all(),
        config=monitoring.QUIET,
        tags=monitoring.tags_of(settings),
        executor_def=dg.in_process_executor,
        description="Lands what is new, builds and audits the models, publishes the marts.",
    )
    watch, digest = monitoring.watch_job(), monitoring.digest_job()
    again = Retries(first_wait_seconds)
    return dg.Definitions(
        assets=[
            landing_assets(settings, manifest, translator, again),
            model_assets(dbt, manifest, translator, again),
            published_asset(settings, manifest, translator, again),
        ],
        asset_checks=[
            monitoring.freshness_checks(settings),
            monitoring.metric_checks(settings, metric_keys(manifest, translator)),
        ],
        jobs=[job, watch, digest],
        schedules=[
            nightly_refresh(settings, job),
            monitoring.daily_watch(settings, watch),
            monitoring.weekly_digest(settings, digest),
        ],
        sensors=[
            monitoring.delivery_sensor(settings, job),
            monitoring.dead_run_sensor(settings),
            *monitoring.notice_sensors(job),
        ],
        resources={"warehouse": warehouse_resource(settings)},
        executor=dg.in_process_executor,
    )


def warehouse_resource(settings: Settings) -> dg.ResourceDefinition:
    """The right to write the warehouse, and the log, for as long as a run lasts.

    It gives the names that an operator accepts for the run: refused files, sudden changes.
    """

    @dg.resource(config_schema={"accept": dg.Field([str], default_value=[], description=ACCEPT)})
    def warehouse(context: dg.InitResourceContext) -> Iterator[list[str]]:
        steps.open_log(settings)
        accept = context.resource_config["accept"]

        def on_wait(holder: str) -> None:
            context.log.info(f"Waiting for another run to end: {holder}.")

        with in_words():
            check_names(settings.project_dir, accept)
            with warehouse_lock(settings.warehouse_path, on_wait=on_wait):
                yield accept

    return warehouse


def metric_keys(manifest: Mapping[str, Any], translator: Translator) -> dict[str, dg.AssetKey]:
    """The assets of the metrics' models, by the metrics' names."""
    return {
        node["name"].removeprefix("kpi_"): translator.get_asset_key(node)
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["path"].startswith("kpis/")
    }


def landing_assets(
    settings: Settings, manifest: Mapping[str, Any], translator: Translator, again: Retries
) -> dg.AssetsDefinition:
    """One asset per object of the extract contract and per table of landing's own."""
    specs = {
        unique_id: translator.get_asset_spec(manifest, unique_id, None)
        for unique_id in manifest["sources"]
    }

    @dg.multi_asset(
        specs=list(specs.values()),
        check_specs=monitoring.LANDING_CHECKS,
        required_resource_keys=WAREHOUSE,
    )
    def landing(
        context: dg.AssetExecutionContext,
    ) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
        with again.in_words(context):
            try:
                report = steps.land_extracts(settings, reporter(), context.resources.warehouse)
            except RefreshError as error:
                if not again.helps(context, error):
                    yield monitoring.refused(error)
                raise
        context.log.info("\n".join([f"As of {report.as_of_date}.", *report.notes]))
        unknown = monitoring.cast_failures(settings)
        for unique_id, spec in specs.items():
            source = manifest["sources"][unique_id]
            place = (source["source_name"], source["config"]["meta"].get("object"))
            metadata = {
                **monitoring.landed_metadata(report, unknown, *place),
                **monitoring.ledger_metadata(report, unknown, spec.key),
            }
            yield dg.MaterializeResult(asset_key=spec.key, metadata=metadata)
        yield from monitoring.landing_checks(report, unknown)

    return landing


def model_assets(
    dbt: Dbt, manifest: dict[str, Any], translator: Translator, again: Retries
) -> dg.AssetsDefinition:
    """One asset per model and seed, one check per data test, all built by one dbt process."""

    @dbt_assets(
        manifest=manifest,
        name="models",
        dagster_dbt_translator=translator,
        required_resource_keys=WAREHOUSE,
    )
    def models(context: dg.AssetExecutionContext) -> Iterator[Any]:
        selection = get_updated_cli_invocation_params_for_context(context, manifest, translator)
        environment = {}
        if selection.indirect_selection:
            environment["DBT_INDIRECT_SELECTION"] = selection.indirect_selection
        reporter().step("Building")
        note_audit(dbt.settings.warehouse_path, is_audited=False)
        events = []
        for event in dbt.events([*BUILD, *selection.selection_args], environment):
            steps.log.info(event["info"]["msg"])
            events.append(event)
            if "total" in event["data"]:
                data = event["data"]
                reporter().advance(data["node_info"]["node_name"], data["index"], data["total"])
            message = DbtCoreCliEventMessage(raw_event=event, event_history_metadata={})
            yield from message.to_default_asset_events(manifest, translator, context)
        with again.in_words(context):
            if events[-1]["exit_code"] != 0:
                private = private_columns(manifest)
                told = describe_failures(events, dbt.settings.warehouse_path, private)
                # An error of DuckDB's own, which another try may not meet.
                is_internal = any("INTERNAL Error" in event["info"]["msg"] for event in events)
                raise (PassingError if is_internal else RefreshError)(told)
        note_audit(dbt.settings.warehouse_path, is_audited=not context.is_subset)

    return models


def published_asset(
    settings: Settings, manifest: Mapping[str, Any], translator: Translator, again: Retries
) -> dg.AssetsDefinition:
    """The published file, made from every model that it holds."""
    tables = {(table.schema, table.name) for table in published_tables(manifest)}
    keys = [
        translator.get_asset_key(node)
        for node in manifest["nodes"].values()
        if (node["schema"], node.get("alias")) in tables and node["resource_type"] != "test"
    ]

    @dg.asset(
        key=["published", "sales_kpis"],
        deps=keys,
        group_name="published",
        required_resource_keys=WAREHOUSE,
        description="The file that analysts, BI tools and dashboards read.",
    )
    def published(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        reporter().step("Publishing")
        with again.in_words(context):
            release = steps.publish(
                settings, manifest, context.run_id, context.resources.warehouse, reporter()
            )
        return dg.MaterializeResult(
            metadata={
                "path": dg.MetadataValue.path(release.path),
                "version": release.version,
                "tables": len(release.rows),
                "rows": sum(release.rows.values()),
                **monitoring.headline_metadata(settings),
                "restated_figures": release.restated,
                **{f"rows/{table}": rows for table, rows in release.rows.items()},
            }
        )

    return published


def nightly_refresh(settings: Settings, job: Any) -> dg.ScheduleDefinition:
    """The job at two in the morning, where the business is; skipped if nothing is new."""

    @dg.schedule(
        job=job,
        cron_schedule="0 2 * * *",
        execution_timezone=settings.value("business_timezone"),
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )
    def nightly_refresh() -> dg.RunRequest | dg.SkipReason:
        try:
            now = Settings.load()
            found = scan(now, load_contract(now.project_dir))
        except RefreshError:
            # The run fails with the same words, and people are told.
            return dg.RunRequest()
        version = published_version_if_nothing_new(now, found)
        if version:
            notices.refresh_succeeded(now)
            return dg.SkipReason(f"Nothing is new since version {version} was published.")
        return dg.RunRequest()

    return nightly_refresh
