"""Runs dbt, always in a process of its own: inside ours it could keep the warehouse locked.

Everything dbt writes stands beside the warehouse that it builds, so that two warehouses can be
built at the same time.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from orchestration.errors import RefreshError
from orchestration.progress import shown_path
from orchestration.settings import Settings
from orchestration.state import code_fingerprint, inherited_lock, load_state, replace_text

# Unit tests prove the code, not the data: `make test` runs them. The manifest is that of the
# parse before, and the results are in the events: writing both again takes seconds.
BUILD = ("--no-write-json", "build", "--exclude-resource-type", "unit_test")
MESSAGE_LINES = 12
SECONDS_TO_END = 10
# Of the rows that a failed check finds, as many are shown, each in a line of so many characters.
SHOWN_ROWS = 5
ROW_WIDTH = 200

Event = dict[str, Any]


@dataclass(frozen=True)
class Dbt:
    """The dbt project, building the warehouse of these settings."""

    settings: Settings

    @property
    def target_dir(self) -> Path:
        """Where dbt keeps the manifest, the compiled SQL and the results."""
        return self.settings.warehouse_path.with_suffix(".target")

    def manifest(self) -> dict[str, Any]:
        """The project as dbt parsed it; parsed again only when the code has changed.

        Raises:
            RefreshError: dbt cannot parse the project.
        """
        path = self.target_dir / "manifest.json"
        parsed = self.target_dir / "parsed_code"
        code = code_fingerprint(self.settings.project_dir)
        if not (path.exists() and parsed.exists() and parsed.read_text() == code):
            lines = list(self.events(["parse"]))
            if not path.exists() or lines[-1]["exit_code"] != 0:
                raise RefreshError("dbt cannot parse the models:\n" + errors_of(lines))
            replace_text(parsed, code)
        return json.loads(path.read_text(encoding="utf-8"))

    def events(
        self, arguments: Sequence[str], environment: Mapping[str, str] | None = None
    ) -> Iterator[Event]:
        """Runs `dbt <arguments>`; yields its structured log events, then `{"exit_code": n}`.

        A line that is no event (a Python warning, say) is yielded as an event of its own.
        """
        process = subprocess.Popen(
            [
                str(Path(sys.executable).with_name("dbt")),
                "--log-format=json",
                "--no-use-colors",
                # What dbt says is in its events; what it ran is in the target folder.
                "--log-level-file=none",
                f"--log-path={self.target_dir}",
                *arguments,
                f"--project-dir={self.settings.project_dir}",
                f"--profiles-dir={self.settings.project_dir / 'profiles'}",
                f"--target-path={self.target_dir}",
            ],
            cwd=self.settings.project_dir,
            env={
                **os.environ,
                **(environment or {}),
                "SALES_KPIS_WAREHOUSE": str(self.settings.warehouse_path.absolute()),
                "SALES_KPIS_MEMORY_LIMIT": self.settings.memory_limit or "none",
                "PYTHONUNBUFFERED": "1",
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            # The lock outlives us for as long as dbt still writes.
            pass_fds=inherited_lock(self.settings.warehouse_path),
        )
        assert process.stdout is not None
        _running.add(process)
        try:
            for line in process.stdout:
                yield _event(line)
            exit_code = process.wait()
        finally:
            process.stdout.close()
            _end(process)
            _running.discard(process)
        yield {"exit_code": exit_code, **_plain("")}

    def make_docs(self) -> Path:
        """Makes the documentation site, one file that opens without a server.

        Before a warehouse was built, without types of columns and compiled SQL.

        Raises:
            RefreshError: dbt could not make it.
        """
        arguments = ["docs", "generate", "--static"]
        if not load_state(self.settings.warehouse_path).version:
            # Some models look into tables of others to be compiled.
            self.manifest()
            arguments += ["--no-compile", "--empty-catalog"]
        events = list(self.events(arguments))
        if events[-1]["exit_code"] != 0:
            raise RefreshError("dbt could not make the documentation:\n" + errors_of(events))
        return self.target_dir / "static_index.html"


def with_attached_tests(manifest: dict[str, Any]) -> dict[str, Any]:
    """The manifest with each test attached to a model, so that Dagster shows all as checks.

    A test of its own file that reads several models is attached by dbt to none: here to the
    first that it names.
    """
    for unique_id, node in manifest["nodes"].items():
        models = [name for name in node["depends_on"].get("nodes", ()) if name.startswith("model.")]
        if unique_id.startswith("test.") and not node.get("attached_node") and models:
            node["attached_node"] = models[0]
    return manifest


def private_columns(manifest: Mapping[str, Any]) -> frozenset[str]:
    """Names, in lower case, of the columns that are private in any model or extract."""
    return frozenset(
        name.lower()
        for node in (*manifest["nodes"].values(), *manifest["sources"].values())
        for name, column in node.get("columns", {}).items()
        if (column.get("config", {}).get("meta") or column.get("meta") or {}).get("private")
    )


def describe_failures(
    events: Sequence[Event], warehouse_path: Path, private: Collection[str] = ()
) -> str:
    """What failed in a build, for a person: which check, its first rows, where to look.

    Columns of the names in `private` are not shown.
    """
    failures: dict[str, list[str]] = {}
    rows: dict[str, int] = {}
    skipped = total = 0
    for event in events:
        name, data = event["info"]["name"], event["data"]
        unique_id = data.get("node_info", {}).get("unique_id")
        if name == "LogTestResult":
            rows[unique_id] = data["num_failures"]
        elif name == "RunResultFailure":
            kind = "check" if data["resource_type"] == "test" else data["resource_type"]
            failures[unique_id] = [f"- {kind} {data['node_name']} ({data['path']})"]
        elif name == "RunResultError" and unique_id in failures:
            lines = data["msg"].splitlines()
            if rows.get(unique_id):
                lines = [f"found {rows[unique_id]} row{'s' if rows[unique_id] > 1 else ''}"]
            failures[unique_id] += [f"    {line}" for line in lines[:MESSAGE_LINES]]
        elif name == "SQLCompiledPath" and unique_id in failures:
            path = Path(data["path"])
            if rows.get(unique_id):
                failures[unique_id] += _first_rows(warehouse_path, path, private)
            failures[unique_id].append(f"    {shown_path(path)}")
        elif name == "StatsLine":
            skipped, total = data["stats"]["skip"], data["stats"]["total"]
    used_up = [event for event in events if "Out of Memory" in event["info"]["msg"]]
    if used_up:
        return (
            f"out of memory while building {len(failures)} of {total} models. Close other "
            "programs, or raise SALES_KPIS_MEMORY_LIMIT where it is set; then refresh again"
        )
    if not failures:
        return "dbt failed:\n" + errors_of(events)
    return "\n".join(
        [
            f"{len(failures)} of {total} models and checks failed, "
            f"{skipped} that depend on them were skipped:",
            *(line for lines in failures.values() for line in lines),
            f"See what a file finds: duckdb -readonly {shown_path(warehouse_path)} -f <file>",
        ]
    )


def _first_rows(warehouse_path: Path, sql_path: Path, private: Collection[str]) -> list[str]:
    """The first rows that a check finds, a line each; none where they cannot be read."""
    try:
        query = sql_path.read_text(encoding="utf-8").strip().rstrip(";")
        with duckdb.connect(str(warehouse_path), read_only=True) as con:
            con.execute("set TimeZone = 'UTC'")
            result = con.execute(f"select * from (\n{query}\n) limit {SHOWN_ROWS}")
            names = [column[0] for column in result.description]
            rows = result.fetchall()
    except (OSError, duckdb.Error):
        return []
    lines = []
    for row in rows:
        shown = [
            f"{name}: {' '.join(str(value).split())}"
            for name, value in zip(names, row, strict=True)
            if value is not None and name.lower() not in private
        ]
        line = "; ".join(shown)
        lines.append(f"      {line if len(line) <= ROW_WIDTH else line[: ROW_WIDTH - 3] + '...'}")
    return lines if any(line.strip() for line in lines) else []


def errors_of(events: Sequence[Event]) -> str:
    """The messages of the error events, or the last lines where dbt gave none."""
    messages = [event["info"]["msg"] for event in events if event["info"]["level"] == "error"]
    if not messages:
        messages = [event["info"]["msg"] for event in events][-MESSAGE_LINES:]
    return "\n".join(message for message in messages if message.strip())


_running: set[subprocess.Popen[str]] = set()


def stop_dbt() -> None:
    """Ends whatever dbt is doing for this process, in whichever thread."""
    for process in list(_running):
        _end(process)


def _end(process: subprocess.Popen[str]) -> None:
    for end in (process.terminate, process.kill):
        if process.poll() is not None:
            return
        end()
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=SECONDS_TO_END)


def _event(line: str) -> Event:
    try:
        event = json.loads(line)
        return event if "info" in event else _plain(line)
    except (ValueError, TypeError):
        return _plain(line)


def _plain(line: str) -> Event:
    return {"info": {"name": "Line", "msg": line.rstrip("\n"), "level": "info"}, "data": {}}
