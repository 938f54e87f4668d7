"""The warehouse and the independent computation agree row by row on awkward companies.

One company goes the user's way, through `sales-kpis refresh`; the others run what dbt compiled
for the fixture company, its data tests too.
"""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from tests.awkward import write_company
from tests.conftest import Company
from tests.integration.compiled import CompiledProject
from tests.oracle import compute
from tests.oracle.compare import differences, read_published
from tests.oracle.metrics import METRICS

# Companies with Salesforce deals, without a CRM, and with both; with an as-of date before the
# end of the data (1), a deal reopened after it (20), targets of quarters and months (5, 18).
SEEDS = [1, 2, 3, 5, 8, 12, 18, 20, 25, 41]
# What Salesforce may bring besides: see tests.awkward.company.TRAITS.
TRAITS = [
    (1, ["merges", "two"]),
    (12, ["two orgs", "merges", "short ids", "many"]),
    (8, ["currencies", "mixed"]),
    (4, ["currencies", "two orgs", "split", "latin-1"]),
]


@pytest.fixture(scope="module")
def compiled(refreshed_fixture: Company) -> CompiledProject:
    project = CompiledProject.read(refreshed_fixture.warehouse)
    assert len(project.models) > 100
    assert len(project.tests) > 100
    return project


@pytest.mark.parametrize("seed", SEEDS)
def test_every_figure_equals_the_independent_computation(
    seed: int, compiled: CompiledProject, tmp_path: Path
) -> None:
    write_company(tmp_path, seed)
    warehouse, broken = compiled.build(tmp_path)
    assert broken == {}
    assert_same_figures(tmp_path, warehouse)


@pytest.mark.parametrize(("seed", "traits"), TRAITS, ids=[" ".join(t) for _, t in TRAITS])
def test_figures_of_companies_with_merges_currencies_and_orgs_equal_it_too(
    seed: int, traits: list[str], compiled: CompiledProject, tmp_path: Path
) -> None:
    write_company(tmp_path, seed, traits=traits)
    warehouse, broken = compiled.build(tmp_path)
    assert broken == {}
    assert_same_figures(tmp_path, warehouse)


@pytest.mark.parametrize(("seed", "traits"), [(1, ["merges", "currencies", "two orgs"])])
def test_either_dialect_of_salesforce_gives_the_same_figures(
    seed: int, traits: list[str], compiled: CompiledProject, tmp_path: Path
) -> None:
    """Weekly exports, extracts of the APIs, and a weekly export with the APIs' changes."""
    figures = []
    for dialect in ("two", "rest", "mixed"):
        write_company(tmp_path / dialect, seed, traits=[*traits, "two", dialect])
        warehouse, broken = compiled.build(tmp_path / dialect)
        assert broken == {}
        with duckdb.connect(str(warehouse), read_only=True) as con:
            figures.append(con.execute("from kpis.kpi_values order by all").fetchall())
    weekly, rest, mixed = figures
    assert len(weekly) > 5000
    assert rest == weekly
    assert mixed == weekly


def test_a_refresh_publishes_the_figures_of_the_independent_computation(
    tmp_path: Path, monkeypatch
) -> None:
    # Its run is none of those in the history that other tests look at.
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "dagster"))
    write_company(tmp_path, 7)
    [deals] = tmp_path.glob("landing/flat/full/*/opportunities.csv")
    header, *rows = deals.read_text(encoding="utf-8").splitlines()
    rows = [f"{row},P{number % 2}" for number, row in enumerate(rows)]
    deals.write_text("\n".join([f"{header},Partner Name", *rows, ""]), encoding="utf-8")
    with (tmp_path / "config.yml").open("a", encoding="utf-8") as config:
        config.write("custom_fields: {opportunities: [Partner Name]}\n")
    company = Company(tmp_path, tmp_path / "landing", tmp_path / "config.yml")
    run = company.run("refresh")
    assert run.returncode == 0, run.stdout + run.stderr
    assert_same_figures(tmp_path, company.published)
    partners = company.query(
        'select distinct "partner name" from core.fct_opportunities order by 1'
    )
    assert partners == [("P0",), ("P1",)], "custom fields reach the facts"


def assert_same_figures(company: Path, database: Path) -> None:
    actual = read_published(database)
    expected = compute(company / "landing", company / "config.yml")
    assert set(actual["kpi"]) <= set(METRICS), "a metric that the oracle does not know"
    assert set(expected["kpi"]) <= set(actual["kpi"]), "a metric that the warehouse lacks"
    found = differences(expected, actual)
    assert found.empty, found.head(20).to_string()


def test_every_metric_is_compared(compiled: CompiledProject) -> None:
    with duckdb.connect(str(compiled.warehouse), read_only=True) as con:
        catalogue = {kpi for (kpi,) in con.execute("select kpi from kpis.kpi_catalog").fetchall()}
    assert catalogue == set(METRICS)
