"""Runs dbt, always in a process of its own: inside ours it could keep the warehouse locked.

Everything dbt writes stands beside the warehouse that it builds, so that two warehouses can be
built at the same time.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestration.errors import RefreshError
from orchestration.progress import shown_path
from orchestration.settings import Settings
from orchestration.state import code_fingerprint, inherited_lock, replace_text

# Unit tests prove the code, not the data: `make test` runs them.
BUILD = ("build", "--exclude-resource-type", "unit_test")


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
    ) -> Iterator[dict[str, Any]]:
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
        try:
            for line in process.stdout:
                yield _event(line)
        finally:
            process.stdout.close()
            if process.poll() is None:
                process.terminate()
            exit_code = process.wait()
        yield {"exit_code": exit_code, "info": {"name": "Exit", "msg": "", "level": "info"}}

    def make_docs(self) -> Path:
        """Makes the documentation site, one file that opens without a server.

        Raises:
            RefreshError: dbt could not make it.
        """
        arguments = ["docs", "generate", "--static"]
        if not self.settings.warehouse_path.exists():
            arguments.append("--empty-catalog")
        events = list(self.events(arguments))
        if events[-1]["exit_code"] != 0:
            raise RefreshError("dbt could not make the documentation:\n" + errors_of(events))
        return self.target_dir / "static_index.html"

    def results(self) -> list[dict[str, Any]]:
        """The results of the last build, one per node; empty if it did not get so far."""
        try:
            content = (self.target_dir / "run_results.json").read_text(encoding="utf-8")
        except FileNotFoundError:
            return []
        return json.loads(content)["results"]

    def forget_results(self) -> None:
        """Before a build: the results of the one before must not be taken for its own."""
        (self.target_dir / "run_results.json").unlink(missing_ok=True)

    def describe_failures(self, manifest: Mapping[str, Any]) -> str:
        """What failed in the last build: which check, how many rows, where to look."""
        results = self.results()
        failed = [result for result in results if result["status"] in ("fail", "error")]
        if not failed:
            return ""
        skipped = sum(result["status"] == "skipped" for result in results)
        lines = [
            f"{len(failed)} of {len(results)} models and checks failed, "
            f"{skipped} that depend on them were skipped:"
        ]
        for result in failed:
            node = manifest["nodes"].get(result["unique_id"], {})
            lines.append(f"- {_title(node, result)}")
            if result["status"] == "error":
                lines.extend(f"    {line}" for line in (result["message"] or "").splitlines()[:12])
            if node.get("resource_type") in ("model", "test"):
                lines.append(f"    {self.compiled_path(node)}")
        if any(result["status"] == "fail" for result in failed):
            warehouse = shown_path(self.settings.warehouse_path)
            lines.append(f"Each file finds the rows: duckdb -readonly {warehouse} -f <file>")
        return "\n".join(lines)

    def compiled_path(self, node: Mapping[str, Any]) -> str:
        """The file with the SQL of a model or test, as it was run."""
        original = Path(node["original_file_path"])
        compiled = self.target_dir / "compiled" / node["package_name"] / original
        if node["resource_type"] == "test" and original.suffix != ".sql":
            compiled = compiled / node["path"]
        return shown_path(compiled)


def errors_of(events: Sequence[Mapping[str, Any]]) -> str:
    """The messages of the error events, or the last lines where dbt gave none."""
    messages = [event["info"]["msg"] for event in events if event["info"]["level"] == "error"]
    if not messages:
        messages = [event["info"]["msg"] for event in events][-10:]
    return "\n".join(message for message in messages if message.strip())


def _title(node: Mapping[str, Any], result: Mapping[str, Any]) -> str:
    kind = "check" if node.get("resource_type") == "test" else node.get("resource_type", "node")
    name = node.get("name", result["unique_id"])
    if result["status"] == "error":
        return f"{kind} {name} could not be {'run' if kind == 'check' else 'built'}:"
    count = result.get("failures") or 0
    description = f": {node['description'].strip()}" if node.get("description") else ""
    return f"{kind} {name} found {count} row{'' if count == 1 else 's'}{description}"


def _event(line: str) -> dict[str, Any]:
    try:
        event = json.loads(line)
        return event if "info" in event else _plain(line)
    except (ValueError, TypeError):
        return _plain(line)


def _plain(line: str) -> dict[str, Any]:
    return {"info": {"name": "Line", "msg": line.rstrip("\n"), "level": "info"}, "data": {}}
