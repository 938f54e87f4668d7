"""Many readers while version after version is published: no error, never a mixed version.

`SALES_KPIS_TEST_PUBLISHES=300` publishes as often (default: 8).
"""

from __future__ import annotations

import multiprocessing
import os
import shutil
from pathlib import Path
from typing import Any

import duckdb

from tests.faults.test_crashes import make_warehouse, publish, run_of, seen

PUBLISHES = int(os.environ.get("SALES_KPIS_TEST_PUBLISHES", "8"))
SPAWN = multiprocessing.get_context("spawn")


def read_anew(link: Path, stop: Any, results: Any) -> None:
    """Opens the published file again and again, as a report does; tells the runs it saw."""
    seen_runs: list[str] = []
    try:
        while not stop.is_set():
            with duckdb.connect(str(link), read_only=True) as con:
                seen_runs.append(run_of(con))
        results.put(("anew", seen_runs, None))
    except BaseException as error:
        results.put(("anew", seen_runs, f"{type(error).__name__}: {error}"))


def read_on(link: Path, stop: Any, results: Any) -> None:
    """Keeps one connection open, as a BI server does; its version never changes."""
    seen_runs: list[str] = []
    try:
        with duckdb.connect(str(link), read_only=True) as con:
            while not stop.is_set():
                seen_runs.append(run_of(con.cursor()))
        results.put(("on", seen_runs, None))
    except BaseException as error:
        results.put(("on", seen_runs, f"{type(error).__name__}: {error}"))


def test_readers_see_one_whole_version_or_the_next(tmp_path, record_property):
    published = tmp_path / "published"
    link = published / "sales_kpis.duckdb"
    warehouse = tmp_path / "private.duckdb"
    publish(make_warehouse(warehouse, "0000"), published, "0000", keep_versions=1)
    stop, results = SPAWN.Event(), SPAWN.Queue()
    readers = [
        SPAWN.Process(target=target, args=(link, stop, results))
        for target in (read_anew, read_anew, read_on)
    ]
    for reader in readers:
        reader.start()
    for number in range(1, PUBLISHES + 1):
        # The version that the long-lived reader has open is removed at the third.
        publish(
            make_warehouse(warehouse, f"{number:04}"), published, f"{number:04}", keep_versions=1
        )
    stop.set()
    found = [results.get(timeout=120) for _ in readers]
    for reader in readers:
        reader.join()
    assert [error for _, _, error in found if error] == []
    for kind, runs, _ in found:
        assert runs == sorted(runs), "a reader went back to an older version"
        assert kind == "anew" or len(set(runs)) == 1
        assert runs
    assert seen(published) == f"{PUBLISHES:04}"
    assert sorted(path.name for path in (published / "versions").iterdir()) == [
        f"v-{PUBLISHES - 1:04}",
        f"v-{PUBLISHES:04}",
    ]
    record_property("reads", sum(len(runs) for _, runs, _ in found))


def test_a_reader_goes_on_when_the_folder_of_its_version_is_gone(tmp_path):
    published = tmp_path / "published"
    publish(make_warehouse(tmp_path / "private.duckdb", "a"), published, "a")
    with duckdb.connect(str(published / "sales_kpis.duckdb"), read_only=True) as con:
        assert run_of(con) == "a"
        shutil.rmtree(published / "versions")
        assert run_of(con.cursor()) == "a"
