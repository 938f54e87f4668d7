"""Runs the Dagster job in this process, for `sales-kpis refresh`, and prepares Dagster's home."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stderr, redirect_stdout, suppress
from http.client import HTTPException
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from orchestration import steps
from orchestration.dbt_build import Dbt, stop_dbt
from orchestration.errors import EXIT_CODE, NOTHING_PUBLISHED, RefreshError, UsageError
from orchestration.progress import ConsoleReporter, report_to, reporter, shown_path
from orchestration.settings import Settings
from orchestration.state import replace_text

# How long Dagster's services may take to end, before they are killed.
SECONDS_TO_END = 5
SECONDS_BETWEEN_LOOKS = 0.2
# What `dagster dev` says of itself, though it is what serves without another package.
NO_WARNING = "ignore:Function `dev_command` is superseded"

if TYPE_CHECKING:
    import dagster as dg


def run_refresh(settings: Settings, console: Console, accept: Sequence[str] = ()) -> Path:
    """Runs the job `refresh`, telling the console; returns the published file.

    The run is kept in Dagster's history, where the UI shows it as any other. `accept` names
    refused files and sudden changes that an operator accepts for this run.

    Raises:
        RefreshError: it failed; the message says why and where the log is.
    """
    log_path = steps.open_log(settings)
    # What libraries print would tear the progress apart; it goes to the log.
    with log_path.open("a", encoding="utf-8") as log, ConsoleReporter(console) as shown:
        report_to(shown)
        shown.step("Starting")
        with redirect_stdout(log), redirect_stderr(log):
            problems = _execute(settings, accept)
    if problems:
        is_usage = all(problem.exit_code == UsageError.exit_code for problem in problems)
        raise (UsageError if is_usage else RefreshError)(
            "\n".join(str(problem) for problem in problems)
            + f"\n{NOTHING_PUBLISHED}; what was published before stays as it was."
            + f"\nLog: {shown_path(log_path)}"
        )
    return settings.published_file


def prepare_dagster(settings: Settings) -> Path:
    """Sets up Dagster's home, and returns it."""
    home = Path(os.environ.get("DAGSTER_HOME") or settings.project_dir / ".dagster").absolute()
    os.environ["DAGSTER_HOME"] = str(home)
    home.mkdir(mode=0o750, parents=True, exist_ok=True)
    template = settings.project_dir / "orchestration" / "dagster.yaml"
    text = template.read_text(encoding="utf-8")
    replace_text(home / "dagster.yaml", text.replace("{home}", str(home)))
    return home


def check_port(port: int) -> None:
    """Looks whether Dagster's UI can be served there.

    Raises:
        UsageError: something else is.
    """
    with socket.socket() as probe:
        # As servers do: what a server that has just ended left behind is no hindrance.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise UsageError(
                f"Port {port} on 127.0.0.1 cannot be used ({error.strerror}). Choose another with "
                "SALES_KPIS_DAGSTER_PORT, such as: SALES_KPIS_DAGSTER_PORT=3001 make dagster"
            ) from None


def run_dagster(
    settings: Settings, port: int, on_ready: Callable[[], None], on_end: Callable[[], None]
) -> int:
    """Runs Dagster's UI and daemon until a signal ends them; returns the exit code.

    `on_ready` is called once the UI answers, `on_end` when a signal has asked for the end.
    """
    process = subprocess.Popen(
        [
            str(Path(sys.executable).with_name("dagster")),
            "dev",
            "--module-name=orchestration.definitions",
            "--host=127.0.0.1",
            f"--port={port}",
            # Sensors look every minute: what they say stands in the UI.
            "--log-level=warning",
            "--log-format=colored" if sys.stderr.isatty() else "--log-format=rich",
        ],
        cwd=settings.project_dir,
        env={**os.environ, "PYTHONWARNINGS": NO_WARNING},
        # A group of its own: the terminal's Ctrl-C is for us, who end it in good order.
        process_group=0,
    )
    try:
        while process.poll() is None and not _answers(port):
            time.sleep(SECONDS_BETWEEN_LOOKS)
        if process.poll() is None:
            on_ready()
        return process.wait()
    except KeyboardInterrupt:
        on_end()
        return 0
    finally:
        _end_group(process)


def _answers(port: int) -> bool:
    """Whether Dagster's UI is being served."""
    # Without proxies: nobody else is asked for this machine.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with (
        suppress(OSError, HTTPException),
        opener.open(f"http://127.0.0.1:{port}/server_info", timeout=5),
    ):
        return True
    return False


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """Ends a process in good order, and then whatever is left of its group."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            process.wait(SECONDS_TO_END)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _execute(settings: Settings, accept: Sequence[str]) -> list[RefreshError]:
    """Runs the job; what went wrong, as errors for the user."""
    prepare_dagster(settings)
    with ThreadPoolExecutor() as pool:
        # dbt parses in a process of its own, while this one is busy.
        parsing = pool.submit(Dbt(settings).manifest)
        try:
            import dagster as dg

            from orchestration import monitoring
            from orchestration.definitions import definitions_of

            steps.make_demo_if_empty(settings, reporter())
            parsing.result()
        except BaseException:
            stop_dbt()
            raise
    job = definitions_of(settings).resolve_job_def("refresh")
    with dg.DagsterInstance.get() as instance:
        result = job.execute_in_process(
            instance=instance,
            raise_on_error=False,
            run_config={
                **monitoring.QUIET,
                "resources": {"warehouse": {"config": {"accept": list(accept)}}},
            },
        )
    return [] if result.success else _problems(result)


def _problems(result: dg.ExecuteInProcessResult) -> list[RefreshError]:
    """What failed: the steps' errors, or those of the run where no step got so far."""
    failures = [event for event in result.all_events if event.is_failure]
    problems = [problem_of(event) for event in failures if event.is_step_failure]
    return problems or [problem_of(event) for event in failures]


def problem_of(event: dg.DagsterEvent) -> RefreshError:
    """A failure of Dagster's, as an error for the user."""
    data = event.event_specific_data
    described = getattr(data, "user_failure_data", None)
    if described and described.description:
        code = described.metadata.get(EXIT_CODE)
        is_usage = code is not None and code.value == UsageError.exit_code
        return (UsageError if is_usage else RefreshError)(described.description)
    error = getattr(data, "error", None)
    if error is None:
        return RefreshError(event.message or "The run failed, and Dagster does not say why.")
    steps.log.error(error.to_string())
    while error.cause:
        error = error.cause
    return RefreshError(f"unexpected error: {error.message.strip()}")
