"""Whole companies of foreign exports, mapped by configuration alone, give the figures that pandas
computes from the same files; and `sales-kpis check` tells what it makes of them."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import duckdb
import pytest

from tests.conftest import Company
from tests.foreign import developer_org, german_crm, lead_funnel, subscription_business
from tests.foreign.figures import Figures, differences
from tests.integration.compiled import CompiledProject

# The number of figures that are compared at least, and what the company does not deliver.
COMPANIES = {
    german_crm: (5000, "leads"),
    lead_funnel: (2500, "quotas"),
    subscription_business: (2500, "opportunities"),
    developer_org: (5000, "costs"),
}
EVERY_COMPANY = pytest.mark.parametrize(
    "foreign", COMPANIES, ids=[module.__name__.rpartition(".")[2] for module in COMPANIES]
)


@pytest.fixture(scope="module")
def compiled(refreshed_fixture: Company) -> CompiledProject:
    return CompiledProject.read(refreshed_fixture.warehouse)


@pytest.fixture(scope="module")
def build(
    compiled: CompiledProject, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[ModuleType], Company]:
    """Makes a foreign company and its warehouse, once."""

    @functools.cache
    def make(foreign: ModuleType) -> Company:
        company = company_of(foreign, tmp_path_factory.mktemp("foreign"))
        return built(compiled, company)

    return make


def built(compiled: CompiledProject, company: Company) -> Company:
    """The company after every data test has passed; its rows are all taken and read."""
    warehouse, broken = compiled.build(company.root)
    assert broken == {}
    assert rows(warehouse, "from quality.rejected_rows") == []
    assert rows(warehouse, "from quality.cast_failures") == []
    return company


def rows(warehouse: Path, query: str) -> list[tuple]:
    with duckdb.connect(str(warehouse), read_only=True) as con:
        return con.execute(query).fetchall()


def warehouse_of(company: Company) -> Path:
    """Where `compiled` builds."""
    return company.root / "private.duckdb"


@functools.cache
def figures_of(foreign: ModuleType, landing: Path) -> Figures:
    return foreign.figures(landing)


@EVERY_COMPANY
def test_figures_equal_those_computed_from_the_files(
    foreign: ModuleType, build: Callable[[ModuleType], Company]
) -> None:
    company = build(foreign)
    expected = figures_of(foreign, company.landing)
    least, _ = COMPANIES[foreign]
    assert sum(map(len, expected.values.values())) > least
    assert differences(expected, warehouse_of(company)) == []


def test_the_api_gives_the_figures_of_the_weekly_export(
    build: Callable[[ModuleType], Company], compiled: CompiledProject, tmp_path: Path
) -> None:
    developer_org.write_api_extracts(tmp_path / "landing")
    (tmp_path / "config.yml").write_text(developer_org.CONFIG, encoding="utf-8")
    api = built(compiled, Company(tmp_path, tmp_path / "landing", tmp_path / "config.yml"))
    query = "from kpis.kpi_values order by all"
    weekly = rows(warehouse_of(build(developer_org)), query)
    assert len(weekly) > 5000
    assert rows(warehouse_of(api), query) == weekly


@EVERY_COMPANY
def test_check_understands_every_file_and_tells_what_is_missing(
    foreign: ModuleType, build: Callable[[ModuleType], Company], tmp_path: Path
) -> None:
    company = company_of(foreign, tmp_path)
    run = company.run("check")
    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stdout.endswith("Nothing needs mending.\n")
    for path in company.landing.rglob("*.*"):
        assert path.name in run.stdout
    [promised] = re.findall(r"^Metrics: (\d+) of", run.stdout, re.MULTILINE)
    computed = figures_of(foreign, build(foreign).landing)
    assert int(promised) >= len({kpi for kpi, *_ in computed.values})
    _, missing = COMPANIES[foreign]
    assert f"  without {missing}: " in run.stdout


def company_of(foreign: ModuleType, root: Path) -> Company:
    foreign.write(root / "landing")
    config = root / "config.yml"
    config.write_text(foreign.CONFIG, encoding="utf-8")
    return Company(root, root / "landing", config)


def test_check_of_a_half_wrong_folder_names_every_problem_at_once(tmp_path: Path) -> None:
    company = company_of(german_crm, tmp_path)
    folder = company.landing / german_crm.DELIVERY

    def edit(name: str, old: str, new: str, encoding: str = "utf-8") -> None:
        text = (folder / name).read_bytes().decode(encoding)
        assert old in text
        (folder / name).write_bytes(text.replace(old, new, 1).encode(encoding))

    # What senders do: rename a column, save as a workbook, cut a file short, send an empty one,
    # write numbers the English way; and the one who configures misspells a key.
    edit("deals-8812345-14.csv", "Deal - Value", "Deal - Amount", "windows-1252")
    edit("Anrufe.csv", "Nebenstelle", "Durchwahl")
    (folder / "activities.csv").write_bytes(b"PK\x03\x04" + bytes(50))
    edit("organizations.csv", "Kunde B", '"Kunde B', "windows-1252")
    (folder / "Kurse.csv").write_bytes(b"")
    edit("Planung.csv", "1.000.000 €", "1,000,000.00 €")
    text = company.config.read_text(encoding="utf-8")
    company.config.write_text(text.replace("discount:", "discont:", 1), encoding="utf-8")

    run = company.run("check")
    assert run.returncode == 2
    found = run.stdout.partition("To be mended:\n")[2]
    for words in (
        "deals-8812345-14.csv has no column 'Deal - Value'; it has Deal - ID, Deal - Title,",
        "Anrufe.csv has no column 'Nebenstelle'; it has Datum, Uhrzeit, Durchwahl,",
        "activities.csv: line 1: this is a ZIP archive or an Excel workbook, not CSV",
        "organizations.csv: line 3: a quote that begins here never ends",
        "Kurse.csv: the file has no bytes",
        "has no column 'discont'; it has line_id, opportunity_id,",
    ):
        assert words in found, found
    # What is right is told about, and what is odd in it.
    assert "  quotas: 4 rows, 3 filtered, 1 rejected of 8 in 1 file (Planung.csv)" in run.stdout
    assert "flat quotas: 1 row rejected (amount is required but not money" in run.stdout
    assert "  reps: 5 rows in 1 file (Vertriebsteam.csv)" in run.stdout
    assert "Traceback" not in run.stdout + run.stderr
