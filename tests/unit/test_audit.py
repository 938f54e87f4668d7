"""The audit on small warehouses and published files made here: what holds a version back."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from orchestration.audit import audit, refusal
from orchestration.likeness import landing_hash
from orchestration.settings import Settings

AS_OF = dt.date(2026, 4, 10)
WINTER = dt.date(2026, 1, 1)


class Files:
    """A warehouse and the version published before, with the same content until one is changed."""

    def __init__(self, root: Path) -> None:
        self.settings = replace(
            Settings.load({}),
            landing_dir=root / "landing",
            warehouse_path=root / "private.duckdb",
            published_dir=root / "published",
        )
        version = root / "published" / "versions" / "v1"
        version.mkdir(parents=True)
        self.published = version / "sales_kpis.duckdb"
        (root / "published" / "sales_kpis.duckdb").symlink_to("versions/v1/sales_kpis.duckdb")
        for path in (self.settings.warehouse_path, self.published):
            self.change(path, _FIGURES)
        self.new(
            f"""
            create schema raw;
            create table raw.landing_folder as select '{self.settings.landing_dir}' as landing_dir;
            create table raw.settings as select 'Acme' as company_name, false as is_demo,
                date '{AS_OF}' as as_of_date, 'EUR' as reporting_currency;
            create table raw.files (source varchar, kind varchar, delivery varchar, object varchar);
            create view raw.object_files as from raw.files;
            create table raw.accepted_files (
                source varchar, kind varchar, delivery varchar, object varchar
            );
            """
        )
        self.old(
            f"""
            create schema quality;
            create table quality.about as select 'Acme' as company_name, false as is_demo,
                date '{AS_OF}' as as_of_date, 'EUR' as reporting_currency,
                '{landing_hash(str(self.settings.landing_dir))}' as landing_hash;
            create table quality.deliveries (
                source varchar, kind varchar, delivery varchar, object varchar
            );
            """
        )

    def change(self, path: Path, sql: str) -> None:
        with duckdb.connect(str(path)) as con:
            con.execute(sql)

    def new(self, sql: str) -> None:
        """Changes the warehouse."""
        self.change(self.settings.warehouse_path, sql)

    def old(self, sql: str) -> None:
        """Changes what is published."""
        self.change(self.published, sql)

    def deliver(self, place: str, *objects: str, is_published: bool) -> None:
        source, kind, delivery = place.split("/")
        for name in objects:
            row = f"values ('{source}', '{kind}', '{delivery}', '{name}')"
            self.new(f"insert into raw.files {row}")
            if is_published:
                self.old(f"insert into quality.deliveries {row}")

    def set(self, **values: float) -> None:
        self.settings = replace(self.settings, values=values)

    def found(self) -> dict[str, str]:
        return {finding.name: finding.text for finding in audit(self.settings).findings}

    def notes(self) -> str:
        return "\n".join(audit(self.settings).notes)


# Company, the quarter before the last one that is complete, that one, and the present one.
_FIGURES = f"""
    create schema core; create schema kpis;
    create table core.fct_leads as select range as lead_id from range(100);
    create table core.fct_costs as select range as cost_id from range(5);
    create table core.dim_periods as
    select * from (values
        ('quarter', date '2025-10-01', date '2025-12-31', 'Q4', true),
        ('quarter', date '{WINTER}', date '2026-03-31', 'Q1', true),
        ('quarter', date '2026-04-01', date '2026-06-30', 'Q2', false),
        ('month', date '2026-03-01', date '2026-03-31', '2026-03', true)
    ) as periods (period_type, period_start, period_end, period_name, is_complete);
    create table kpis.kpi_catalog as
    select * from (values
        ('sales', 'Sales', 'money', true), ('win_rate', 'Win rate', 'ratio', true),
        ('growth', 'Growth', 'ratio', true), ('calls', 'Calls', 'count', false)
    ) as metrics (kpi, label, unit, is_headline);
    create table kpis.kpi_scorecard as select 'nothing' as kpi, 'rep' as scope_type where false;
    create table kpis.kpi_values as
    select kpi, unit, 'company' as scope_type, 'company' as scope_id, period_type, period_start,
        case kpi when 'sales' then 1000.0 when 'calls' then 50.0 when 'growth' then 0.01 else 0.25
        end::double as value, 40 as sample_size
    from kpis.kpi_catalog, core.dim_periods;
"""


@pytest.fixture
def files(tmp_path) -> Files:
    return Files(tmp_path)


def test_what_has_not_changed_passes_without_a_word(files):
    assert audit(files.settings).findings == ()
    assert audit(files.settings).notes == ()


def test_a_fact_with_far_fewer_rows_is_held_back(files):
    files.new("delete from core.fct_leads where lead_id < 11")
    found = files.found()
    assert list(found) == ["rows-of-fct_leads"]
    assert "89 rows instead of 100, 11% fewer" in found["rows-of-fct_leads"]
    files.set(max_fact_rows_drop=0.11)
    assert files.found() == {}, "not above the share"


def test_a_few_rows_fewer_of_a_small_fact_are_noted_but_an_empty_one_is_held_back(files):
    files.new("delete from core.fct_costs where cost_id < 3")
    assert files.found() == {}
    assert "core.fct_costs has 2 rows instead of 5" in files.notes()
    files.new("delete from core.fct_costs")
    assert list(files.found()) == ["rows-of-fct_costs"]


def test_more_rows_and_facts_that_only_one_of_them_has_are_no_change(files):
    files.new("insert into core.fct_leads select range from range(1000)")
    files.new("create table core.fct_new as select 1 as one")
    files.old("create table core.fct_gone as select 1 as one")
    assert files.found() == {}


def test_a_metric_far_off_in_the_last_complete_period_is_held_back(files):
    files.new(f"update kpis.kpi_values set value = 499 where kpi = 'sales' "
              f"and period_type = 'quarter' and period_start = date '{WINTER}'")  # fmt: skip
    found = files.found()
    assert list(found) == ["sales"]
    assert "Sales of the company in Q1 is 499 instead of 1,000, off by 50%" in found["sales"]
    files.set(max_scorecard_change=0.6)
    assert files.found() == {}


def test_only_that_period_of_the_company_and_only_the_scorecard_count(files):
    files.new(
        f"""
        update kpis.kpi_values set value = 1
        where period_start <> date '{WINTER}' or kpi = 'calls';
        insert into kpis.kpi_values
        select kpi, unit, 'rep', 'r1', period_type, period_start, value * 9, 40
        from kpis.kpi_values;
        """
    )
    assert files.found() == {}


def test_a_metric_with_a_target_for_the_company_is_on_the_scorecard(files):
    files.new(
        "insert into kpis.kpi_scorecard values ('calls', 'company');"
        "update kpis.kpi_values set value = 5 where kpi = 'calls'"
    )
    assert list(files.found()) == ["calls"]


def test_small_ratios_are_compared_in_points_and_great_ones_by_share(files):
    # 1 % to 2 % is one point; 25 % to 40 % is 60 %.
    files.new("update kpis.kpi_values set value = 0.02 where kpi = 'growth'")
    files.new("update kpis.kpi_values set value = 0.40 where kpi = 'win_rate'")
    assert list(files.found()) == ["win_rate"]


def test_a_metric_that_is_gone_is_held_back_and_a_new_one_is_not(files):
    files.new("delete from kpis.kpi_values where kpi = 'sales'")
    files.old("delete from kpis.kpi_values where kpi = 'win_rate'")
    found = files.found()
    assert list(found) == ["sales"]
    assert "is gone" in found["sales"]


def test_a_metric_of_few_records_is_noted_only(files):
    for change in (files.new, files.old):
        change("update kpis.kpi_values set sample_size = 19")
    files.new("update kpis.kpi_values set value = 0 where kpi = 'sales'")
    assert files.found() == {}
    assert "too few to be held back for" in files.notes()


def test_in_another_currency_money_is_not_compared(files):
    files.new("update raw.settings set reporting_currency = 'USD'")
    files.new("update kpis.kpi_values set value = value * 100 where kpi <> 'growth'")
    assert list(files.found()) == ["win_rate"]


def test_an_object_that_the_newest_full_delivery_of_a_crm_lacks_is_held_back(files):
    files.deliver("salesforce/full/2026-04-01", "Account", "Lead", is_published=True)
    files.deliver("salesforce/full/2026-04-08", "Account", is_published=False)
    files.deliver("salesforce/changes/2026-04-09", "Account", is_published=False)
    found = files.found()
    assert list(found) == ["missing-salesforce-Lead"]
    assert "salesforce/full/2026-04-08 lacks Lead" in found["missing-salesforce-Lead"]
    # Once it is published so, it has been accepted: the nightly runs go on.
    files.old("insert into quality.deliveries values "
              "('salesforce', 'full', '2026-04-08', 'Account')")  # fmt: skip
    assert files.found() == {}


def test_an_object_of_a_refused_file_that_was_accepted_is_not_missing_once_more(files):
    files.deliver("salesforce/full/2026-04-01", "Account", "Lead", is_published=True)
    files.deliver("salesforce/full/2026-04-08", "Account", is_published=False)
    files.new("insert into raw.accepted_files values ('salesforce', 'full', '2026-04-08', 'Lead')")
    assert files.found() == {}


def test_of_flat_files_only_what_came_twice_in_a_row_is_missed(files):
    files.deliver("flat/full/2026-04-01", "reps", is_published=True)
    files.deliver("flat/full/2026-04-02", "reps", "quotas", is_published=True)
    files.deliver("flat/full/2026-04-03", "costs", is_published=False)
    assert list(files.found()) == ["missing-flat-reps"]


def test_a_source_that_becomes_stale_is_held_back_once(files):
    files.deliver("flat/full/2026-03-01", "reps", is_published=True)
    files.deliver("salesforce/full/2026-04-10", "Account", is_published=True)
    files.set(stale_after_days=39)
    files.old("update quality.about set as_of_date = date '2026-04-03'")
    found = files.found()
    assert list(found) == ["stale-flat"]
    assert "40 days before the as-of date 2026-04-10" in found["stale-flat"]
    files.old(f"update quality.about set as_of_date = date '{AS_OF}'")
    assert files.found() == {}
    assert "40 days before" in files.notes(), "it was published so, and is noted"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("update raw.settings set is_demo = true", "a real company"),
        ("update raw.settings set company_name = 'Other'", "figures of Acme, these are of Other"),
        ("update raw.landing_folder set landing_dir = '/elsewhere'", "another landing folder"),
    ],
)
def test_another_company_is_not_compared(files, change, reason):
    files.new(f"delete from core.fct_leads; {change}")
    found = audit(files.settings)
    assert (found.findings, found.version) == ((), None)
    assert reason in "\n".join(found.notes)


def test_without_a_version_before_there_is_nothing_to_compare(files):
    (files.settings.published_dir / "sales_kpis.duckdb").unlink()
    assert audit(files.settings).findings == ()


def test_an_older_or_broken_version_does_not_stand_in_the_way(files):
    files.old("drop table quality.deliveries; drop table kpis.kpi_values")
    files.old("alter table quality.about drop column landing_hash")
    files.new("delete from core.fct_leads")
    files.deliver("flat/full/2020-03-01", "reps", is_published=False)
    assert list(files.found()) == ["rows-of-fct_leads"], "what can be compared is"
    files.published.write_bytes(b"no database")
    assert files.found() == {}
    assert "broken" in files.notes()


def test_the_refusal_gives_the_command_that_accepts_it_with_what_was_accepted_already(files):
    files.new(
        "delete from core.fct_leads; update kpis.kpi_values set value = 1 where kpi = 'sales'"
    )
    found = audit(files.settings)
    file = "flat/full/2026-01-01/reps.csv"
    text = refusal(found, ["sales", file], [file], files.settings.warehouse_path)
    assert "- rows-of-fct_leads: core.fct_leads has 0 rows instead of 100" in text
    assert "- sales" not in text
    assert text.splitlines()[-1].strip() == (
        f".venv/bin/sales-kpis refresh --accept {file} --accept sales --accept rows-of-fct_leads"
    )
