"""Whole companies of foreign exports, mapped by configuration alone, give the figures that pandas
computes from the same files; and `sales-kpis check` tells what it makes of them."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import duckdb
import pytest

from tests.conftest import Company
from tests.foreign import developer_org, german_crm, lead_funnel, subscription_business
from tests.foreign.figures import differences
from tests.integration.compiled import CompiledProject

# What each has at least: figures that are compared, and metrics that can be computed.
COMPANIES = {
    german_crm: (5000, 47),
    lead_funnel: (2500, 61),
    subscription_business: (2500, 24),
    developer_org: (5000, 54),
}


@pytest.fixture(scope="module")
def compiled(refreshed_fixture: Company) -> CompiledProject:
    return CompiledProject.read(refreshed_fixture.warehouse)


def name_of(module: ModuleType) -> str:
    return module.__name__.rpartition(".")[2]


@pytest.mark.parametrize("foreign", COMPANIES, ids=name_of)
def test_figures_equal_those_computed_from_the_files(
    foreign: ModuleType, compiled: CompiledProject, tmp_path: Path
) -> None:
    warehouse = build(foreign.write, foreign.CONFIG, compiled, tmp_path)
    with duckdb.connect(str(warehouse), read_only=True) as con:
        assert con.execute("from quality.rejected_rows").fetchall() == []
        assert con.execute("from quality.cast_failures").fetchall() == []
    expected = foreign.figures(tmp_path / "landing")
    least, _ = COMPANIES[foreign]
    assert sum(map(len, expected.values.values())) > least
    assert differences(expected, warehouse) == []


def test_the_api_gives_the_figures_of_the_weekly_export(
    compiled: CompiledProject, tmp_path: Path
) -> None:
    figures = []
    for write in (developer_org.write, developer_org.write_api_extracts):
        warehouse = build(write, developer_org.CONFIG, compiled, tmp_path / write.__name__)
        with duckdb.connect(str(warehouse), read_only=True) as con:
            figures.append(con.execute("from kpis.kpi_values order by all").fetchall())
    weekly, api = figures
    assert len(weekly) > 5000
    assert api == weekly


def build(write, config: str, compiled: CompiledProject, root: Path) -> Path:
    write(root / "landing")
    (root / "config.yml").write_text(config, encoding="utf-8")
    warehouse, broken = compiled.build(root)
    assert broken == {}
    return warehouse


@pytest.mark.parametrize("foreign", COMPANIES, ids=name_of)
def test_check_understands_it(foreign: ModuleType, tmp_path: Path) -> None:
    company = company_of(foreign, tmp_path)
    run = company.run("check")
    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stdout.endswith("Nothing needs mending.\n")
    _, metrics = COMPANIES[foreign]
    assert f"Metrics: {metrics} of " in run.stdout
    for path in company.landing.rglob("*.*"):
        assert path.name in run.stdout, "every file is understood"


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
        "Planung.csv",
        "has no column 'discont'; it has line_id, opportunity_id,",
    ):
        assert words in found, found
    assert "Traceback" not in run.stdout + run.stderr
