"""What the terminal shows of a published file, on files of a few rows made here."""

from __future__ import annotations

import io
import subprocess
from pathlib import Path

import duckdb
import pytest
from rich.console import Console

from orchestration.scorecard import print_scorecard


@pytest.fixture
def published(tmp_path) -> Path:
    """A company with two headline metrics and a third, without targets for itself."""
    path = tmp_path / "sales_kpis.duckdb"
    with duckdb.connect(str(path)) as con:
        con.execute(
            """
            create schema kpis; create schema core; create schema quality;
            create table quality.about as
            select 'Acme' as company_name, false as is_demo, date '2026-05-20' as as_of_date,
                'EUR' as reporting_currency;
            create table quality.kpi_availability as
            select * from (values ('sales', true), ('mrr', false), ('calls', true))
                as kpis (kpi, is_available);
            create table quality.data_issues as select 'no owner' as issue from range(3);
            create table kpis.kpi_catalog as
            select * from (values
                ('sales', 'Sales', 'results', 'money', true),
                ('mrr', 'Monthly revenue', 'customers', 'money', true),
                ('calls', 'Calls', 'activity', 'count', false)
            ) as kpis (kpi, label, theme, unit, is_headline);
            create table core.dim_periods as
            select * from (values
                ('quarter', date '2025-10-01', 'Q4 2025', true, false),
                ('quarter', date '2026-01-01', 'Q1 2026', true, false),
                ('quarter', date '2026-04-01', 'Q2 2026', false, true),
                ('month', date '2026-04-01', 'April 2026', true, false)
            ) as periods (period_type, period_start, period_name, is_complete, is_current);
            create table kpis.kpi_values as
            select kpi, scope_type, period_type, period_start, 1234.0 as value,
                1000.0 as previous_value
            from kpis.kpi_catalog, core.dim_periods,
                (values ('company'), ('rep')) as scopes (scope_type);
            create table kpis.kpi_scorecard as
            select 'Sales' as label, 'results' as theme, 'money' as unit, scope_type, period_type,
                period_start, period_name, is_complete, 1234.0 as value, 1000.0 as previous_value,
                2000.0 as target, 'missed' as target_status, 'improving' as trend
            from core.dim_periods, (values ('rep')) as scopes (scope_type);
            """
        )
    return path


def shown(path: Path) -> str:
    console = Console(file=io.StringIO(), width=160)
    print_scorecard(console, path)
    return console.file.getvalue()


def test_headline_metrics_are_shown_where_targets_are_only_for_others(published):
    text = shown(published)
    assert text.count("1,234") == 4, "two metrics, the latest complete quarter and the current"
    for expected in (
        "Q1 2026",
        "Q2 2026 so far",
        "Monthly revenue",
        "no target is for the company",
    ):
        assert expected in text
    for absent in ("Q4 2025", "April", "Calls", "2,000"):
        assert absent not in text


def test_metrics_with_a_target_of_the_company_go_first(published):
    with duckdb.connect(str(published)) as con:
        con.execute("update kpis.kpi_scorecard set scope_type = 'company'")
    text = shown(published)
    assert "2,000" in text
    assert "Monthly revenue" not in text
    assert "no target" not in text


def test_without_any_figure_no_empty_table_is_shown(published):
    with duckdb.connect(str(published)) as con:
        con.execute("delete from kpis.kpi_values")
        con.execute("delete from kpis.kpi_scorecard")
    text = shown(published)
    assert "No metric has a figure for the company yet." in text
    assert "Metric " not in text.replace("No metric", "")
    assert "no target is for" not in text


def test_it_says_how_many_metrics_lack_an_extract(published):
    assert "1 of 3 metrics lacks an extract: select * from quality.kpi_availability" in shown(
        published
    )
    with duckdb.connect(str(published)) as con:
        con.execute("update quality.kpi_availability set is_available = true")
    assert "lack" not in shown(published)


def test_the_first_query_is_of_python_and_works(published, tmp_path):
    folder = tmp_path / "a folder"
    folder.mkdir()
    path = published.rename(folder / published.name)
    with duckdb.connect(str(path)) as con:
        con.execute("alter table kpis.kpi_values add column scope_name varchar default 'Ann'")
        con.execute("update kpis.kpi_values set kpi = 'win_rate'")
    lines = shown(path).splitlines()
    at = lines.index("A first query:")
    assert "duckdb -readonly" in lines[at + 3]
    run = subprocess.run(lines[at + 1], shell=True, capture_output=True, text=True)
    assert (run.returncode, run.stderr) == (0, "")
    assert "Ann" in run.stdout


def test_what_is_not_over_is_not_told_as_missed(published):
    with duckdb.connect(str(published)) as con:
        con.execute(
            "update kpis.kpi_scorecard set scope_type = 'company', "
            "target_status = case when period_name = 'Q4 2025' then 'met' else 'missed' end "
            "where is_complete or period_name = 'Q2 2026'"
        )
    [line] = [line for line in shown(published).splitlines() if "Sales" in line]
    assert line.split().count("missed") == 1, "that of the complete Q1"
    assert line.count("so far") == 1, "that of the current Q2"


def test_odd_records_are_pointed_to(published):
    assert "3 records are odd" in shown(published)
    assert "select * from quality.data_issues" in shown(published)
