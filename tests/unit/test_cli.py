"""The program as a user meets it: exit codes and messages, on companies of a few rows."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestration.state import warehouse_lock

PROJECT_DIR = Path(__file__).parents[2]
PROGRAM = str(Path(sys.executable).with_name("sales-kpis"))


class User:
    """Someone with a landing folder and a terminal."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.landing = root / "landing"
        self.landing.mkdir()
        self.environ = {
            "SALES_KPIS_LANDING": str(self.landing),
            "SALES_KPIS_WAREHOUSE": str(root / "warehouse" / "private.duckdb"),
            "SALES_KPIS_PUBLISHED": str(root / "published"),
            "SALES_KPIS_CONFIG": "",
            "DAGSTER_HOME": str(root / "dagster"),
        }

    def write(self, place: str, text: str) -> Path:
        path = self.root / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def configure(self, text: str) -> None:
        self.environ["SALES_KPIS_CONFIG"] = str(self.write("config.yml", text))

    def start(self, *arguments: str, **environ: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [PROGRAM, *arguments],
            cwd=PROJECT_DIR,
            env={**os.environ, **self.environ, **environ},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [PROGRAM, *arguments],
            cwd=PROJECT_DIR,
            env={**os.environ, **self.environ, **environ},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )


@pytest.fixture
def user(tmp_path) -> User:
    user = User(tmp_path)
    user.write("landing/flat/full/2026-11-20/reps.csv", "rep_id,name\nr1,Ann\n")
    return user


UNKNOWN_COLUMN = "exclusions:\n  - {object: reps, column: nmae, equals: x, reason: y}\n"


@pytest.mark.parametrize("command", ["check", "refresh"])
def test_an_exclusion_of_an_unknown_column_exits_2(user, command):
    user.configure(UNKNOWN_COLUMN)
    run = user.run(command)
    assert run.returncode == 2
    assert "config.yml, line 2: reps has no column 'nmae'; it has " in run.stdout + run.stderr
    assert "Traceback" not in run.stdout + run.stderr


def test_check_exits_1_for_extracts_and_2_for_the_configuration(user):
    assert user.run("check").returncode == 0
    user.write("landing/flat/full/2026-11-20/costs.csv", "")
    assert user.run("check").returncode == 1
    user.configure(UNKNOWN_COLUMN)
    assert user.run("check").returncode == 2


def test_check_tells_what_is_wrong_in_the_configuration_and_in_the_extracts_at_once(user):
    user.configure(
        "settings: {reporting_currency: dollars}\n"
        "flat:\n"
        "  reps: {columns: {hire_date: Start}, formats: {hire_date: '%Q'}, delimiter: '::'}\n"
    )
    user.write(
        "landing/flat/full/2026-11-20/costs.csv", "month,category,amount\n1,sales,5\n2,sales,5\n"
    )
    run = user.run("check")
    assert run.returncode == 2
    for part in (
        "line 1: reporting_currency",
        "line 3: flat: reps: formats: hire_date: '%Q' is no date format",
        "line 3: flat: reps: delimiter must be one character",
        "has no column 'Start'; it has",
        "costs.csv: 2 of 2 rows",
    ):
        assert part in run.stdout
    assert "A refresh would fail." in run.stdout


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("SALES_KPIS_WAREHOUSE", "landing", "landing is a folder; name a file in it"),
        ("SALES_KPIS_WAREHOUSE", "note.txt/private.duckdb", "note.txt is a file, so "),
        ("SALES_KPIS_WAREHOUSE", "note.txt", "note.txt is no DuckDB file"),
        ("SALES_KPIS_WAREHOUSE", "core.duckdb", "cannot be called core.duckdb"),
        ("SALES_KPIS_WAREHOUSE", "sales.2026.duckdb", "cannot be called sales.2026.duckdb"),
        ("SALES_KPIS_WAREHOUSE", "published/sales_kpis.duckdb", "is the file to publish"),
        ("SALES_KPIS_WAREHOUSE", "/proc/w/private.duckdb", "/proc cannot be written"),
        ("SALES_KPIS_PUBLISHED", "note.txt", "note.txt is a file; name the folder"),
        ("SALES_KPIS_PUBLISHED", "note.txt/published", "note.txt is a file, so "),
        ("SALES_KPIS_PUBLISHED", "taken", "sales_kpis.duckdb is a file of somebody else's"),
        ("SALES_KPIS_PUBLISHED", "/proc/published", "/proc cannot be written"),
        ("SALES_KPIS_LANDING", "note.txt", "note.txt: the landing folder is a file"),
        ("SALES_KPIS_LANDING", "nowhere", "SALES_KPIS_LANDING names does not exist"),
    ],
)
def test_a_place_that_cannot_be_used_exits_2_before_anything_begins(user, variable, value, message):
    user.write("note.txt", "my notes")
    user.write("taken/sales_kpis.duckdb", "mine")
    run = user.run("refresh", **{variable: str(user.root / value)})
    assert run.returncode == 2
    assert message in run.stderr
    assert run.stderr.count("\n") == 1
    assert not (user.root / "warehouse").exists()
    assert (user.root / "note.txt").read_text() == "my notes"


HOLD = """
import sys, time
from pathlib import Path
from orchestration.state import warehouse_lock
with warehouse_lock(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_rollback_says_what_it_waits_for(user):
    warehouse = user.root / "warehouse" / "private.duckdb"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(warehouse)],
        cwd=PROJECT_DIR,
        stdout=subprocess.PIPE,
        text=True,
    )
    with holder:
        assert holder.stdout.readline() == "held\n"
        process = user.start("rollback")
        said = process.stdout.readline()
        holder.kill()
    _, errors = process.communicate(timeout=60)
    assert said.startswith(f"Another run is at work (process {holder.pid}, since 20")
    assert process.returncode == 1
    assert "Nothing is published" in errors


def test_docs_can_be_made_before_anything_was_built(user):
    run = user.run("docs")
    assert (run.returncode, run.stderr) == (0, "")
    path = user.root / "warehouse" / "private.target" / "static_index.html"
    assert str(path) in run.stdout
    assert "kpi_win_rate" in path.read_text()


@pytest.mark.parametrize(
    ("number", "code", "after"),
    [
        (signal.SIGINT, 130, "Starting ..."),
        (signal.SIGTERM, 143, "Building ..."),
    ],
)
def test_a_refresh_that_is_stopped_says_so_and_lets_go(user, number, code, after):
    process = user.start("refresh")
    said = [line for line in iter(process.stdout.readline, after + "\n") if line]
    process.send_signal(number)
    more, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (code, "Stopped; the published file is as it was.\n")
    assert not (user.root / "published").exists(), [*said, more]
    with warehouse_lock(user.root / "warehouse" / "private.duckdb", timeout_seconds=0):
        pass


def test_a_taken_port_is_told_before_dagster_starts(user):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        for arguments, environ in (
            (["dagster", "--port", port], {}),
            (["dagster"], {"SALES_KPIS_DAGSTER_PORT": port}),
        ):
            run = user.run(*arguments, **environ)
            assert run.returncode == 2
            assert run.stderr.startswith(f"sales-kpis: Port {port} on 127.0.0.1 cannot be used")
            assert "SALES_KPIS_DAGSTER_PORT=3001 make dagster" in run.stderr


def test_help_names_every_variable():
    run = subprocess.run([PROGRAM, "--help"], capture_output=True, text=True)
    page = " ".join(run.stdout.split())
    for name in ("LANDING", "WAREHOUSE", "PUBLISHED", "CONFIG", "DAGSTER_PORT", "WEBHOOK_URL"):
        assert f"SALES_KPIS_{name}" in page


@pytest.mark.parametrize("port", ["0", "65536", "http", "-1"])
def test_a_port_that_is_none_exits_2(user, port):
    for run in (
        user.run("dagster", f"--port={port}"),
        user.run("dagster", SALES_KPIS_DAGSTER_PORT=port),
    ):
        assert run.returncode == 2
        assert "from 1 to 65535" in run.stderr


def test_dagster_ends_with_all_that_it_started(user):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    process = user.start("dagster", f"--port={port}")
    assert process.stdout.readline().startswith("Starting Dagster")
    said = process.stdout.readline()
    assert said.startswith(f"Dagster's UI: http://127.0.0.1:{port} (history in "), (
        said + process.communicate()[1]
    )
    with socket.create_connection(("127.0.0.1", port)):
        pass
    children = set(descendants(process.pid))
    assert len(children) >= 3, "the UI, the daemon and what serves the definitions"
    process.terminate()
    said, errors = process.communicate(timeout=60)
    assert (process.returncode, said) == (0, "Stopping Dagster ...\n")
    assert "Warning" not in errors
    for _ in range(100):
        if not any(is_running(pid) for pid in children):
            break
        time.sleep(0.1)
    assert not [pid for pid in children if is_running(pid)]


def is_running(pid: int) -> bool:
    """Whether a process exists and has not ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def descendants(pid: int) -> Iterator[int]:
    """Processes that a process has started, and those that they have."""
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in children.read_text().split():
            yield int(child)
            yield from descendants(int(child))
