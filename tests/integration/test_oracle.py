"""The warehouse and the independent computation agree row by row on awkward companies."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.awkward import write_company
from tests.oracle import compute
from tests.oracle.compare import differences, read_published
from tests.oracle.metrics import METRICS

PROJECT = Path(__file__).parents[2]
# Companies with Salesforce deals, without a CRM, and with both kinds of deals.
SEEDS = [2, 7, 3]


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One warehouse for all companies: rebuilt for each, but the models are parsed once."""
    return tmp_path_factory.mktemp("warehouse") / "private.duckdb"


@pytest.mark.parametrize("seed", SEEDS)
def test_every_figure_equals_the_independent_computation(
    seed: int, warehouse: Path, tmp_path: Path
) -> None:
    write_company(tmp_path, seed)
    run = subprocess.run(
        [str(Path(sys.executable).with_name("sales-kpis")), "refresh"],
        cwd=PROJECT,
        env={
            **os.environ,
            "SALES_KPIS_LANDING": str(tmp_path / "landing"),
            "SALES_KPIS_WAREHOUSE": str(warehouse),
            "SALES_KPIS_PUBLISHED": str(tmp_path / "published"),
            "SALES_KPIS_CONFIG": str(tmp_path / "config.yml"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    actual = read_published(tmp_path / "published" / "sales_kpis.duckdb")
    expected = compute(tmp_path / "landing", tmp_path / "config.yml")
    assert set(actual["kpi"]) <= set(METRICS), "a metric that the oracle does not know"
    # A metric that the warehouse does not have yet is no difference of figures.
    expected = expected[expected["kpi"].isin(set(actual["kpi"]))]
    found = differences(expected, actual)
    assert found.empty, found.head(20).to_string()
