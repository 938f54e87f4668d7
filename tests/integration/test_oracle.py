"""The warehouse and the independent computation agree row by row on awkward companies.

One company goes the user's way, through `sales-kpis refresh`. The others run the SQL that dbt
compiled and ran for the fixture company, model by model in the same order, and then its data
tests: a second or two each, where dbt takes half a minute.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path

import duckdb
import pytest

from orchestration.contract import load_contract
from orchestration.landing import land
from orchestration.scanning import scan
from orchestration.settings import Settings
from orchestration.sql import literal
from orchestration.warehouse import connect
from tests.awkward import write_company
from tests.conftest import Company
from tests.oracle import compute
from tests.oracle.compare import differences, read_published
from tests.oracle.metrics import METRICS

# Companies with Salesforce deals, without a CRM, and with both; with an as-of date before the
# end of the data (1), a deal reopened after it (20), targets of quarters and months (5, 18).
SEEDS = [1, 2, 3, 5, 7, 12, 18, 20, 25, 41]


@dataclass(frozen=True)
class CompiledProject:
    """What dbt ran for a warehouse: seeds, models in the order of the run, data tests."""

    warehouse: Path
    schemas: set[str]
    seeds: list[str]
    models: list[str]
    tests: dict[str, str]

    @staticmethod
    def read(warehouse: Path) -> CompiledProject:
        target = warehouse.with_suffix(".target")
        nodes = json.loads((target / "manifest.json").read_text())["nodes"]
        # Every file that dbt compiled; two models or tests of one name cannot be.
        compiled = {path.name: path.read_text() for path in target.glob("compiled/**/*.sql")}
        graph = {key: node["depends_on"].get("nodes", []) for key, node in nodes.items()}
        order = [nodes[key] for key in TopologicalSorter(graph).static_order() if key in nodes]
        seeds = [node for node in order if node["resource_type"] == "seed"]
        models = [node for node in order if node["resource_type"] == "model"]
        return CompiledProject(
            warehouse,
            {node["schema"] for node in [*seeds, *models]},
            [relation(node) for node in seeds],
            [
                f"create {node['config']['materialized']} {relation(node)} as "
                + compiled[Path(node["path"]).name]
                for node in models
            ],
            {
                node["name"]: compiled[Path(node["path"]).name]
                for node in order
                if node["resource_type"] == "test"
            },
        )

    def build(self, company: Path) -> tuple[Path, dict[str, int]]:
        """The warehouse of a company, and what its data tests found."""
        environ = {
            "SALES_KPIS_LANDING": str(company / "landing"),
            "SALES_KPIS_CONFIG": str(company / "config.yml"),
            # dbt writes the name of the file into its SQL.
            "SALES_KPIS_WAREHOUSE": str(company / self.warehouse.name),
            "SALES_KPIS_PUBLISHED": str(company / "published"),
        }
        settings = Settings.load(environ)
        contract = load_contract(settings.project_dir)
        with connect(settings.warehouse_path) as con:
            land(con, settings, contract, scan(settings, contract))
            for schema in self.schemas:
                con.execute(f"create schema if not exists {schema}")
            con.execute(f"attach {literal(self.warehouse)} as compiled (read_only)")
            for seed in self.seeds:
                con.execute(f"create table {seed} as from compiled.{seed}")
            con.execute("detach compiled")
            for create in self.models:
                con.execute(create)
            found = {
                name: con.execute(f"select count(*) from ({select})").fetchone()[0]
                for name, select in self.tests.items()
            }
        return settings.warehouse_path, {name: rows for name, rows in found.items() if rows}


def relation(node: dict) -> str:
    return f"{node['schema']}.{node['alias']}"


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


def test_a_refresh_publishes_the_figures_of_the_independent_computation(tmp_path: Path) -> None:
    write_company(tmp_path, 8)
    company = Company(tmp_path, tmp_path / "landing", tmp_path / "config.yml")
    run = company.run("refresh")
    assert run.returncode == 0, run.stdout + run.stderr
    assert_same_figures(tmp_path, company.published)


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
