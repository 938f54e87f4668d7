"""Exchange rates of a multi-currency org, worked out by hand at the edges.

Reports are in dollars, the org's corporate currency is the euro. A euro buys 2 dollars until
31 March 2024 and 1.25 from 1 April on, the first day of the fiscal year of 2025, in Chicago. It
buys 0.8 pounds on any day, and 160 yen, but finance counts 100 yen to the dollar.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pytest

from tests.conftest import Company
from tests.integration.compiled import CompiledProject

ANN = "005000000000001AAA"
# Chicago is five hours behind: 1 April begins at five o'clock UTC.
DEALS = f"""\
Id,StageName,IsClosed,IsWon,Amount,CurrencyIsoCode,CloseDate,OwnerId,CreatedDate
006000000000001AAA,Closed Won,1,1,1000,EUR,2024-03-20 00:00:00,{ANN},2024-01-10 12:00:00
006000000000002AAA,Closed Won,1,1,1000,EUR,2024-03-20 00:00:00,{ANN},2024-01-10 12:00:00
006000000000003AAA,Closed Won,1,1,800,GBP,2024-03-20 00:00:00,{ANN},2024-01-10 12:00:00
006000000000004AAA,Closed Won,1,1,5000,JPY,2024-04-02 00:00:00,{ANN},2024-04-01 12:00:00
006000000000005AAA,Prospecting,0,0,100,EUR,2024-06-30 00:00:00,{ANN},2024-03-15 12:00:00
"""
SALESFORCE = {
    "User": f"Id,FirstName,LastName,UserType\n{ANN},Ann,Lee,Standard\n",
    "CurrencyType": """Id,IsoCode,ConversionRate,IsCorporate,IsActive
01L000000000001AAA,EUR,1,1,1
01L000000000002AAA,USD,1.5,0,1
01L000000000003AAA,GBP,0.8,0,1
01L000000000004AAA,JPY,160,0,1
""",
    "DatedConversionRate": """Id,IsoCode,StartDate,NextStartDate,ConversionRate
04w000000000001AAA,USD,0000-12-30 00:00:00,2024-04-01 00:00:00,2
04w000000000002AAA,USD,2024-04-01 00:00:00,9999-12-31 00:00:00,1.25
""",
    "Opportunity": DEALS,
    "OpportunityHistory": """Id,OpportunityId,CreatedDate,StageName,Amount,CloseDate
008000000000001AAA,006000000000001AAA,2024-01-10 12:00:00,Prospecting,1000,2024-03-20 00:00:00
008000000000002AAA,006000000000001AAA,2024-04-01 04:59:59,Closed Won,1000,2024-03-20 00:00:00
008000000000003AAA,006000000000002AAA,2024-01-10 12:00:00,Prospecting,1000,2024-03-20 00:00:00
008000000000004AAA,006000000000002AAA,2024-04-01 05:00:00,Closed Won,1000,2024-03-20 00:00:00
008000000000005AAA,006000000000003AAA,2024-01-10 12:00:00,Prospecting,800,2024-03-20 00:00:00
008000000000006AAA,006000000000003AAA,2024-04-01 05:00:00,Closed Won,800,2024-03-20 00:00:00
""",
}
FLAT = {
    "fx_rates": "currency,from_date,rate\nJPY,2000-01-01,100\n",
    "quotas": f"""scope_type,scope_id,period_type,period_start,amount,currency
rep,{ANN[:15]},quarter,2024-01-01,3000,EUR
rep,{ANN[:15]},quarter,2024-04-01,3000,EUR
""",
    "costs": """month,category,amount,currency
2024-03,sales,100,EUR
2024-04,sales,12700,JPY
""",
}
CONFIG = "settings: {business_timezone: America/Chicago, fiscal_year_start_month: 4}\n"
OLD_YEAR, NEW_YEAR = date(2023, 4, 1), date(2024, 4, 1)
MARCH, APRIL = date(2024, 3, 1), date(2024, 4, 1)
WINTER, SPRING = date(2024, 1, 1), date(2024, 4, 1)


def build(
    root: Path, refreshed_fixture: Company, salesforce: dict[str, str]
) -> tuple[Path, dict[str, int]]:
    for source, extracts in (("salesforce", salesforce), ("flat", FLAT)):
        delivery = root / "landing" / source / "full" / "2024-04-10"
        delivery.mkdir(parents=True)
        for name, text in extracts.items():
            (delivery / f"{name}.csv").write_text(text)
    (root / "config.yml").write_text(CONFIG)
    return CompiledProject.read(refreshed_fixture.warehouse).build(root)


@pytest.fixture(scope="module")
def figures(refreshed_fixture: Company, tmp_path_factory) -> duckdb.DuckDBPyConnection:
    root = tmp_path_factory.mktemp("currencies")
    warehouse, broken = build(root, refreshed_fixture, SALESFORCE)
    assert broken == {}
    return duckdb.connect(str(warehouse), read_only=True)


def of_company(figures: duckdb.DuckDBPyConnection, kpi: str, period_type: str) -> dict[date, float]:
    rows = figures.execute(
        "select period_start, value from kpis.kpi_values "
        "where kpi = ? and scope_type = 'company' and period_type = ? order by 1",
        [kpi, period_type],
    )
    return {start: pytest.approx(value, abs=1e-9) for start, value in rows.fetchall()}


def test_a_deal_is_worth_what_the_rate_of_its_closing_day_says(figures):
    # A second before midnight in Chicago: 1000 EUR at 2. At midnight: 1000 EUR at 1.25, and
    # 800 GBP are 1000 EUR. The yen are finance's: 5000 JPY at 100 to the dollar.
    assert of_company(figures, "sales", "year") == {OLD_YEAR: 2000, NEW_YEAR: 1250 + 1250 + 50}
    assert of_company(figures, "sales", "month")[MARCH] == 2000
    assert of_company(figures, "sales", "month")[APRIL] == 2550


def test_the_pipeline_is_worth_what_the_rate_of_the_periods_day_says(figures):
    # On 31 March the two deals that close at midnight are open still.
    march = 2 * 100 + 2 * 1000 + 2 * 1000
    assert of_company(figures, "pipeline_value", "month")[MARCH] == march
    assert of_company(figures, "pipeline_value", "month")[APRIL] == 125


def test_created_pipeline_takes_the_rate_of_the_creation_day(figures):
    # January: two deals of 1000 EUR and 800 GBP, at 2. The yen were created in April.
    created = of_company(figures, "pipeline_created", "month")
    assert created == {date(2024, 1, 1): 6000, date(2024, 2, 1): 0, MARCH: 200, APRIL: 50}


def test_quotas_and_costs_take_the_rate_of_the_first_of_the_month(figures):
    assert of_company(figures, "quota_attainment", "quarter") == {
        WINTER: 2000 / 6000,
        SPRING: 2550 / 3750,
    }
    # 100 EUR in March, 12,700 JPY in April.
    assert of_company(figures, "sales_efficiency", "month") == {
        MARCH: 2000 / 200,
        APRIL: 2550 / 127,
    }


def test_a_currency_without_a_rate_is_an_error_that_names_currency_and_days(
    refreshed_fixture, tmp_path
):
    lost = f"Closed Lost,1,0,7,CHF,2024-04-02 00:00:00,{ANN},2024-02-10 12:00:00\n"
    deals = DEALS + f"006000000000006AAA,{lost}"
    warehouse, broken = build(tmp_path, refreshed_fixture, SALESFORCE | {"Opportunity": deals})
    # One for the closing day, one for the creation day.
    assert broken == {"missing_exchange_rates": 2}
    select = CompiledProject.read(refreshed_fixture.warehouse).tests["missing_exchange_rates"]
    with duckdb.connect(str(warehouse), read_only=True) as con:
        problems = con.execute(f"select problem from ({select}) order by 1").fetchall()
    assert problems == [
        ("no exchange rate of CHF from 2024-02-10 to 2024-02-10",),
        ("no exchange rate of CHF from 2024-04-02 to 2024-04-02",),
    ]
