"""When there is nothing new, and who may write the warehouse."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from orchestration.contents import Content, hash_of
from orchestration.contract import load_contract
from orchestration.errors import RefreshError
from orchestration.scanning import scan
from orchestration.settings import Settings
from orchestration.state import (
    begin_run,
    code_fingerprint,
    end_run,
    forget_warehouse,
    load_state,
    note_audit,
    note_landed,
    published_version_if_nothing_new,
    warehouse_lock,
)

PROJECT_DIR = Path(__file__).parents[2]


class Company:
    """A project of few files with a landing folder, as it is after a run that published."""

    def __init__(self, root: Path) -> None:
        self.project = root / "project"
        shutil.copytree(PROJECT_DIR / "models" / "staging", self.project / "models" / "staging")
        for name in ("seeds/stages.csv", "macros/casts.sql", "tests/data/check.sql", "README.md"):
            self.write(self.project / name, "as it was")
        self.environ = {
            "SALES_KPIS_LANDING": str(root / "landing"),
            "SALES_KPIS_WAREHOUSE": str(root / "private.duckdb"),
            "SALES_KPIS_PUBLISHED": str(root / "published"),
            "SALES_KPIS_CONFIG": str(root / "config.yml"),
        }
        self.extract = root / "landing" / "flat" / "full" / "2026-01-01" / "reps.csv"
        self.write(self.extract, "rep_id\n1\n")
        self.write(root / "config.yml", "settings: {company_name: Acme}")
        self.write(root / "private.duckdb", "")
        self.write(root / "published" / "versions" / "v1" / "sales_kpis.duckdb", "")
        self.link = root / "published" / "sales_kpis.duckdb"
        self.link.symlink_to("versions/v1/sales_kpis.duckdb")
        self.begin()
        self.land()
        end_run(self.settings, "v1")

    @staticmethod
    def write(path: Path, text: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    @property
    def settings(self) -> Settings:
        return Settings.load(self.environ, self.project)

    def scan(self):
        return scan(self.settings, load_contract(self.project))

    def begin(self) -> None:
        begin_run(self.settings)

    def land(self) -> None:
        found = self.scan()
        contents = {str(file): Content(file.stat, hash_of(file.path)) for file in found.files}
        note_landed(self.settings, found, contents)

    def nothing_new_since(self) -> str | None:
        return published_version_if_nothing_new(self.settings, self.scan())


@pytest.fixture
def company(tmp_path) -> Company:
    return Company(tmp_path)


def test_nothing_is_new_after_a_published_run(company):
    assert company.nothing_new_since() == "v1"


@pytest.mark.parametrize("part", ["models/x.sql", "seeds/stages.csv", "macros/casts.sql"])
def test_changed_code_models_and_seeds_are_new(company, part):
    company.write(company.project / part, "changed")
    assert company.nothing_new_since() is None


def test_a_changed_check_is_new_since_it_may_fail_now(company):
    company.write(company.project / "tests/data/check.sql", "changed")
    assert company.nothing_new_since() is None


def test_a_changed_page_is_not_new(company):
    company.write(company.project / "README.md", "changed")
    assert company.nothing_new_since() == "v1"


def test_a_changed_extract_is_new(company):
    company.write(company.extract, "rep_id\n2\n")
    assert company.nothing_new_since() is None


def test_an_extract_replaced_by_one_of_the_same_size_and_time_is_new(company):
    before = company.extract.stat()
    company.write(company.extract, "rep_id\n2\n")
    os.utime(company.extract, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert company.nothing_new_since() is None


def test_an_extract_that_was_touched_or_copied_is_not_new(company):
    company.extract.chmod(0o600)
    os.utime(company.extract, (1, 1))
    assert company.nothing_new_since() == "v1"
    other = company.extract.with_name("other.csv")
    shutil.copyfile(company.extract, other)
    other.replace(company.extract)
    assert company.nothing_new_since() == "v1"


def test_an_extract_that_was_touched_is_read_once(company):
    os.utime(company.extract, (1, 1))
    assert company.nothing_new_since() == "v1"
    contents = company.settings.warehouse_path.with_suffix(".contents.json")
    remembered = json.loads(contents.read_text())
    [known] = remembered.values()
    assert known[1] == 10**9


def test_an_extract_that_is_gone_is_new(company):
    other = company.extract.with_name("costs.csv")
    company.write(other, "month,amount\n")
    company.begin()
    company.land()
    end_run(company.settings, "v2")
    assert company.nothing_new_since() == "v2"
    other.unlink()
    assert company.nothing_new_since() is None


def test_another_delivery_is_new(company):
    company.write(company.extract.parents[1] / "2026-01-02" / "reps.csv", "rep_id\n1\n")
    assert company.nothing_new_since() is None


def test_a_delivery_that_is_not_complete_yet_is_not_new(company):
    company.write(company.extract.parents[1] / "2026-01-02.part" / "reps.csv", "rep_id\n1\n")
    assert company.nothing_new_since() == "v1"


def test_changed_configuration_is_new_and_its_comments_are_not(company):
    config = Path(company.environ["SALES_KPIS_CONFIG"])
    config.write_text("# a comment\nsettings: {company_name: Acme}")
    assert company.nothing_new_since() == "v1"
    config.write_text("settings: {company_name: Bcme}")
    assert company.nothing_new_since() is None


def test_another_landing_folder_is_new(company, tmp_path):
    shutil.copytree(tmp_path / "landing", tmp_path / "other")
    company.environ["SALES_KPIS_LANDING"] = str(tmp_path / "other")
    assert company.nothing_new_since() is None


def test_another_published_folder_is_new(company, tmp_path):
    shutil.copytree(tmp_path / "published", tmp_path / "elsewhere", symlinks=True)
    company.environ["SALES_KPIS_PUBLISHED"] = str(tmp_path / "elsewhere")
    assert company.nothing_new_since() is None


def test_a_missing_warehouse_is_new(company):
    company.settings.warehouse_path.unlink()
    assert company.nothing_new_since() is None


def test_a_link_that_leads_nowhere_is_new(company):
    shutil.rmtree(company.link.parent / "versions")
    assert company.nothing_new_since() is None


def test_after_a_failed_run_the_next_one_tries_again_even_if_all_is_as_before(company):
    company.write(company.extract, "rep_id\n2\n")
    company.begin()
    assert company.nothing_new_since() is None
    company.write(company.extract, "rep_id\n1\n")
    assert company.nothing_new_since() is None


def test_after_a_rollback_the_old_version_stays(company):
    company.write(company.link.parent / "versions" / "v0" / "sales_kpis.duckdb", "")
    company.link.unlink()
    company.link.symlink_to("versions/v0/sales_kpis.duckdb")
    assert company.nothing_new_since() == "v1"


@pytest.mark.parametrize("text", ["", "{", "[]", '{"begun": null}', '{"unknown": 1}'])
def test_a_state_that_cannot_be_read_is_as_none(company, text):
    company.settings.warehouse_path.with_suffix(".state.json").write_text(text)
    assert company.nothing_new_since() is None


def test_a_run_that_begins_has_passed_no_audit_yet(company):
    warehouse = company.settings.warehouse_path
    note_audit(warehouse, is_audited=True)
    assert load_state(warehouse).is_audited
    company.begin()
    assert not load_state(warehouse).is_audited
    assert load_state(warehouse).version == "v1"


def test_a_forgotten_warehouse_is_gone_with_its_state(company):
    removed = forget_warehouse(company.settings.warehouse_path)
    assert {path.name for path in removed} == {
        "private.duckdb",
        "private.state.json",
        "private.contents.json",
    }
    assert company.nothing_new_since() is None


def test_the_code_fingerprint_is_of_contents_not_of_times_or_places(company, tmp_path):
    shutil.copytree(company.project, tmp_path / "clone", copy_function=shutil.copyfile)
    assert code_fingerprint(tmp_path / "clone") == code_fingerprint(company.project)


HOLD = """
import sys, time
from pathlib import Path
from orchestration.state import warehouse_lock
with warehouse_lock(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def other_run(tmp_path):
    """Another process that holds the lock."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path / "private.duckdb")],
        stdout=subprocess.PIPE,
        text=True,
        cwd=PROJECT_DIR,
    )
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_a_second_run_is_told_who_holds_the_lock_and_gives_up_in_time(other_run, tmp_path):
    told = []
    started = time.monotonic()
    with (
        pytest.raises(RefreshError, match=f"process {other_run.pid}, since 20"),
        warehouse_lock(
            tmp_path / "private.duckdb", timeout_seconds=0.3, on_wait=told.append, poll_seconds=0.05
        ),
    ):
        pytest.fail("the lock was given twice")
    assert time.monotonic() - started < 5
    assert len(told) == 1
    assert told[0].startswith(f"process {other_run.pid}, since 20")


def test_a_second_run_goes_on_when_the_first_is_killed(other_run, tmp_path):
    def kill(holder):
        other_run.send_signal(signal.SIGKILL)

    with warehouse_lock(tmp_path / "private.duckdb", 30, on_wait=kill, poll_seconds=0.05):
        pass


def test_the_process_that_holds_the_lock_may_take_it_again(tmp_path):
    path = tmp_path / "private.duckdb"
    with warehouse_lock(path):
        with warehouse_lock(path, timeout_seconds=0):
            pass
        check = f"{HOLD.split('with')[0]}\nwith warehouse_lock(Path(sys.argv[1]), 0): pass"
        run = subprocess.run(
            [sys.executable, "-c", check, str(path)],
            cwd=PROJECT_DIR,
            capture_output=True,
            text=True,
        )
        assert "RefreshError" in run.stderr, "the inner use has given the lock away"


def test_two_warehouses_can_be_written_at_once(other_run, tmp_path):
    with warehouse_lock(tmp_path / "another.duckdb", timeout_seconds=0):
        pass


def test_the_lock_lasts_as_long_as_dbt_writes_for_a_run_that_was_killed(tmp_path):
    path = tmp_path / "private.duckdb"
    script = f"""
import subprocess, sys, time
from pathlib import Path
from orchestration.state import inherited_lock, warehouse_lock
path = Path({str(path)!r})
with warehouse_lock(path):
    child = subprocess.Popen(["sleep", "60"], pass_fds=inherited_lock(path))
    print(child.pid, flush=True)
    time.sleep(60)
"""
    run = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, cwd=PROJECT_DIR
    )
    child = int(run.stdout.readline())
    run.kill()
    run.wait()
    run.stdout.close()
    with pytest.raises(RefreshError), warehouse_lock(path, timeout_seconds=0):
        pass
    os.kill(child, signal.SIGKILL)
    with warehouse_lock(path, timeout_seconds=10, poll_seconds=0.05):
        pass
