"""What raw lets go of when full copies are delivered again and again, and what it keeps."""

from __future__ import annotations

from dataclasses import replace

import pytest

from orchestration.contract import Column, Contract, Table
from orchestration.mappings import Choice, Condition, Mapping
from tests.unit.landing_company import CONTRACT, Company

MERGING = Table(
    connector="hubspot",
    name="companies",
    identifier="hubspot__companies",
    object="companies",
    entity="accounts",
    key=("id",),
    history_columns=("merged_ids",),
    columns=(Column("id", required=True), Column("merged_ids")),
)
LATEST = """
    select rep_id, name, is_current from extracts.flat__reps
    qualify row_number() over (
        partition by rep_id order by delivery_order desc, file desc, row_number desc
    ) = 1
    order by rep_id
"""


@pytest.fixture
def company(tmp_path) -> Company:
    company = Company(tmp_path)
    company.contract = Contract((*CONTRACT.tables, MERGING))
    company.configure(raw_deliveries_kept=2)
    return company


def deliver(company: Company, day: int, *reps: str, kind: str = "full") -> None:
    rows = "".join(f"{rep}\n" for rep in reps)
    company.deliver(f"flat/{kind}/2026-01-{day:02}/reps.csv", f"rep_id,name\n{rows}")


def raw_rows(company: Company) -> list[tuple]:
    return company.query('select _delivery, rep_id, "name" from raw.flat__reps order by all')


def test_raw_keeps_the_newest_deliveries_and_of_deleted_records_the_last_version(company):
    deliver(company, 1, "a,Ann", "b,Bo", "c,Cy")
    deliver(company, 8, "a,Ann", "b,Bob")
    deliver(company, 15, "a,Anna", "b,Bob")
    deliver(company, 22, "a,Anna", "b,Bob")
    company.land()
    assert raw_rows(company) == [
        ("2026-01-01", "c", "Cy"),
        ("2026-01-15", "a", "Anna"),
        ("2026-01-15", "b", "Bob"),
        ("2026-01-22", "a", "Anna"),
        ("2026-01-22", "b", "Bob"),
    ]
    assert company.query(LATEST) == [("a", "Anna", True), ("b", "Bob", True), ("c", "Cy", False)]
    counts = "select delivery, rows_landed, rows_superseded from raw.object_files order by delivery"
    assert company.query(counts) == [
        ("2026-01-01", 3, 2),
        ("2026-01-08", 2, 2),
        ("2026-01-15", 2, 0),
        ("2026-01-22", 2, 0),
    ]
    assert [file.status for file in company.land().files] == ["unchanged"] * 4


def test_the_order_of_landing_leaves_no_trace(company, tmp_path):
    days = {1: ["a,Ann", "c,Cy"], 8: ["a,Al"], 15: ["a,Anna"], 22: ["a,Anna"]}
    for day, reps in days.items():
        deliver(company, day, *reps)
        company.land()
    other = Company(tmp_path / "other")
    other.configure(raw_deliveries_kept=2)
    for day, reps in reversed(days.items()):
        deliver(other, day, *reps)
        other.land()
    assert raw_rows(company) == raw_rows(other)
    assert company.query(LATEST) == other.query(LATEST)


def test_a_replaced_delivery_brings_back_what_it_had_replaced(company):
    for day in (1, 8, 15, 22):
        deliver(company, day, "a,Ann", "b,Bo")
    company.land()
    for day in (8, 15, 22):
        deliver(company, day, "a,Ann")
    company.land()
    assert company.query(LATEST) == [("a", "Ann", True), ("b", "Bo", False)]


def test_what_a_replaced_delivery_cannot_bring_back_is_told(company):
    for day in (1, 8, 15, 22):
        deliver(company, day, "a,Ann", "b,Bo")
    company.land()
    company.settings.landing_dir.joinpath("flat/full/2026-01-01/reps.csv").unlink()
    deliver(company, 8, "a,Ann")
    report = company.land()
    assert any("2026-01-01/reps.csv: a delivery after it was replaced" in n for n in report.notes)


def test_earlier_versions_that_models_read_stay(company):
    for day, merged in ((1, "7"), (8, ""), (15, ""), (22, "")):
        company.deliver(
            f"hubspot/full/2026-01-{day:02}/companies.csv", f"id,merged_ids\n1,{merged}\n2,\n"
        )
    company.land()
    rows = company.query(
        "select _delivery, id, merged_ids from raw.hubspot__companies order by all"
    )
    assert rows == [
        ("2026-01-01", "1", "7"),
        ("2026-01-15", "1", None),
        ("2026-01-15", "2", None),
        ("2026-01-22", "1", None),
        ("2026-01-22", "2", None),
    ]


def mapped(**more) -> Mapping:
    columns = (("rep_id", (Choice("Nr"),)), ("name", (Choice("Who"),)))
    return Mapping("flat", "reps", "team.csv", columns=columns, **more)


def test_rows_of_mapped_files_are_counted_though_they_are_gone(company):
    company.settings = replace(company.settings, mappings=(mapped(),))
    for day in (1, 8, 15, 22):
        # The second row is rejected, and makes no version.
        company.deliver(f"flat/full/2026-01-{day:02}/team.csv", "Nr,Who\n1,Ann\n2,\n3,Cy\n")
    company.configure(max_reject_share=0.5)
    company.land()
    company.deliver("flat/full/2026-01-29/team.csv", "Nr,Who\n1,Ann\n3,Cy\n")
    report = company.land()
    assert report.problems == []
    counts = """
        select delivery, rows_in_file, rows_landed, rows_rejected, rows_superseded
        from raw.object_files order by delivery
    """
    assert company.query(counts) == [
        ("2026-01-01", 3, 2, 1, 2),
        ("2026-01-08", 3, 2, 1, 2),
        ("2026-01-15", 3, 2, 1, 2),
        ("2026-01-22", 3, 2, 1, 0),
        ("2026-01-29", 2, 2, 0, 0),
    ]


def test_changes_that_a_filter_may_leave_out_keep_every_version(company):
    where = (Condition("Who", "in", ("ann",)),)
    company.settings = replace(company.settings, mappings=(mapped(where=where),))
    for day in (1, 8, 15, 22):
        company.deliver(f"flat/changes/2026-01-{day:02}/team.csv", "Nr,Who\n1,Ann\n")
    company.land()
    assert company.query("select count(*) from raw.flat__team") == [(4,)]


def test_a_file_with_fewer_columns_replaces_nothing(company):
    deliver(company, 1, "a,Ann")
    company.deliver("flat/full/2026-01-01/reps.csv", "rep_id,name,hire_date\na,Ann,2025-01-01\n")
    for day in (8, 15, 22):
        deliver(company, day, "a,Anna", kind="changes")
    company.land()
    rows = company.query("select delivery_order, name, hire_date from extracts.flat__reps")
    assert ("2026-01-22\t1", "Anna", "2025-01-01") in rows
