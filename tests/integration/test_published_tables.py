"""The published file against the catalogue and the page of the tables."""

import duckdb
import pytest

from orchestration.dbt_models import Project
from orchestration.table_docs import columns_of, published_tables

PROJECT = Project.read()


@pytest.fixture(scope="module")
def published_columns(refreshed_fixture) -> dict[str, list[str]]:
    """Names of the columns of every published table, by `schema.table`."""
    with duckdb.connect(str(refreshed_fixture.published), read_only=True) as connection:
        rows = connection.execute(
            "select schema_name || '.' || table_name, list(column_name order by column_index) "
            "from duckdb_columns() where not internal group by all"
        ).fetchall()
    return dict(rows)


def test_every_metric_is_one_table(published_columns):
    tables = {name.removeprefix("kpis.") for name in published_columns if name.startswith("kpis.")}
    others = {"kpi_values", "kpi_scorecard", "kpi_catalog", "kpi_targets"}
    assert tables - others == {f"kpi_{row['kpi']}" for row in PROJECT.catalogue}


def test_rep_quarter_has_a_column_for_every_metric_of_reps_and_quarters(published_columns):
    metrics = {row["kpi"] for row in PROJECT.catalogue}
    expected = {
        row["kpi"]
        for row in PROJECT.catalogue
        if "rep" in row["scopes"].split() and "quarter" in row["periods"].split()
    }
    assert metrics & set(published_columns["marts.rep_quarter"]) == expected


def test_the_page_of_the_tables_names_every_table_and_column(published_columns):
    documented = {
        table.sql_name: sorted(column.name for column in columns_of(PROJECT, table))
        for table in published_tables(PROJECT)
    }
    published = {name: sorted(columns) for name, columns in published_columns.items()}
    differing = {
        name: sorted({*documented.get(name, [])} ^ {*published.get(name, [])})
        for name in documented.keys() | published.keys()
        if documented.get(name) != published.get(name)
    }
    assert not differing, "columns that only the YAML or only the published table has"
