"""The tables beside the metrics, on the fixture company: what its story in
`tests/fixtures/company/README.md` leads a sales manager to expect, worked out by hand."""

from datetime import date
from decimal import Decimal

import pytest

ADA = "salesforce:005000000000AdaAAE"
BEN = "salesforce:005000000000BenAAE"
CLEO = "salesforce:00500000000CleoAAC"
DAN = "salesforce:005000000000DanAAE"
TERMS = (
    "opening_pipeline",
    "created",
    "pulled_in",
    "increased",
    "reopened",
    "won",
    "lost",
    "reopened_later",
    "pushed_out",
    "decreased",
    "owner_moves",
    "exchange_rate_change",
    "closing_pipeline",
)


def deal(number: str) -> str:
    return f"salesforce:006000000000{number}AAE"


@pytest.mark.parametrize(
    ("pipeline", "scope_type", "scope_id", "quarter", "expected"),
    [
        pytest.param(
            "all",
            "company",
            "company",
            "FY2025 Q2",
            # D03 is lost; D04 is won on 3 June and comes back on 10 June.
            {
                "opening_pipeline": 20_000,
                "reopened": 12_000,
                "lost": 8_000,
                "reopened_later": 12_000,
                "closing_pipeline": 12_000,
            },
            id="a win that did not last",
        ),
        pytest.param(
            "all",
            "company",
            "company",
            "FY2025 Q3",
            # D10, D11 and D07 are created, D08 without an amount; D09 gets its first one, loses
            # 500 of it on closing; D04 is worth 13,000 now.
            {
                "opening_pipeline": 12_000,
                "created": 52_000,
                "increased": 5_500,
                "decreased": 500,
                "won": 17_000,
                "closing_pipeline": 52_000,
            },
            id="deals without an amount",
        ),
        pytest.param(
            "all",
            "rep",
            CLEO,
            "FY2025 Q3",
            # D11 goes to Dan; D03, which goes with it, had been lost before.
            {
                "opening_pipeline": 12_000,
                "created": 15_000,
                "increased": 1_000,
                "won": 13_000,
                "owner_moves": -15_000,
            },
            id="a deal that changes owner",
        ),
        pytest.param(
            "all",
            "team",
            "Prairie",
            "FY2026 Q1",
            # Ben takes D10 and D18 with him to Harbor.
            {
                "opening_pipeline": 46_000,
                "created": 42_000,
                "won": 16_000,
                "owner_moves": -55_000,
                "closing_pipeline": 17_000,
            },
            id="a rep who changes teams",
        ),
        pytest.param(
            "all",
            "team",
            "Harbor",
            "FY2026 Q1",
            # D10 grows after it has come; D16 is won for two weeks.
            {
                "opening_pipeline": 9_000,
                "created": 18_900,
                "increased": 6_000,
                "lost": 9_000,
                "reopened_later": 11_000,
                "owner_moves": 55_000,
                "closing_pipeline": 68_900,
            },
            id="the team that he joins",
        ),
        pytest.param(
            "due",
            "company",
            "company",
            "FY2025 Q1",
            # D01 and D03 are due in the quarter, D03 is pushed out of it; D02, expected in May,
            # is pulled in, and closes.
            {
                "created": 16_000,
                "pulled_in": 20_000,
                "increased": 2_000,
                "won": 30_000,
                "pushed_out": 8_000,
            },
            id="deals that are pulled in and pushed out",
        ),
        pytest.param(
            "due",
            "company",
            "company",
            "FY2025 Q3",
            # D04 was expected in July and closes in August; D09 is due in October.
            {"pulled_in": 13_000, "increased": 4_500, "decreased": 500, "won": 17_000},
            id="a deal that comes from the past",
        ),
    ],
)
def test_pipeline_waterfall(refreshed_fixture, pipeline, scope_type, scope_id, quarter, expected):
    [row] = refreshed_fixture.query(f"""
        select {", ".join(TERMS)}
        from marts.pipeline_waterfall
        where pipeline = '{pipeline}' and period_type = 'quarter' and period_name = '{quarter}'
            and scope_type = '{scope_type}' and scope_id = '{scope_id}'
    """)
    found = {term: amount for term, amount in zip(TERMS, row, strict=True) if amount}
    assert found == {term: Decimal(amount) for term, amount in expected.items()}


def test_a_term_of_the_waterfall_leads_to_its_deals(refreshed_fixture):
    """The quarter's losses, and the deal that was entered after the fact."""
    rows = refreshed_fixture.query("""
        select term, opportunity_id, change_date, amount
        from marts.pipeline_waterfall_deals
        where pipeline = 'all' and period_type = 'quarter' and period_start = date '2024-05-01'
            and term in ('lost', 'won_outside_pipeline')
        order by term
    """)
    assert rows == [
        ("lost", deal("D03"), date(2024, 5, 15), 8_000),
        ("won_outside_pipeline", deal("D05"), date(2024, 6, 28), 5_000),
    ]


def test_open_deals_say_why_they_are_at_risk(refreshed_fixture):
    """Of the visits of won deals to Proposal three of four end within 33.5 days, to Negotiation
    within 46, to Prospecting within 43."""
    rows = refreshed_fixture.query("""
        select opportunity_id, amount, days_in_stage, risk_reasons
        from marts.deals_open
        order by opportunity_id
    """)
    assert rows == [
        (
            deal("D10"),
            36_000,
            77,
            "overdue by 8 days; pushed 2 times; no contact for 195 days; "
            "in stage 77 days, won deals take 46",
        ),
        (
            deal("D14"),
            18_000,
            75,
            "no contact for 36 days; in stage 75 days, won deals take 34",
        ),
        (deal("D16"), 11_000, 37, "no contact for 49 days; no next step"),
        (deal("D19"), 2_000, 43, "no owner; no contact recorded; no next step"),
        (
            deal("D22"),
            4_400,
            58,
            "overdue by 2 days; no contact recorded; in stage 58 days, won deals take 34; "
            "no next step",
        ),
    ]


def test_largest_deals_of_the_current_and_the_last_quarter(refreshed_fixture):
    rows = refreshed_fixture.query("""
        select quarter, outcome, size_rank, right(opportunity_id, 6), amount
        from marts.deals_notable
        order by quarter_start, outcome, size_rank
    """)
    assert [(*row[:3], row[3][:3], row[4]) for row in rows] == [
        ("FY2026 Q1", "lost", 1, "D15", 9_000),
        ("FY2026 Q1", "open", 1, "D10", 36_000),
        ("FY2026 Q1", "open", 2, "D18", 25_000),
        ("FY2026 Q1", "open", 3, "D14", 17_000),
        ("FY2026 Q1", "open", 4, "D22", 4_400),
        ("FY2026 Q1", "open", 5, "D06", 3_500),
        ("FY2026 Q1", "won", 1, "D17", 16_000),
        ("FY2026 Q2", "lost", 1, "D06", 3_500),
        ("FY2026 Q2", "open", 1, "D10", 36_000),
        ("FY2026 Q2", "open", 2, "D14", 18_000),
        ("FY2026 Q2", "open", 3, "D16", 11_000),
        ("FY2026 Q2", "open", 4, "D22", 4_400),
        ("FY2026 Q2", "open", 5, "D19", 2_000),
        ("FY2026 Q2", "won", 1, "D18", 24_000),
        ("FY2026 Q2", "won", 2, "D20", 0),
    ]


def test_mrr_moves_once_a_month(refreshed_fixture):
    """Every movement there has been; trials and unchanged months are none."""
    rows = refreshed_fixture.query("""
        select
            account_name, month_start, movement,
            new_mrr + expansion_mrr - contraction_mrr - churn_mrr + reactivation_mrr
        from marts.mrr_movements
        where movement <> 'none'
        order by account_name, month_start
    """)
    assert rows == [
        ("Acme", date(2024, 3, 1), "new", 500),
        ("Acme", date(2025, 2, 1), "expansion", 300),
        ("Birch", date(2024, 5, 1), "new", 300),
        ("Birch", date(2024, 12, 1), "churn", -300),
        ("Birch", date(2025, 3, 1), "reactivation", 350),
        ("Delta", date(2024, 8, 1), "new", 400),
        ("Delta", date(2025, 6, 1), "churn", -400),
        ("Elm", date(2024, 12, 1), "new", 250),
        ("Elm", date(2025, 4, 1), "contraction", -50),
        ("Fir", date(2025, 5, 1), "new", 1_000),
    ]


def test_stages_tell_how_deals_move(refreshed_fixture):
    """FY2025. To Proposal came D01, D03, D04, D08, D09, D10 and D11; D02 went past it. It was left
    after 19 days by D01, 23 by D03 (lost), 21 by D04, 14 by D08, 24 by D09 and 70 by D11."""
    [row] = refreshed_fixture.query("""
        select
            entered, exited, moved_on, moved_back, moved_aside, lost, skipped, value_at_entry,
            mean_days_in_stage, median_days_in_stage, p90_days_in_stage
        from marts.stage_analysis
        where stage = 'Proposal' and period_name = 'FY2025'
    """)
    assert row == (7, 6, 5, 0, 0, 1, 1, 79_500, 28.5, 22, 47)


def test_reps_are_ranked(refreshed_fixture):
    """FY2025 Q4. Dan won 22,000 of 9,000; Ada and Ben nothing. Cleo has left."""
    rows = refreshed_fixture.query("""
        select rep_id, sales, sales_rank, deals_won, attainment_rank, pipeline_created_rank
        from marts.rep_leaderboard
        where period_type = 'quarter' and period_name = 'FY2025 Q4'
        order by sales_rank, rep_id
    """)
    assert rows == [
        (DAN, 22_000, 1, 2, 1, 2),
        (ADA, 0, 2, 0, 2, 1),
        (BEN, 0, 2, 0, 2, 3),
    ]


def test_an_idle_week_has_a_row(refreshed_fixture):
    """Dan's email of Friday 31 January, his onboarding call of the Monday after, nothing in the
    weeks around; and his task of July, due in a week to come."""
    rows = refreshed_fixture.query(f"""
        select week_start, emails, demos, tasks_due, tasks_done
        from marts.team_activity
        where rep_id = '{DAN}' and (
            week_start between date '2025-01-20' and date '2025-02-10'
            or week_start > date '2025-06-16'
        )
        order by week_start
    """)
    assert rows == [
        (date(2025, 1, 20), 0, 0, 0, 0),
        (date(2025, 1, 27), 1, 0, 0, 0),
        (date(2025, 2, 3), 0, 1, 0, 0),
        (date(2025, 2, 10), 0, 0, 0, 0),
        (date(2025, 7, 7), 0, 0, 1, 0),
    ]


def test_forecasts_beside_what_was_sold(refreshed_fixture):
    """FY2025 Q4: Ada said 12,000 at first and 20,000 at last, Dan 18,000 and 21,000."""
    [row] = refreshed_fixture.query("""
        select
            first_day_forecast, latest_forecast, latest_submitted_date, sales_to_date,
            gap_to_forecast, quota, gap_to_quota
        from marts.forecast_vs_actual
        where scope_type = 'company' and period_name = 'FY2025 Q4'
    """)
    assert row == (30_000, 41_000, date(2024, 12, 10), 22_000, 19_000, 36_000, 14_000)
