"""The environment and the configuration file: what they may say, and what an error says."""

from __future__ import annotations

import datetime as dt
import os
import re
from pathlib import Path

import pytest

from orchestration.errors import UsageError
from orchestration.settings import MAPS, PROJECT_DIR, SETTINGS, Settings
from orchestration.settings_docs import PAGE, settings_page

EXAMPLE = """\
settings:
  company_name: Northwind Instruments
  reporting_currency: USD
  business_timezone: America/Chicago
  fiscal_year_start_month: 2
  as_of_date: 2017-12-31            # default: the date of the newest delivery
  customer_active_months: 12
  lead_response_sla_hours: 24
stages:
  Prospecting: {order: 1, probability: 0.1}
  Won: {won: true}
  Lost: {lost: true}
lead_statuses:
  Sales Qualified: {qualified: true}
  Junk: {closed: true}
lead_sources:
  Customer Referral: {customer_referral: true}
regions:
  Germany: EMEA
  NO: EMEA
quote_statuses: {Approved: {issued: false}}
activity_types:
  Product Demo: demo
selling_activities:
  SDR: [prospecting, outreach]
  default: [calls]
exclusions:
  - {object: accounts, column: name, equals: Test Account, reason: test data}
  - {object: leads, column: Status, in: [Junk, ~, true], reason: junk}
  - object: leads
    column: email
    like: "%@example.com"
    reason: our own
"""


@pytest.fixture
def load(tmp_path):
    path = tmp_path / "config.yml"

    def load_text(text: str) -> Settings:
        path.write_text(text, encoding="utf-8")
        return Settings.load({"SALES_KPIS_CONFIG": str(path)})

    return load_text


def test_defaults_lie_in_the_project():
    settings = Settings.load({"SALES_KPIS_CONFIG": " "})
    assert settings.landing_dir == PROJECT_DIR / "landing"
    assert settings.landing_is_default
    assert settings.warehouse_path == PROJECT_DIR / "warehouse" / "private.duckdb"
    assert settings.published_dir == PROJECT_DIR / "published"
    assert settings.config_path is None
    assert settings.value("reporting_currency") == "USD"


def test_the_environment_names_paths_from_the_present_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = Settings.load(
        {
            "SALES_KPIS_LANDING": "in",
            "SALES_KPIS_WAREHOUSE": str(tmp_path / "w.duckdb"),
            "SALES_KPIS_PUBLISHED": "out",
        }
    )
    assert settings.landing_dir == tmp_path / "in"
    assert not settings.landing_is_default
    assert settings.warehouse_path == tmp_path / "w.duckdb"
    assert settings.published_dir == tmp_path / "out"


def test_the_process_environment_is_the_default(tmp_path, monkeypatch):
    monkeypatch.setitem(os.environ, "SALES_KPIS_LANDING", str(tmp_path))
    assert Settings.load().landing_dir == tmp_path


def test_the_whole_configuration_file(load):
    settings = load(EXAMPLE)
    assert settings.values == {
        "company_name": "Northwind Instruments",
        "reporting_currency": "USD",
        "business_timezone": "America/Chicago",
        "fiscal_year_start_month": 2,
        "as_of_date": dt.date(2017, 12, 31),
        "customer_active_months": 12,
        "lead_response_sla_hours": 24.0,
    }
    assert settings.maps == {
        "stages": (
            ("Prospecting", 1.0, 0.1, None, None),
            ("Won", None, None, True, None),
            ("Lost", None, None, None, True),
        ),
        "lead_statuses": (("Sales Qualified", True, None), ("Junk", None, True)),
        "lead_sources": (("Customer Referral", True),),
        "regions": (("Germany", "EMEA"), ("NO", "EMEA")),
        "quote_statuses": (("Approved", False),),
        "activity_types": (("Product Demo", "demo"),),
        "selling_activities": (("SDR", "prospecting"), ("SDR", "outreach"), ("default", "calls")),
    }
    assert [(item.object, item.column, item.values) for item in settings.exclusions] == [
        ("accounts", "name", ("Test Account",)),
        ("leads", "Status", ("Junk", None, "true", "1")),
        ("leads", "email", ("%@example.com",)),
    ]
    assert [item.is_pattern for item in settings.exclusions] == [False, False, True]


@pytest.mark.parametrize("text", ["", "# nothing\n", "settings:\n", "stages: {}\nexclusions:\n"])
def test_every_part_is_optional(load, text):
    settings = load(text)
    assert settings.values == {}
    assert settings.exclusions == ()
    assert not any(settings.maps.values())


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("setings: {}", 1, "unknown key 'setings'; known are settings, stages"),
        ("setings: {}", 1, "activity_types, selling_activities, exclusions"),
        ("as_of_date: 2017-12-31", 1, "as_of_date belongs under `settings:`"),
        ("settings:\n  currency: USD", 2, "unknown setting 'currency'; known are company_name"),
        ("settings:\n  reporting_currency: dollars", 2, "must be three capital letters"),
        ("settings:\n  as_of_date: 31.12.2017", 2, "is '31.12.2017', but must be a date"),
        ("settings:\n  as_of_date: 2017-02-30", 2, "must be a date written YYYY-MM-DD"),
        ("settings:\n  fiscal_year_start_month: 13", 2, "is 13, but must be from 1 to 12"),
        ("settings:\n  fiscal_year_start_month: Feb", 2, "must be a whole number"),
        ("settings:\n  customer_active_months: 1.5", 2, "must be a whole number"),
        ("settings:\n  lead_response_sla_hours: .nan", 2, "must be a number"),
        ("settings:\n  max_reject_share: 5%", 2, "must be a number"),
        ("settings:\n  max_reject_share: 5", 2, "must be from 0 to 1"),
        ("settings:\n  add_campaign_costs: maybe", 2, "must be true or false"),
        ("settings:\n  business_timezone: Chicago", 2, "must be a time zone such as"),
        ("settings:\n  business_timezone: ../../etc/passwd", 2, "must be a time zone such as"),
        ("settings:\n  company_name: [a]", 2, "must be a text"),
        ("settings:\n  company_name: a\n  company_name: b", 3, "stands twice"),
        ("settings: [a]", 1, "must be a list of `key: value` lines"),
        ("- settings", 1, "must be a list of `key: value` lines"),
        ("stages:\n  Won: {wonn: true}", 2, "unknown key 'wonn' of stages: 'Won'; known are order"),
        ("stages:\n  Won: {probability: 90}", 2, "must be from 0 to 1"),
        ("stages:\n  Won: {won: true, lost: true}", 2, "cannot be both won and lost"),
        ("stages:\n  Won: true", 2, "must be a list of `key: value`"),
        ("activity_types:\n  Lunch: eating", 2, "'eating'; use one of call, email"),
        ("regions:\n  Germany:", 2, "'Germany' has no value"),
        ("exclusions: {object: a}", 1, "must be a list of"),
        ("exclusions:\n  - accounts", 2, "an exclusion must be"),
        ("exclusions:\n  - {object: a, column: b, equals: c}", 2, "lacks reason"),
        ("exclusions:\n  - {object: a, column: b, reason: c}", 2, "needs one of equals, in, like"),
        ("exclusions:\n  - {object: a, colum: b}", 2, "unknown key 'colum' of an exclusion"),
        ("flat:\n  deals: {file: a.csv, colums: {}}", 2, "unknown key 'colums' of flat: deals"),
        ("flat:\n  deals:\n    encoding: utf-7up", 3, "unknown encoding 'utf-7up'"),
        ("settings:\n  company_name: 'a\n", 3, "this is no valid YAML"),
        ("settings:\n\tcompany_name: a", 2, "this is no valid YAML"),
        ("settings: *other", 1, "this is no valid YAML"),
    ],
)
def test_an_error_names_file_line_and_mend(load, tmp_path, text, line, message):
    with pytest.raises(UsageError) as error:
        load(text)
    assert error.value.exit_code == 2
    assert str(error.value).startswith(f"{tmp_path / 'config.yml'}, line {line}: ")
    assert message in str(error.value)


def test_all_errors_are_named_at_once(load):
    with pytest.raises(UsageError) as error:
        load("settings:\n  a: 1\n  as_of_date: x\nstages:\n  Won: {b: 1}\nc: 1\n")
    assert [int(line.split("line ")[1].split(":")[0]) for line in str(error.value).split("\n")] == [
        *(2, 3, 5, 6)
    ]


@pytest.mark.parametrize("content", [None, b"company_name: \xe4\xff", b"a: \x00"])
def test_an_unreadable_file_is_named(tmp_path, content):
    path = tmp_path / "config.yml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UsageError, match=r"config\.yml"):
        Settings.load({"SALES_KPIS_CONFIG": str(path)})


def test_the_fingerprint_follows_what_decides_figures(load):
    first = load(EXAMPLE).fingerprint()
    assert load(EXAMPLE + "\n# a comment\n").fingerprint() == first
    for old, new in (
        ("Chicago", "New_York"),
        ("Won: {won", "Sold: {won"),
        ("equals: Test", "equals: Other"),
    ):
        assert load(EXAMPLE.replace(old, new)).fingerprint() != first


def test_the_examples_on_the_page_of_settings_are_valid(load):
    examples = re.findall(r"```yaml\n(.*?)```", settings_page(), re.DOTALL)
    assert len(examples) == 2
    example, exclusions = map(load, examples)
    assert example.value("reporting_currency") == "EUR"
    assert example.maps["stages"] and example.exclusions and exclusions.exclusions


def test_the_page_of_settings_is_up_to_date():
    page = Path(PAGE).read_text(encoding="utf-8")
    assert page == settings_page(), "run python -m orchestration.settings_docs"
    for name in (*(setting.name for setting in SETTINGS), *(item.name for item in MAPS)):
        assert f"`{name}`" in page


@pytest.mark.parametrize("size", ["4GB", "500MB", "1.5 GiB", "800mb"])
def test_a_memory_limit_is_a_size(size):
    assert Settings.load({"SALES_KPIS_MEMORY_LIMIT": size}).memory_limit == size


@pytest.mark.parametrize("size", ["lots", "4", "50%", "0GB", "-1GB"])
def test_another_memory_limit_is_wrong_usage(size):
    with pytest.raises(UsageError, match="SALES_KPIS_MEMORY_LIMIT"):
        Settings.load({"SALES_KPIS_MEMORY_LIMIT": size})
