"""The SQL that dbt ran for the fixture company, run for another company.

Seeds, models in the order of their dependencies, then the data tests, in one DuckDB process: a
second or two for a small company, where dbt takes half a minute.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path

from orchestration.contract import load_contract
from orchestration.landing import land
from orchestration.scanning import scan
from orchestration.settings import Settings
from orchestration.sql import literal
from orchestration.warehouse import connect


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

        def compiled(node: dict) -> str:
            """A model's SQL lies where its file does, a generic test's below its YAML file."""
            path = target / "compiled" / node["package_name"] / node["original_file_path"]
            return (path / node["path"] if path.suffix == ".yml" else path).read_text()

        graph = {key: node["depends_on"].get("nodes", []) for key, node in nodes.items()}
        order = [nodes[key] for key in TopologicalSorter(graph).static_order() if key in nodes]
        seeds = [node for node in order if node["resource_type"] == "seed"]
        models = [node for node in order if node["resource_type"] == "model"]
        return CompiledProject(
            warehouse,
            {node["schema"] for node in [*seeds, *models]},
            [relation(node) for node in seeds],
            [
                f"create {node['config']['materialized']} {relation(node)} as " + compiled(node)
                for node in models
            ],
            {node["name"]: compiled(node) for node in order if node["resource_type"] == "test"},
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
            # DuckDB's parallel windows fail once in many hundred small builds.
            con.execute("set threads = 1")
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
