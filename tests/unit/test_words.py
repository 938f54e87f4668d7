"""What `make check` tells of the words in extracts before anything is built."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.contract import load_contract
from orchestration.landing import land
from orchestration.scanning import scan
from orchestration.settings import PROJECT_DIR, Settings
from orchestration.warehouse import open_warehouse
from orchestration.words import missing_rates, words

CONFIG = """
settings: {reporting_currency: EUR}
stages: {Gewonnen: {won: true}, Won: {lost: true}, Gewonen: {won: true}}
lead_statuses: {Heiss: {qualified: true}}
activity_types: {Anruf: call}
"""
FILES = {
    "opportunities": "opportunity_id,stage,rep,currency\n1,Gewonnen,Ann,EUR\n2,Won,Ann,usd\n"
    "3,Angebot,Bo,CHF\n4,Angebot,ann@x.example,USD\n5,Closed Lost,,\n6,Prospecting,,\n",
    "leads": "lead_id,created_at,status\n1,2026-01-01,Heiss\n2,2026-01-01,Unqualified\n"
    "3,2026-01-01,Neu\n",
    "activities": "activity_id,type\n1,Anruf\n2,CALL\n3,Lunch\n4,Lunch\n",
    "reps": "rep_id,name,email\nr1,Ann,ann@x.example\n",
    "quotas": "scope_type,scope_id,period_type,period_start,amount\n"
    "rep,Nobody,month,2026-01-01,5\n",
    "targets": "kpi,scope_type,scope_id,period_type,period_start,target\n"
    "winrate,company,company,month,2026-01-01,5\n",
    "fx_rates": "currency,from_date,rate\nCHF,2026-01-01,0.9\n",
}


@pytest.fixture
def told(tmp_path: Path) -> list[str]:
    folder = tmp_path / "landing" / "flat" / "full" / "2026-02-01"
    folder.mkdir(parents=True)
    for name, text in FILES.items():
        (folder / f"{name}.csv").write_text(text)
    (tmp_path / "config.yml").write_text(CONFIG)
    environ = {
        "SALES_KPIS_LANDING": str(tmp_path / "landing"),
        "SALES_KPIS_WAREHOUSE": str(tmp_path / "private.duckdb"),
        "SALES_KPIS_PUBLISHED": str(tmp_path / "published"),
        "SALES_KPIS_CONFIG": str(tmp_path / "config.yml"),
    }
    settings = Settings.load(environ)
    contract = load_contract(PROJECT_DIR)
    found = scan(settings, contract)
    with open_warehouse(settings, found) as con:
        land(con, settings, contract, found)
        return [*words(con, PROJECT_DIR / "seeds"), *missing_rates(con)]


def test_stages_are_told_by_what_they_mean_and_the_configuration_speaks_first(told):
    assert "stages that are won: Gewonnen (1)" in told
    assert "stages that are lost: Closed Lost (1), Won (1)" in told
    assert "stages that are open: Prospecting (1)" in told
    assert (
        "stages that neither the configuration nor the defaults know, so they are open: Angebot (2)"
        ". Say what they mean under `stages:`" in told
    )


def test_lead_statuses_are_told(told):
    assert "lead statuses that are qualified: Heiss (1)" in told
    assert "lead statuses that are closed: Unqualified (1)" in told
    assert "lead statuses that are neither qualified nor closed: Neu (1)" in told


def test_activity_types_that_are_in_no_metric_are_told(told):
    assert "activities, call: Anruf (1), call (1)" in told
    assert any(text.startswith("activity types") and "Lunch (2)." in text for text in told)


def test_reps_and_currencies_that_nothing_explains_are_told(told):
    assert "reps that no list of reps holds: Bo (1), Nobody (1)" in told
    assert any("no exchange rate: USD (2). " in text for text in told)


def test_what_the_configuration_or_a_plan_names_in_vain_is_told(told):
    assert "stages of the configuration that no deal was in: Gewonen" in told
    assert "targets for metrics that there are not: winrate (1)" in told
