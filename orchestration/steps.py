"""The steps of a refresh around dbt's build: land the extracts, publish the warehouse.

Plain functions: the command line and the Dagster assets call them. The warehouse lock is held by
whoever calls them.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from orchestration import publishing, restatements
from orchestration.audit import Audit, refusal
from orchestration.audit import audit as compare
from orchestration.contract import load_contract
from orchestration.errors import RefreshError
from orchestration.landing import LandingReport, land
from orchestration.likeness import landing_hash
from orchestration.machine import machine_faults
from orchestration.progress import Reporter, note_lines
from orchestration.publishing import Release
from orchestration.restatements import VersionNotes, settings_rows
from orchestration.scanning import counted, mark_as_demo, scan
from orchestration.settings import Settings
from orchestration.state import begin_run, end_run, load_state, note_held_back, note_landed
from orchestration.warehouse import accepted_files, open_warehouse, refuse_demo_beside_real

log = logging.getLogger("sales_kpis")
KEEP_LOGS = 30
NOT_AUDITED = (
    "The warehouse has not passed a complete build with all its checks since it was "
    "last changed, so it is not published: run the whole refresh."
)


def land_extracts(
    settings: Settings, reporter: Reporter, accept: Collection[str] = ()
) -> LandingReport:
    """Lands what is new in the landing folder; makes the demo company's extracts if it is empty.

    `accept` names refused files to go on without.

    Raises:
        RefreshError: files were refused (the good ones are landed).
        UsageError: the landing folder that was named is missing or empty.
    """
    make_demo_if_empty(settings, reporter)
    contract = load_contract(settings.project_dir)
    found = scan(settings, contract)
    reporter.step("Landing")
    begin_run(settings)
    count = 0

    def progress(text: str) -> None:
        nonlocal count
        count += 1
        reporter.advance(text, count, max(count, len(found.files)))

    folder = settings.warehouse_path.parent
    with machine_faults("landing", folder), open_warehouse(settings, found) as con:
        report = land(con, settings, contract, found, progress, accept)
    note_landed(settings, found, report.contents)
    for note in report.notes:
        log.info(note)
    reporter.note(in_short(report))
    for problem in report.accepted:
        log.info("accepted: %s", problem)
        reporter.note(f"Accepted, and left out: {problem}")
    for line in note_lines(report.left_out):
        reporter.note(line)
    return report


def in_short(report: LandingReport) -> str:
    """What a landing did, in a sentence or two."""
    rows = sum(file.rows for file in report.changed)
    text = f"Landed {counted(rows, 'row')} of {counted(len(report.changed), 'new or changed file')}"
    unchanged = len(report.files) - len(report.changed)
    if unchanged:
        text += f"; {counted(unchanged, 'file is', 'files are')} unchanged"
    rejected = sum(file.rejected for file in report.files)
    if rejected:
        text += f". {counted(rejected, 'row is', 'rows are')} rejected: see quality.rejected_rows"
    if report.values_unread:
        text += (
            f". {counted(report.values_unread, 'value')} could not be read: "
            "see quality.cast_failures"
        )
    return f"{text}. Figures are as of {report.as_of_date}."


def make_demo_if_empty(settings: Settings, reporter: Reporter) -> None:
    """Makes the demo company's extracts where the default landing folder holds no delivery.

    Raises:
        UsageError: it held a real one before.

    They are made in a hidden folder and then moved into place; that folder goes last, so that a
    demo company of which only a part was moved is made anew.
    """
    if not settings.landing_is_default:
        return
    found = scan(settings, load_contract(settings.project_dir))
    part = settings.landing_dir / ".demo.part"
    if found.deliveries and not (found.is_demo and part.exists()):
        return
    refuse_demo_beside_real(settings)
    reporter.note("landing/ holds no delivery yet: making the extracts of a demo company.")
    # Imported here: it needs numpy, which a real company's refresh does not.
    import demo

    remove_demo(settings.landing_dir)
    demo.generate(part)
    mark_as_demo(part)
    for delivery in sorted(part.glob("*/*/*")):
        target = settings.landing_dir / delivery.relative_to(part)
        target.parent.mkdir(parents=True, exist_ok=True)
        delivery.rename(target)
    shutil.rmtree(part)


def remove_demo(landing_dir: Path) -> list[Path]:
    """Removes the demo company's deliveries, and what an interrupted run left of them."""
    demo = [marker.parent for marker in landing_dir.glob("*/*/*/.demo")]
    for delivery in demo:
        shutil.rmtree(delivery)
        for folder in (delivery.parent, delivery.parent.parent):
            if not any(folder.iterdir()):
                folder.rmdir()
    shutil.rmtree(landing_dir / ".demo.part", ignore_errors=True)
    return demo


def audit(settings: Settings, accept: Collection[str], reporter: Reporter) -> Audit:
    """Compares the built warehouse with what is published.

    Args:
        settings: where both are, and how much may change.
        accept: names of what an operator accepts in this run.
        reporter: told what was accepted, and what is only noted.

    Raises:
        RefreshError: it was not built or failed a check; or it changed suddenly, and it is held
            back until somebody accepts the change.
    """
    if not load_state(settings.warehouse_path).is_audited:
        raise RefreshError(NOT_AUDITED)
    found = compare(settings)
    files = [name for name, _ in accepted_files(settings.warehouse_path)]
    for note in found.notes:
        log.info(note)
        reporter.note(f"Note: {note}")
    if found.held_back(accept):
        note_held_back(settings.warehouse_path)
        raise RefreshError(refusal(found, accept, files, settings.warehouse_path))
    for finding in found.findings:
        reporter.note(f"Accepted: {finding.text}")
    names = {finding.name for finding in found.findings} | {*files}
    for name in sorted({*accept} - names):
        reporter.note(f"Note: nothing to accept was found under the name {name}.")
    return found


def publish(
    settings: Settings,
    manifest: Mapping[str, Any],
    run_id: str,
    accept: Collection[str] = (),
    reporter: Reporter | None = None,
) -> Release:
    """Publishes the warehouse that the present run has built and audited.

    `accept` names what an operator accepts in this run, `reporter` is told what was found.

    Raises:
        RefreshError: it was not built, or failed a check, or changed suddenly, or could not be
            published.
    """
    state = load_state(settings.warehouse_path)
    if not state.is_audited or state.begun is None:
        raise RefreshError(NOT_AUDITED)
    found = audit(settings, accept, reporter or Reporter())
    accepted = [
        *((finding.name, finding.text) for finding in found.findings),
        *accepted_files(settings.warehouse_path),
    ]
    with machine_faults("publishing", settings.published_dir):
        release = publishing.publish(
            settings.warehouse_path,
            settings.published_dir,
            manifest,
            version=f"{datetime.now(UTC):%Y-%m-%dT%H%M%SZ}-{run_id[:8]}",
            about={
                "landing_hash": landing_hash(str(settings.landing_dir.resolve())),
                "run_id": run_id,
                "software_version": version("sales-kpis"),
                "code_hash": state.begun.code,
                "dbt_version": version("dbt-core"),
            },
            memory_limit=settings.memory_limit,
            keep_versions=settings.value("keep_versions"),
            write_more=partial(
                restatements.write,
                notes=VersionNotes(settings_rows(settings), tuple(accepted), settings.project_dir),
            ),
        )
    end_run(settings, release.version)
    return release


def log_dir(settings: Settings) -> Path:
    """Where the logs of a warehouse's runs are kept, one file each."""
    return settings.warehouse_path.parent / "logs"


def open_log(settings: Settings) -> Path:
    """Opens this process's log file, the same one however often it is asked for."""
    for handler in log.handlers:
        if isinstance(handler, logging.FileHandler):
            return Path(handler.baseFilename)
    folder = log_dir(settings)
    folder.mkdir(mode=0o750, parents=True, exist_ok=True)
    for old in sorted(folder.glob("refresh-*.log"))[: -KEEP_LOGS + 1]:
        old.unlink(missing_ok=True)
    handler = logging.FileHandler(
        folder / f"refresh-{datetime.now(UTC):%Y-%m-%dT%H%M%S.%fZ}.log", encoding="utf-8"
    )
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.propagate = False
    return Path(handler.baseFilename)
