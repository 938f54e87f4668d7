"""From every figure to its records: the queries of docs/kpis.md on the fixture company."""

import duckdb
import pytest

from orchestration.dbt_models import Project
from orchestration.kpi_docs import example_query
from orchestration.tracing import KEYS, traces, tracing_query

PROJECT = Project.read()
BY_NAME = {row["kpi"]: row for row in PROJECT.catalogue}
TRACEABLE = [kpi for kpi in sorted(BY_NAME) if tracing_query(PROJECT, f"kpi_{kpi}")]


@pytest.fixture(scope="module")
def published(refreshed_fixture):
    with duckdb.connect(str(refreshed_fixture.published), read_only=True) as connection:
        yield connection


@pytest.mark.parametrize("kpi", TRACEABLE)
def test_every_figure_has_as_many_records_as_its_sample_size(kpi, published):
    counted = "\nunion all\n".join(trace.counts() for trace in traces(PROJECT, f"kpi_{kpi}"))
    compared, wrong = published.execute(
        f"""
        with found as (
            select {", ".join(KEYS)}, sum(records) as records from ({counted}) group by all
        )
        select
            count(*),
            list((figures.scope_type, figures.scope_id, period_type, period_start::varchar,
                  sample_size, coalesce(records, 0)))
                filter (where sample_size <> coalesce(records, 0))
        from kpis.kpi_values as figures
        left join found using (scope_type, scope_id, period_type, period_start)
        where kpi = $kpi
        """,
        {"kpi": kpi},
    ).fetchone()
    assert compared, f"{kpi} has no figure in the fixture company"
    assert not wrong, f"{kpi}: figures (*key, sample_size, records found)"


@pytest.mark.parametrize("kpi", TRACEABLE)
def test_the_query_of_the_page_lists_the_records_of_one_figure(kpi, published):
    """The text as an analyst takes it from the page, for a figure of every scope type."""
    figures = published.execute(
        f"""
        select {", ".join(KEYS)}, sample_size
        from kpis.kpi_values
        where kpi = $kpi and sample_size > 0
        qualify row_number() over (
            partition by scope_type order by sample_size desc, scope_id, period_type, period_start
        ) = 1
        """,
        {"kpi": kpi},
    ).fetchall()
    query = tracing_query(PROJECT, f"kpi_{kpi}")
    for *key, sample_size in figures:
        parameters = {**dict(zip(KEYS, key, strict=True)), "period_start": key[3].isoformat()}
        assert len(published.execute(query, parameters).fetchall()) == sample_size, parameters


@pytest.mark.parametrize("kpi", sorted(BY_NAME))
def test_the_example_of_the_page_shows_figures(kpi, published):
    rows = published.execute(example_query(PROJECT, BY_NAME[kpi])).fetchall()
    assert rows, f"the example of {kpi} finds no figure in the fixture company"


def test_records_add_up_to_the_figure(published):
    """Not only as many records: the amounts listed are those of the figure."""
    query = tracing_query(PROJECT, "kpi_sales")
    figures = published.execute(
        f"select {', '.join(KEYS)}, value from kpis.kpi_values "
        "where kpi = 'sales' and period_type = 'year' and sample_size > 0"
    ).fetchall()
    assert figures
    for *key, value in figures:
        (amount,) = published.execute(
            f"select sum(amount) from ({query})", dict(zip(KEYS, key, strict=True))
        ).fetchone()
        assert float(amount) == pytest.approx(value)
