"""One refresh of the fixture company, shared by all tests: dbt takes seconds, a query none."""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

PROJECT_DIR = Path(__file__).parents[1]
COMPANY = PROJECT_DIR / "tests" / "fixtures" / "company"


@dataclass(frozen=True)
class Company:
    """A company's landing folder, its configuration, and a folder for what is made of them."""

    root: Path
    landing: Path
    config: Path
    output: str = ""

    @property
    def warehouse(self) -> Path:
        return self.root / "warehouse" / "private.duckdb"

    @property
    def published(self) -> Path:
        return self.root / "published" / "sales_kpis.duckdb"

    @property
    def environ(self) -> Mapping[str, str]:
        return {
            "SALES_KPIS_LANDING": str(self.landing),
            "SALES_KPIS_CONFIG": str(self.config),
            "SALES_KPIS_WAREHOUSE": str(self.warehouse),
            "SALES_KPIS_PUBLISHED": str(self.published.parent),
        }

    def run(self, *arguments: str) -> subprocess.CompletedProcess:
        """Runs `sales-kpis <arguments>` as a user would."""
        return subprocess.run(
            [str(Path(sys.executable).with_name("sales-kpis")), *arguments],
            cwd=PROJECT_DIR,
            env={**os.environ, **self.environ},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=600,
        )

    def query(self, sql: str) -> list[tuple]:
        """Rows of a query on the published file."""
        with duckdb.connect(str(self.published), read_only=True) as con:
            return con.execute(sql).fetchall()


@pytest.fixture(scope="session", autouse=True)
def own_dagster_home(tmp_path_factory):
    """Runs of tests must not show in the history of the user's own runs."""
    os.environ["DAGSTER_HOME"] = str(tmp_path_factory.mktemp("dagster"))


@pytest.fixture(scope="session")
def refreshed_fixture(tmp_path_factory, own_dagster_home) -> Company:
    """The fixture company after `sales-kpis refresh`. Read it; change copies only."""
    root = tmp_path_factory.mktemp("company")
    company = Company(root, COMPANY / "landing", COMPANY / "config.yml")
    run = company.run("refresh")
    assert run.returncode == 0, run.stdout + run.stderr
    return Company(company.root, company.landing, company.config, output=run.stdout)
