"""Full copies delivered again and again change no figure, whatever raw lets go of."""

from __future__ import annotations

import shutil

import duckdb

from tests.conftest import COMPANY
from tests.integration.compiled import CompiledProject

FIGURES = "select * from kpis.kpi_values order by all"


def test_the_same_full_copy_every_week_gives_the_same_figures(refreshed_fixture, tmp_path):
    shutil.copytree(COMPANY / "landing", tmp_path / "landing")
    newest = tmp_path / "landing" / "salesforce" / "full" / "2025-06-18"
    for date in ("2025-06-25", "2025-07-02"):
        shutil.copytree(newest, newest.with_name(date))
    config = (COMPANY / "config.yml").read_text()
    config = config.replace(
        "settings:\n", "settings:\n  raw_deliveries_kept: 1\n  as_of_date: 2025-06-18\n", 1
    )
    (tmp_path / "config.yml").write_text(config)
    warehouse, broken = CompiledProject.read(refreshed_fixture.warehouse).build(tmp_path)
    assert broken == {}
    with duckdb.connect(str(warehouse), read_only=True) as con:
        # Of a copy that came again, nothing is left; of the first delivery, what was deleted.
        superseded = con.execute(
            "select sum(rows_superseded) = sum(rows_landed) from raw.object_files "
            "where source = 'salesforce' and delivery between '2025-06-18' and '2025-06-25'"
        ).fetchone()
        deleted = con.execute(
            "select count(*) from raw.salesforce__Opportunity where _delivery = '2025-06-11'"
        ).fetchone()
        figures = con.execute(FIGURES).fetchall()
    assert superseded == (True,)
    assert deleted[0] > 0
    with duckdb.connect(str(refreshed_fixture.published), read_only=True) as con:
        assert figures == con.execute(FIGURES).fetchall()
