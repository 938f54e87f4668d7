"""The fixture company's figures, worked out by hand, against one refresh of its extracts.

`tests/fixtures/company/README.md` tells the company's story, `expected.csv` holds the
figures, each with how it was reached.
"""

import csv
import math
from collections import defaultdict
from datetime import date
from pathlib import Path

import duckdb
import pytest

COMPANY = Path(__file__).parents[1] / "fixtures" / "company"

TOLERANCE = 1e-6
ABSENT = "absent"
NOT_COMPARED = "-"
ADA = "salesforce:005000000000AdaAAE"
BEN = "salesforce:005000000000BenAAE"
CLEO = "salesforce:00500000000CleoAAC"
DAN = "salesforce:005000000000DanAAE"


def expected_figures() -> dict[str, list[dict[str, str]]]:
    """The rows of expected.csv, by metric."""
    figures = defaultdict(list)
    with (COMPANY / "expected.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            figures[row["kpi"]].append(row)
    return dict(figures)


EXPECTED = expected_figures()


@pytest.fixture(scope="module")
def published(refreshed_fixture):
    """The published file of the fixture company, opened as an analyst would."""
    connection = duckdb.connect(str(refreshed_fixture.published), read_only=True)
    yield connection
    connection.close()


def rows_of(published, table: str) -> list[dict]:
    """All rows of a published table."""
    cursor = published.sql(f"select * from {table}")
    return [dict(zip(cursor.columns, row, strict=True)) for row in cursor.fetchall()]


@pytest.fixture(scope="module")
def kpi_values(published) -> dict[tuple, dict]:
    """`kpis.kpi_values` by metric, scope and period."""
    return {
        (
            row["kpi"],
            row["scope_type"],
            row["scope_id"],
            row["period_type"],
            row["period_start"],
        ): row
        for row in rows_of(published, "kpis.kpi_values")
    }


def differs(found, expected: str) -> bool:
    """Whether a published figure is another than the written one; empty means null."""
    if expected == NOT_COMPARED:
        return False
    if expected == "" or found is None:
        return expected != "" or found is not None
    return not math.isclose(found, float(expected), rel_tol=TOLERANCE, abs_tol=TOLERANCE)


def mismatch(row: dict[str, str], found: dict | None) -> str | None:
    """What is wrong with a published row, in words, or None."""
    if row["value"] == ABSENT:
        return None if found is None else f"expected no row, found {found['value']}"
    if found is None:
        return f"expected {row['value']}, found no row"
    wrong = [
        f"{column}: expected {row[column] or 'null'}, found {found[column]}"
        for column in ("numerator", "denominator", "value", "sample_size")
        if differs(found[column], row[column])
    ]
    return "; ".join(wrong) or None


@pytest.mark.parametrize("kpi", sorted(EXPECTED))
def test_figures_are_those_worked_out_by_hand(kpi, kpi_values):
    problems = []
    for row in EXPECTED[kpi]:
        scope = (row["scope_type"], row["scope_id"])
        period = (row["period_type"], date.fromisoformat(row["period_start"]))
        problem = mismatch(row, kpi_values.get((kpi, *scope, *period)))
        if problem:
            where = f"{' '.join(scope)}, {period[0]} of {period[1]}"
            problems.append(f"{where}: {problem}\n    {row['how']}")
    assert not problems, f"{kpi}:\n" + "\n".join(problems)


def test_a_built_metric_is_compared(kpi_values):
    built = {kpi for kpi, *_ in kpi_values}
    assert built <= EXPECTED.keys(), "metrics without a figure worked out by hand"


def test_every_metric_of_the_catalogue_has_expected_figures(published):
    catalogue = published.sql("select kpi from kpis.kpi_catalog").fetchall()
    assert {kpi for (kpi,) in catalogue} <= EXPECTED.keys()


def test_as_of_date_is_that_of_the_newest_crm_delivery(published):
    # The newest flat delivery is of 20 June.
    (as_of_date,) = published.sql("select as_of_date from quality.about").fetchone()
    assert as_of_date == date(2025, 6, 18)


Q1_FY25, Q4_FY25 = date(2024, 2, 1), date(2024, 11, 1)
Q1_FY26, Q2_FY26 = date(2025, 2, 1), date(2025, 5, 1)

# kpi, scope, period -> previous value, year ago, target, status
COMPARISONS = {
    # The first period has nothing before it; 30,000 of 25,000.
    ("sales", "company", "company", "quarter", Q1_FY25): (None, None, 25000, "met"),
    # 22,000 of 24,000: within a tenth.
    ("sales", "company", "company", "quarter", Q4_FY25): (17000, None, 24000, "close"),
    # 16,000 of 20,000.
    ("sales", "company", "company", "quarter", Q1_FY26): (
        22000,
        30000,
        20000,
        "missed",
    ),
    # 24,000 of 50,000, the quarter still running.
    ("sales", "company", "company", "quarter", Q2_FY26): (16000, 5000, 50000, "missed"),
    # The year's target is the sum of its quarters': 74,000 of 74,000.
    ("sales", "company", "company", "year", Q1_FY25): (None, None, 74000, "met"),
    ("sales", "company", "company", "year", Q1_FY26): (
        74000,
        74000,
        150000,
        "missed",
    ),
    # A month has no target where only its quarter has; the month before is a filled 0.
    ("sales", "company", "company", "month", date(2025, 3, 1)): (0, 10000, None, None),
    ("sales", "team", "Harbor", "quarter", Q2_FY26): (0, 0, 20000, "met"),
    # Named by full name in the targets extract.
    ("sales", "rep", ADA, "quarter", Q1_FY26): (0, 10000, 15000, "met"),
    # Hired in September: no quarter a year ago.
    ("sales", "rep", DAN, "quarter", Q2_FY26): (0, None, None, None),
    # 1 of 2 won; 2 of 3 within a tenth of 0.7.
    ("win_rate", "company", "company", "quarter", Q1_FY26): (1, 1, 0.5, "met"),
    ("win_rate", "company", "company", "quarter", Q2_FY26): (0.5, 0.5, 0.7, "close"),
    # A ratio's target is not summed over the quarters of the year.
    ("win_rate", "company", "company", "year", Q1_FY26): (8 / 9, 8 / 9, None, None),
    # Lower is better: 1,560 minutes of 1,500; nothing was answered the quarter before.
    ("lead_response_minutes", "company", "company", "quarter", Q1_FY26): (
        None,
        285,
        1500,
        "close",
    ),
    # The quarter's target is the sum of its months'.
    ("calls_and_emails", "team", "Harbor", "quarter", Q1_FY26): (1, 0, 6, "missed"),
    ("calls_and_emails", "team", "Harbor", "month", date(2025, 2, 1)): (
        1,
        0,
        2,
        "missed",
    ),
    # No further from zero than -0.1.
    ("forecast_bias", "company", "company", "quarter", Q1_FY26): (
        8000 / 22000,
        None,
        -0.1,
        "met",
    ),
}


@pytest.mark.parametrize(
    "key",
    list(COMPARISONS),
    ids=lambda key: f"{key[0]}-{key[2]}-{key[3]}-{key[4]}",
)
def test_value_stands_beside_what_it_compares_with(key, kpi_values):
    previous_value, year_ago_value, target, target_status = COMPARISONS[key]
    row = kpi_values[key]
    assert row["previous_value"] == pytest.approx(previous_value)
    assert row["year_ago_value"] == pytest.approx(year_ago_value)
    assert row["target"] == pytest.approx(target)
    assert row["target_status"] == target_status


def test_period_ends_and_is_complete_before_the_as_of_date(kpi_values):
    sales = [
        kpi_values["sales", "company", "company", period_type, start]
        for period_type, start in [
            ("month", date(2024, 2, 1)),
            ("month", date(2025, 5, 1)),
            ("month", date(2025, 6, 1)),
            ("quarter", Q4_FY25),
            ("quarter", Q2_FY26),
            ("year", Q1_FY25),
            ("year", Q1_FY26),
        ]
    ]
    assert [(row["period_end"], row["is_complete"]) for row in sales] == [
        (date(2024, 2, 29), True),
        (date(2025, 5, 31), True),
        (date(2025, 6, 30), False),
        (date(2025, 1, 31), True),
        (date(2025, 7, 31), False),
        (date(2025, 1, 31), True),
        (date(2026, 1, 31), False),
    ]


@pytest.mark.parametrize(
    ("key", "scope_name"),
    [
        (("sales", "rep", ADA, "quarter", Q1_FY26), "Ada Abel"),
        (("sales", "team", "Harbor", "quarter", Q1_FY26), "Harbor"),
        (("sales", "region", "Coast", "quarter", Q1_FY26), "Coast"),
        (("pipeline_value", "rep", "(none)", "quarter", Q2_FY26), "Unassigned"),
        (("pipeline_value", "team", "(none)", "quarter", Q2_FY26), "No team"),
        (("sales_by_product", "product", "(none)", "year", Q1_FY25), "No product"),
        (("win_rate", "lead_source", "(none)", "year", Q1_FY25), "No lead source"),
        (
            (
                "sales_by_product",
                "product",
                "salesforce:01t0000000PumpAAAR",
                "year",
                Q1_FY25,
            ),
            "Pump A",
        ),
        (
            ("new_leads", "campaign", "flat:ads", "quarter", Q1_FY25),
            "Search Ads",
        ),
    ],
)
def test_scopes_are_named_in_words(key, scope_name, kpi_values):
    assert kpi_values[key]["scope_name"] == scope_name


def test_scorecard_lists_the_latest_complete_and_the_current_period(published):
    company_quarters = {
        (row["kpi"], row["period_start"]): row
        for row in rows_of(published, "kpis.kpi_scorecard")
        if row["scope_type"] == "company" and row["period_type"] == "quarter"
    }
    assert {start for kpi, start in company_quarters if kpi == "sales"} == {
        Q1_FY26,
        Q2_FY26,
    }
    # Q2's targets of sales and of the win rate are both for a quarter still running.
    found = {
        key: (row["value"], row["target"], row["target_status"], row["is_complete"])
        for key, row in company_quarters.items()
        if key[0] in ("sales", "win_rate")
    }
    assert found == {
        ("sales", Q1_FY26): (16000, 20000, "missed", True),
        ("sales", Q2_FY26): (24000, 50000, "missed", False),
        ("win_rate", Q1_FY26): (0.5, 0.5, "met", True),
        ("win_rate", Q2_FY26): (pytest.approx(2 / 3), 0.7, "close", False),
    }


def test_scorecard_tells_leading_from_lagging_and_lists_nothing_without_a_target(
    published,
):
    scorecard = rows_of(published, "kpis.kpi_scorecard")
    timing = {row["kpi"]: row["timing"] for row in scorecard}
    assert timing["calls_and_emails"] == "leading"
    assert timing["win_rate"] == "lagging"
    assert "new_leads" not in timing
    assert all(row["target"] is not None for row in scorecard)


def test_rep_quarter_has_a_row_per_quarter_of_employment(published):
    rows = rows_of(published, "marts.rep_quarter")
    quarters = defaultdict(list)
    for row in rows:
        quarters[row["rep_id"]].append(row["quarter_start"])
    all_six = [
        Q1_FY25,
        date(2024, 5, 1),
        date(2024, 8, 1),
        Q4_FY25,
        Q1_FY26,
        Q2_FY26,
    ]
    assert {rep: sorted(starts) for rep, starts in quarters.items()} == {
        ADA: all_six,
        BEN: all_six,
        CLEO: all_six[:3],
        DAN: all_six[2:],
    }


def test_rep_quarter_carries_the_quota(published):
    quotas = {
        (row["rep_id"], row["quarter_start"]): row["quota"]
        for row in rows_of(published, "marts.rep_quarter")
    }
    # Three months 4,000 + 4,000 + 5,000; three months that came as changes; one quarter.
    assert quotas[BEN, Q1_FY26] == 13000
    assert quotas[BEN, Q2_FY26] == 18000
    assert quotas[DAN, Q2_FY26] == 12000


def test_rep_quarter_equals_kpi_values(published, kpi_values):
    rep_quarter = rows_of(published, "marts.rep_quarter")
    catalogue = rows_of(published, "kpis.kpi_catalog")
    metrics = [
        row["kpi"] for row in catalogue if "rep" in row["scopes"] and "quarter" in row["periods"]
    ]
    assert len(metrics) >= 12
    differences = []
    for row in rep_quarter:
        for kpi in metrics:
            key = (kpi, "rep", row["rep_id"], "quarter", row["quarter_start"])
            value = kpi_values.get(key, {"value": None})["value"]
            if row[kpi] != value:
                differences.append(f"{key}: {row[kpi]} in rep_quarter, {value}")
    assert not differences, "\n".join(differences)
