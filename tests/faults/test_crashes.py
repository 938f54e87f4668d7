"""Landing and publishing stopped at any moment, out of disk, out of memory: old or new, whole.

`SALES_KPIS_TEST_KILLS=200` kills as often (default: 6 of each).
"""

from __future__ import annotations

import multiprocessing
import os
import random
import resource
import shutil
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from orchestration import publishing, steps
from orchestration.contract import load_contract
from orchestration.errors import RefreshError
from orchestration.landing import land, scan
from orchestration.machine import machine_faults
from orchestration.progress import Reporter
from orchestration.warehouse import open_warehouse
from tests.faults.extracts import PROJECT_DIR
from tests.unit.landing_company import Company
from tests.unit.test_publishing import ABOUT, manifest_of, node

KILLS = int(os.environ.get("SALES_KPIS_TEST_KILLS", "6"))
SEED = int(os.environ.get("SALES_KPIS_TEST_SEED", "1"))
ROWS = 20_000
MANIFEST = manifest_of(
    node("core", "fct_deals", {"run": "The run.", "n": "Number.", "text": "Text."}),
    node("marts", "rep_quarter", {"run": "The run.", "n": "Number."}),
)


def in_process(work: Callable[..., None], *arguments: object) -> multiprocessing.Process:
    process = multiprocessing.get_context("fork").Process(target=work, args=arguments)
    process.start()
    return process


def killed_after(seconds: float, work: Callable[..., None], *arguments: object) -> bool:
    """Runs `work` in a process that is killed then; whether it was still at work."""
    process = in_process(work, *arguments)
    time.sleep(seconds)
    process.kill()
    process.join()
    return process.exitcode == -signal.SIGKILL


# Landing


@pytest.fixture(scope="module")
def good(tmp_path_factory) -> Company:
    """A company, landed in peace."""
    company = Company(tmp_path_factory.mktemp("good"))
    rows = "".join(f"{n},Name {n},{n % 97}\n" for n in range(ROWS))
    company.deliver("salesforce/full/2026-11-13/Account.csv", f"Id,Name,AnnualRevenue\n{rows}")
    company.deliver_zip(
        "salesforce/full/2026-11-20/WE_1.ZIP",
        {"Account.csv": f"Id,Name,New\n{rows}", "Contact.csv": "Id,Email\n1,a@x.example\n"},
    )
    company.deliver("flat/full/2026-11-20/costs.csv", "month,amount\n" + "2026-01,5\n" * ROWS)
    company.deliver("flat/full/2026-11-20/reps.jsonl", '{"rep_id": "1", "name": "A"}\n' * 5000)
    company.land()
    return company


def beginning_again(good: Company, root: Path) -> Company:
    """The same extracts, and no warehouse yet."""
    company = Company(root)
    shutil.copytree(good.settings.landing_dir, company.settings.landing_dir, dirs_exist_ok=True)
    return company


def land_now(company: Company) -> None:
    found = scan(company.settings, company.contract)
    with open_warehouse(company.settings, found) as con:
        land(con, company.settings, company.contract, found)


def without_states(content: dict) -> dict:
    return {name: rows for name, rows in content.items() if name != "landing_folder"}


def test_landing_killed_at_any_moment_is_made_good_by_the_next(good, tmp_path, record_property):
    expected = without_states(good.raw_content())
    draw = random.Random(SEED)
    killed = 0
    started = time.monotonic()
    land_now(beginning_again(good, tmp_path / "timed"))
    took = time.monotonic() - started
    for number in range(-(-KILLS // 3)):
        company = beginning_again(good, tmp_path / str(number))
        for _ in range(3):  # the second and third time in what the first has left
            killed += killed_after(draw.uniform(0, took), land_now, company)
        company.land()
        assert without_states(company.raw_content()) == expected
        leftovers = [path.name for path in company.settings.warehouse_path.parent.iterdir()]
        assert [name for name in leftovers if name.startswith(".landing-")] == []
        shutil.rmtree(company.root)
    record_property("killed", killed)


def land_with_small_files(company: Company, limit: int, told: object) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    tell(lambda: land_through_steps(company), told)


def tell(work: Callable[[], object], told: object) -> None:
    """Sends the message of the error that a user would see; another error as it is."""
    try:
        work()
        told.send("nothing")
    except RefreshError as error:
        told.send(str(error))
    except BaseException as error:
        told.send(f"unexpected {type(error).__name__}: {error}")


def land_through_steps(company: Company) -> None:
    with machine_faults("landing", company.settings.warehouse_path.parent):
        land_now(company)


def message_of(work: Callable[..., None], *arguments: object) -> str:
    receiver, sender = multiprocessing.get_context("fork").Pipe(duplex=False)
    process = in_process(work, *arguments, sender)
    text = receiver.recv()
    process.join()
    return text


@pytest.mark.parametrize("limit", [0, 1 << 18, 3 << 19])
def test_landing_on_a_full_disk_says_so_and_the_next_makes_good(good, tmp_path, limit):
    company = beginning_again(good, tmp_path)
    text = message_of(land_with_small_files, company, limit)
    assert "disk" in text and "unexpected" not in text, text
    assert "Traceback" not in text and "\n" not in text
    company.land()
    assert without_states(company.raw_content()) == without_states(good.raw_content())


def test_a_warehouse_that_was_never_whole_is_made_anew(good, tmp_path):
    company = beginning_again(good, tmp_path)
    path = company.settings.warehouse_path
    path.parent.mkdir()
    for start in (b"", good.settings.warehouse_path.read_bytes()[:5000]):
        path.write_bytes(start)
        company.land()
        assert without_states(company.raw_content()) == without_states(good.raw_content())


def land_with_little_memory(company: Company, told: object) -> None:
    tell(lambda: land_through_steps(company), told)


@pytest.mark.parametrize("limit", ["2MB", "20MB"])
def test_landing_with_little_memory_says_so_or_works(good, tmp_path, limit):
    company = beginning_again(good, tmp_path)
    settings = company.settings
    company.settings = replace(settings, memory_limit=limit)
    text = message_of(land_with_little_memory, company)
    assert text == "nothing" or ("memory" in text.lower() and "unexpected" not in text), text
    company.settings = settings
    company.land()
    assert without_states(company.raw_content()) == without_states(good.raw_content())


# Publishing


def make_warehouse(path: Path, run: str, rows: int = ROWS) -> Path:
    path.unlink(missing_ok=True)
    with duckdb.connect(str(path)) as con:
        con.execute(
            f"""
            create schema raw; create schema core; create schema marts;
            create table raw.settings as
            select 'Acme' as company_name, false as is_demo, date '2026-11-20' as as_of_date,
                'EUR' as reporting_currency;
            create table core.fct_deals as
            select '{run}' as run, range as n, md5(range::varchar) as text from range({rows});
            create table marts.rep_quarter as
            select '{run}' as run, range as n from range({rows // 4});
            """
        )
    return path


def publish(warehouse: Path, published: Path, run: str, **arguments) -> publishing.Release:
    about = {**ABOUT, "run_id": run}
    return publishing.publish(warehouse, published, MANIFEST, f"v-{run}", about, **arguments)


def seen(published: Path) -> str:
    """The run whose whole version readers see."""
    with duckdb.connect(str(published / "sales_kpis.duckdb"), read_only=True) as con:
        return run_of(con)


def run_of(con: duckdb.DuckDBPyConnection) -> str:
    [(run, deals, marts, rows)] = con.execute(
        """
        select run_id, (select list(distinct run) from core.fct_deals),
            (select list(distinct run) from marts.rep_quarter),
            (select count(distinct text) from core.fct_deals)
        from quality.about
        """
    ).fetchall()
    assert deals == marts == [run] and rows == ROWS
    return run


def test_publishing_killed_at_any_moment_leaves_the_old_or_the_new(tmp_path, record_property):
    published = tmp_path / "published"
    warehouse = make_warehouse(tmp_path / "private.duckdb", "old")
    started = time.monotonic()
    publish(warehouse, published, "0000")
    took = time.monotonic() - started
    make_warehouse(warehouse, "old")
    draw = random.Random(SEED)
    killed = new = 0
    for number in range(1, KILLS + 1):
        before = f"{number:04}"
        make_warehouse(warehouse, before)
        publish(warehouse, published, before)
        after = f"{number:04}-next"
        make_warehouse(warehouse, after)
        killed += killed_after(draw.uniform(0, 1.2 * took), publish, warehouse, published, after)
        run = seen(published)
        assert run in (before, after)
        new += run == after
    make_warehouse(warehouse, "last")
    publish(warehouse, published, "last")
    assert seen(published) == "last"
    assert not list(published.glob("versions/*.part")) and not list(published.glob(".sales*"))
    record_property("killed", killed)
    record_property("new", new)


def publish_with_small_files(warehouse: Path, published: Path, limit: int, told: object) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    def work() -> None:
        with machine_faults("publishing", published):
            publish(warehouse, published, "new")

    tell(work, told)


@pytest.mark.parametrize("limit", [0, 1 << 14, 1 << 18])
def test_publishing_on_a_full_disk_says_so_and_leaves_the_old(tmp_path, limit):
    published = tmp_path / "published"
    publish(make_warehouse(tmp_path / "private.duckdb", "old"), published, "old")
    warehouse = make_warehouse(tmp_path / "private.duckdb", "new")
    text = message_of(publish_with_small_files, warehouse, published, limit)
    assert text.startswith(f"no space left on the disk of {published}"), text
    assert seen(published) == "old"
    assert [path.name for path in (published / "versions").iterdir()] == ["v-old"]
    publish(warehouse, published, "new")
    assert seen(published) == "new"


def test_steps_tell_what_the_machine_lacks(tmp_path):
    company = Company(tmp_path)
    company.contract = load_contract(PROJECT_DIR)
    company.deliver("flat/full/2026-11-20/reps.csv", "rep_id,name\n1,Ann\n")
    settings = replace(company.settings, project_dir=PROJECT_DIR, memory_limit="1MB")
    with pytest.raises(RefreshError, match=r"out of memory.*SALES_KPIS_MEMORY_LIMIT"):
        steps.land_extracts(settings, Reporter())
