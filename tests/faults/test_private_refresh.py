"""A whole refresh over extracts full of private values, which fails, succeeds, and is killed.

`SALES_KPIS_TEST_REFRESH_KILLS=50` kills the whole refresh as often (default: once, before the
run that succeeds).
"""

from __future__ import annotations

import csv
import io
import os
import random
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from tests.conftest import COMPANY, PROJECT_DIR, Company
from tests.faults.extracts import CONTRACT, MARK

KILLS = int(os.environ.get("SALES_KPIS_TEST_REFRESH_KILLS", "1"))
SEED = int(os.environ.get("SALES_KPIS_TEST_SEED", "1"))
SECONDS_TO_BUILD = 12
PERSON = (
    '"firstname": "{0}", "lastname": "{0}", "email": "{0}@x.example", "phone": "{0}", '
    '"mobilephone": "{0}", "createdate": "2025-05-01T10:00:00Z"'
)
PORTAL = {
    "contacts.jsonl": (
        f'{{{{"id": "901", "properties": {{{{"hs_object_id": "901", {PERSON}}}}}}}}}\n'
        '{{"id": "902", "properties": {{"email": "{0}@x.example", "createdate": "soon"}}}}\n'
        '{{"email": "{0}@x.example"\n{{"email": "{0}"}}\n{{"id": "903"}}\n'
    ),
    "owners.jsonl": '{{"id": "101", "email": "{0}@x.example", "firstName": "Ow"}}\n',
    "emails.jsonl": (
        '{{"id": "701", "properties": {{"hs_object_id": "701", "hs_email_subject": "{0}",'
        ' "hs_timestamp": "2025-05-02T10:00:00Z"}}}}\n'
    ),
}
# What the portal's contacts are no part of.
OF_DEALS = ("sales", "win_rate", "mrr", "quota_attainment", "pipeline_value", "sales_cycle_days")
SETTINGS = "settings:\n"


@pytest.fixture(scope="module")
def planted(tmp_path_factory, refreshed_fixture) -> Iterator[Company]:
    """The fixture company and a HubSpot portal, a mark in each of their private cells."""
    root = tmp_path_factory.mktemp("planted")
    landing = root / "landing"
    shutil.copytree(COMPANY / "landing", landing)
    for path in sorted(landing.rglob("*.csv")):
        plant(path, path.relative_to(landing).parts[0])
    portal = landing / "hubspot" / "full" / "2025-06-18"
    portal.mkdir(parents=True)
    for name, text in PORTAL.items():
        (portal / name).write_text(text.format(MARK))
    config = root / "config.yml"
    text = (COMPANY / "config.yml").read_text()
    config.write_text(text.replace(SETTINGS, f"{SETTINGS}  max_reject_share: 0.9\n", 1))
    # Its runs are none of those in the history that other tests look at.
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DAGSTER_HOME", str(root / "dagster"))
        yield Company(root, landing, config)


def plant(path: Path, source: str) -> None:
    """Puts marks into the private columns of a file, and lines that cannot be split behind it."""
    table = CONTRACT.find(source, path.stem)
    header, *rows = csv.reader(io.StringIO(path.read_text(encoding="utf-8"), newline=""))
    private = [
        position
        for position, name in enumerate(header)
        if name.lower() in table.columns_by_name
        and table.columns_by_name[name.lower()].private
        # What a history of leads says of other fields than names is no contact data.
        and name not in ("OldValue", "NewValue", "Subject")
    ]
    # Reps are matched by their addresses.
    if not private or path.stem in ("User", "reps"):
        return
    for number, row in enumerate(rows):
        for position in private:
            if row[position]:
                row[position] = f"{MARK}{number}@x.example"
    broken = [f"{MARK}@x.example"] * (len(header) + 1)
    stream = io.StringIO()
    csv.writer(stream, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(
        [header, *rows, broken, broken[:2], ["", *broken[2:]]]
    )
    path.write_text(stream.getvalue(), encoding="utf-8")


def leaked(company: Company, *outputs: str) -> Iterator[str]:
    """Where a mark stands that should not."""
    for output in outputs:
        if MARK in output:
            yield next(line for line in output.splitlines() if MARK in line)
    folders = [company.published.parent, Path(os.environ["DAGSTER_HOME"])]
    folders += [company.warehouse.parent / "logs", company.warehouse.with_suffix(".target")]
    for folder in folders:
        for path in folder.rglob("*"):
            if path.is_file() and MARK.encode() in path.read_bytes():
                yield str(path)
    if company.published.exists():
        for table, column in company.query(
            'select format(\'"{}"."{}"\', schema_name, table_name), format(\'"{}"\', column_name) '
            "from duckdb_columns() where not internal"
        ):
            found = company.query(
                f"select {column} from {table} where contains({column}::varchar, '{MARK}') limit 1"
            )
            if found:
                yield f"{table}.{column}"


def test_private_values_leave_no_trace_outside_the_warehouse(planted, refreshed_fixture):
    extra = planted.landing / "salesforce" / "full" / "2025-06-18" / "Opportunity.csv"
    good = extra.read_bytes()
    contact = extra.with_name("Contact.csv")
    good_contact = contact.read_bytes()
    extra.write_bytes(good.replace(b"StageName", b"Stufe", 1))
    contact.write_bytes(good_contact.partition(b"\n")[2])  # its header is lost
    refused = planted.run("refresh")
    assert refused.returncode == 1
    assert "StageName" in refused.stderr and "Traceback" not in refused.stderr
    assert list(leaked(planted, refused.stdout, refused.stderr)) == []

    extra.write_bytes(good)
    contact.write_bytes(good_contact)
    kill_refresh(planted, random.Random(SEED).uniform(0, SECONDS_TO_BUILD))
    assert not planted.published.exists()
    assert list(leaked(planted)) == []
    run = planted.run("refresh")
    assert run.returncode == 0, run.stdout + run.stderr
    assert list(leaked(planted, run.stdout, run.stderr)) == []
    hidden = planted.query(
        "select object, value from quality.rejected_rows where object in ('Contact', 'contacts')"
    )
    assert ("Contact", "<hidden>") in hidden and ("contacts", "<hidden>") in hidden
    with duckdb.connect(str(planted.warehouse), read_only=True) as con:
        [(planted_rows,)] = con.execute(
            f"select count(*) from raw.salesforce__Contact where contains(Email, '{MARK}')"
        ).fetchall()
    assert planted_rows, "the marks were landed"
    names = ", ".join(f"'{name}'" for name in OF_DEALS)
    of_deals = f"from kpis.kpi_values where kpi in ({names}) order by all"
    assert planted.query(of_deals) == refreshed_fixture.query(of_deals) != []


def test_what_a_refresh_writes_is_for_owner_and_group_only(planted):
    for folder in (planted.warehouse.parent, planted.published.parent):
        for path in (folder, *folder.rglob("*")):
            if not path.is_symlink():
                assert stat.S_IMODE(path.stat().st_mode) & 0o007 == 0, path


def kill_refresh(company: Company, seconds: float) -> None:
    """Kills a refresh and all that it has started so long after it has begun to land."""
    state = company.warehouse.with_suffix(".state.json")
    before = state.stat().st_mtime_ns if state.exists() else None
    process = subprocess.Popen(
        [str(Path(sys.executable).with_name("sales-kpis")), "refresh", "--again"],
        cwd=PROJECT_DIR,
        env={**os.environ, **company.environ},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    while process.poll() is None and before == (
        state.stat().st_mtime_ns if state.exists() else None
    ):
        time.sleep(0.05)
    time.sleep(seconds)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@pytest.mark.skipif(KILLS == 1, reason="half a minute for each: SALES_KPIS_TEST_REFRESH_KILLS")
def test_a_refresh_killed_at_any_moment_leaves_the_old_or_the_new(planted, record_property):
    every_figure = "from kpis.kpi_values order by all"
    expected = planted.query(every_figure)
    draw = random.Random(SEED)
    new = 0
    for number in range(1, KILLS + 1):
        before = planted.published.readlink()
        kill_refresh(planted, draw.uniform(0, 2.5 * SECONDS_TO_BUILD))
        new += planted.published.readlink() != before
        assert planted.query(every_figure) == expected
        if number % 5 == 0 or number == KILLS:
            run = planted.run("refresh", "--again")
            assert run.returncode == 0, run.stdout + run.stderr
            assert planted.query(every_figure) == expected
            assert list(leaked(planted, run.stdout, run.stderr)) == []
    record_property("kills", KILLS)
    record_property("new", new)
