"""Exports of other CRMs, by configuration alone: the page's example, and a public data set."""

from __future__ import annotations

import os
import re
import shutil
from datetime import date
from pathlib import Path

import duckdb
import pytest

from tests.conftest import PROJECT_DIR, Company
from tests.integration.compiled import CompiledProject

MAVEN = os.environ.get("SALES_KPIS_MAVEN")
MAVEN_CONFIG = """
stages:
  Prospecting: {order: 1, probability: 0.1}
  Engaging: {order: 2, probability: 0.4}
flat:
  reps:
    file: sales_teams.csv
    columns: {rep_id: sales_agent, name: sales_agent, team: manager, region: regional_office}
  accounts:
    columns: {account_id: account, name: account, country: office_location, segment: sector}
    values: {segment: {technolgy: technology}}
  products:
    columns: {product_id: product, name: product, family: series, list_price: sales_price}
  opportunities:
    file: sales_pipeline.csv
    columns: {rep: sales_agent, account_id: account, stage: deal_stage, created_at: engage_date,
              amount: close_value, product_id: product}
    values: {product_id: {GTXPro: GTX Pro}}
"""


def build(company: Company, root: Path) -> duckdb.DuckDBPyConnection:
    warehouse, broken = CompiledProject.read(company.warehouse).build(root)
    assert broken == {}
    return duckdb.connect(str(warehouse), read_only=True)


def test_the_example_of_the_page_gives_its_figures(refreshed_fixture, tmp_path):
    page = (PROJECT_DIR / "docs" / "mappings.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    deals, people = [text for language, text in blocks if not language][:2]
    delivery = tmp_path / "landing" / "flat" / "full" / "2025-03-31"
    delivery.mkdir(parents=True)
    (delivery / "deals_export.csv").write_text(deals, encoding="utf-8")
    (delivery / "people.csv").write_text(people, encoding="utf-8")
    [config] = [text for language, text in blocks if language == "yaml" and "deals_export" in text]
    (tmp_path / "config.yml").write_text(config, encoding="utf-8")
    con = build(refreshed_fixture, tmp_path)
    figures = con.execute(
        "select kpi, value from kpis.kpi_values where scope_type = 'company' "
        "and period_type = 'quarter' and kpi in ('sales', 'pipeline_value', 'sales_cycle_days', "
        "'weighted_pipeline_value')"
    ).fetchall()
    # 12.500,00 won from 3 February to 17 March; 1.200,50 open in a stage of 40 %.
    assert dict(figures) == {
        "sales": 12500,
        "pipeline_value": 1200.5,
        "weighted_pipeline_value": pytest.approx(480.2),
        "sales_cycle_days": 42,
    }
    reps = con.execute("select rep_name, team, hire_date from core.dim_reps order by 1").fetchall()
    assert reps == [
        ("Ann Lee", "Field", date(2023, 3, 1)),
        ("Bo Ray", "Inside", date(2024, 8, 15)),
    ]


@pytest.fixture(scope="module")
def maven(refreshed_fixture, tmp_path_factory) -> duckdb.DuckDBPyConnection:
    if not MAVEN:
        pytest.skip("SALES_KPIS_MAVEN names no folder with the data set, which is not ours to keep")
    root = tmp_path_factory.mktemp("maven")
    delivery = root / "landing" / "flat" / "full" / "2017-12-31"
    delivery.mkdir(parents=True)
    for path in Path(MAVEN).glob("*.csv"):
        shutil.copy(path, delivery)
    (root / "config.yml").write_text(MAVEN_CONFIG)
    return build(refreshed_fixture, root)


def of_year(con: duckdb.DuckDBPyConnection, kpi: str, scope_type: str) -> dict[str, float]:
    rows = con.execute(
        "select scope_name, value from kpis.kpi_values "
        "where kpi = ? and scope_type = ? and period_type = 'year' and period_start = '2017-01-01'",
        [kpi, scope_type],
    )
    return dict(rows.fetchall())


def test_the_public_data_set_gives_its_published_answers(maven):
    counts = maven.execute("select stage, count(*) from core.fct_opportunities group by stage")
    assert dict(counts.fetchall()) == {
        "Won": 4238,
        "Lost": 2473,
        "Engaging": 1589,
        "Prospecting": 500,
    }
    [company] = of_year(maven, "sales", "company")
    for kpi, value in {
        "sales": 10005534,
        "win_rate": 4238 / 6711,
        "average_deal_size": 2360.91,
        "median_deal_size": 1117,
        "sales_cycle_days": 51.78,
    }.items():
        assert of_year(maven, kpi, "company")[company] == pytest.approx(value, abs=0.005)
    assert of_year(maven, "sales", "region") == {
        "West": 3568647,
        "Central": 3346293,
        "East": 3090594,
    }
    assert of_year(maven, "win_rate", "region") == {
        "West": pytest.approx(0.6394, abs=5e-5),
        "Central": pytest.approx(0.6256, abs=5e-5),
        "East": pytest.approx(0.6302, abs=5e-5),
    }
    assert of_year(maven, "sales", "team")["Melvin Marxen"] == 2251930
    assert of_year(maven, "sales", "rep")["Darcel Schlecht"] == 1153214
    products = of_year(maven, "sales_by_product", "product")
    assert (products["GTX Pro"], products["MG Special"]) == (3510578, 43768)
    assert of_year(maven, "sales_by_customer", "customer")["Kan-code"] == 341455


def test_the_public_data_set_by_quarter(maven):
    rows = maven.execute(
        "select value from kpis.kpi_values where kpi = 'sales' and scope_type = 'company' "
        "and period_type = 'quarter' and period_start >= '2017-01-01' order by period_start"
    ).fetchall()
    assert [value for (value,) in rows] == [1134672, 3086111, 2982255, 2802496]


def test_what_an_api_query_left_out_is_neither_lost_nor_empty(refreshed_fixture, tmp_path):
    """No IsWon, no amounts in the history, and changes that tell of two columns."""
    landing = tmp_path / "landing" / "salesforce"
    for place, text in {
        "full/2025-03-01/Opportunity.csv": "Id,StageName,Amount,CloseDate,IsClosed,CreatedDate\n"
        "006000000000001AAA,Closed Won,100,2025-01-15,true,2025-01-02T10:00:00Z\n"
        "006000000000002AAA,Prospecting,1000,2025-06-30,false,2025-01-03T10:00:00Z\n",
        "full/2025-03-01/OpportunityHistory.csv": "Id,OpportunityId,StageName,CreatedDate\n"
        "008000000000001AAA,006000000000002AAA,Prospecting,2025-01-03T10:00:00Z\n",
        "changes/2025-04-05/Opportunity.csv": "ID,STAGENAME\n006000000000002AAA,Qualification\n",
    }.items():
        path = landing / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "config.yml").write_text("")
    con = build(refreshed_fixture, tmp_path)
    figures = con.execute(
        "select kpi, value from kpis.kpi_values where scope_type = 'company' and kpi in "
        "('sales', 'pipeline_value') and period_type = 'quarter' and period_start = '2025-01-01'"
    ).fetchall()
    assert dict(figures) == {"sales": 100, "pipeline_value": 1000}
