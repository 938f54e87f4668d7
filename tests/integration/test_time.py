"""Fiscal years, the business time zone, the as-of date and a silence of two years, by hand."""

from __future__ import annotations

from datetime import date

import duckdb
import pytest

from tests.conftest import Company
from tests.integration.compiled import CompiledProject

EXTRACTS = {
    "reps": """rep_id,name,team,region,hire_date
kiri,Kiri Kahu,North,Islands,2021-05-03
""",
    # Closed at one in the morning of 1 July in Auckland, when UTC still has June, and again
    # after more than two years.
    "opportunities": """opportunity_id,stage,created_at,rep,amount,close_date
first,Won,2021-05-10,kiri,100,2021-06-20
second,Won,2023-08-01,kiri,50,2023-08-10
open,Prospecting,2023-08-02,kiri,70,2023-09-30
""",
    "opportunity_history": """opportunity_id,changed_at,stage
first,2021-05-10T00:00:00Z,Prospecting
first,2021-06-30T13:00:00Z,Won
second,2023-08-01T00:00:00Z,Prospecting
second,2023-08-10T01:00:00Z,Won
open,2023-08-02T00:00:00Z,Prospecting
""",
}
QUARTERS = [
    date(year, month, 1)
    for year in (2021, 2022, 2023)
    for month in (1, 4, 7, 10)
    if date(2021, 4, 1) <= date(year, month, 1) <= date(2023, 7, 1)
]


@pytest.fixture(scope="module")
def figures(refreshed_fixture: Company, tmp_path_factory) -> duckdb.DuckDBPyConnection:
    root = tmp_path_factory.mktemp("silence")
    delivery = root / "landing" / "flat" / "full" / "2023-08-20"
    delivery.mkdir(parents=True)
    for name, text in EXTRACTS.items():
        (delivery / f"{name}.csv").write_text(text)
    (root / "config.yml").write_text(
        "settings: {business_timezone: Pacific/Auckland, fiscal_year_start_month: 4}\n"
    )
    warehouse, broken = CompiledProject.read(refreshed_fixture.warehouse).build(root)
    assert broken == {}
    return duckdb.connect(str(warehouse), read_only=True)


def company_quarters(figures: duckdb.DuckDBPyConnection, kpi: str) -> dict[date, float]:
    rows = figures.execute(
        "select period_start, value from kpis.kpi_values "
        "where kpi = ? and scope_type = 'company' and period_type = 'quarter'",
        [kpi],
    )
    return dict(rows.fetchall())


def test_a_deal_closed_after_midnight_of_the_business_is_of_the_next_quarter(figures):
    sales = company_quarters(figures, "sales")
    assert sales[date(2021, 4, 1)] == 0
    assert sales[date(2021, 7, 1)] == 100


def test_quarters_of_silence_have_their_rows(figures):
    sales = company_quarters(figures, "sales")
    assert sorted(sales) == QUARTERS
    assert [sales[quarter] for quarter in QUARTERS] == [0, 100, *[0] * 7, 50]


def test_growth_is_minus_one_into_the_silence_and_unknown_out_of_it(figures):
    assert company_quarters(figures, "sales_growth") == {date(2021, 10, 1): -1}


def test_a_fiscal_year_is_named_for_the_year_in_which_it_ends(figures):
    names = figures.execute(
        "select period_name, period_start, period_end from core.dim_periods "
        "where period_type = 'year' order by period_start"
    )
    assert names.fetchall() == [
        ("FY2022", date(2021, 4, 1), date(2022, 3, 31)),
        ("FY2023", date(2022, 4, 1), date(2023, 3, 31)),
        ("FY2024", date(2023, 4, 1), date(2024, 3, 31)),
    ]


def test_the_as_of_date_ends_the_current_quarter(figures):
    assert company_quarters(figures, "pipeline_value")[date(2023, 7, 1)] == 70
    assert company_quarters(figures, "open_deal_age_days")[date(2023, 7, 1)] == 18
    complete = figures.execute(
        "select period_start from kpis.kpi_values where kpi = 'sales' and not is_complete "
        "and scope_type = 'company' and period_type = 'quarter'"
    )
    assert complete.fetchall() == [(date(2023, 7, 1),)]


def test_a_rep_has_a_row_in_every_quarter_of_employment(figures):
    rows = figures.execute(
        "select quarter_start, sales from marts.rep_quarter where rep_name = 'Kiri Kahu' "
        "order by quarter_start"
    ).fetchall()
    assert rows == list(zip(QUARTERS, [0, 100, *[0] * 7, 50], strict=True))
