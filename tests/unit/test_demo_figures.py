"""The demo company looks like a real one: its figures, computed straight from the files.

The bounds are wide enough for any seed and narrow enough to notice a company in which
nobody would believe.
"""

from __future__ import annotations

import pytest

from tests.unit.demo_extracts import make_and_open


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    with make_and_open(tmp_path_factory.mktemp("demo"), scale=1) as con:
        con.execute(
            """
            create table closer as  -- who owned a deal when it closed
            select
                o.Id as deal_id,
                coalesce(
                    max_by(h.NewValue, h.CreatedDate)
                        filter (h.CreatedDate <= o.LastStageChangeDate),
                    min_by(h.OldValue, h.CreatedDate),
                    o.OwnerId
                ) as user_id
            from Opportunity as o
            left join OpportunityFieldHistory as h
                on h.OpportunityId = o.Id and Field = 'Owner' and DataType = 'EntityId'
            group by o.Id, o.OwnerId;
            create table deals as
            select
                o.Id as deal_id, StageName as stage, IsWon = '1' as is_won,
                IsClosed = '1' as is_closed, Amount::double as amount,
                CreatedDate::date as created_date, CloseDate::date as close_date,
                date_trunc('quarter', CloseDate::date) as quarter,
                close_date - created_date as cycle_days, rep_id, LeadSource as lead_source, Type
            from Opportunity as o
            inner join closer on deal_id = o.Id
            left join (
                select distinct "User".Id as user_id, rep_id
                from reps inner join "User" on lower("User".Email) = reps.email
            ) using (user_id)
            where IsDeleted = '0';
            create table plan as
            select scope_id as rep_id, period_start::date as month, amount::double as quota,
                date_trunc('quarter', month) as quarter
            from quotas where amount != '0';
            create table responses as
            select
                l.Id, l.CreatedDate::timestamp as created,
                min(t.CompletedDateTime)::timestamp as answered
            from Lead as l
            left join Task as t on t.WhoId in (l.Id, l.ConvertedContactId) and t.IsClosed = '1'
                and t.TaskSubtype in ('Call', 'Email') and t.CreatedById in
                    (select Id from "User" where UserType = 'Standard')
                and coalesce(t.CallType, 'Outbound') = 'Outbound'
                and t.CompletedDateTime >= l.CreatedDate
            group by all;
            create table paying as  -- accounts and their MRR on quarters' ends
            select day, account_id, sum(mrr::double) as mrr
            from subscriptions
            inner join (
                select unnest(generate_series(date '2023-12-31', date '2026-10-01',
                    interval 3 month))::date as day
            ) on start_date::date <= day and coalesce(end_date::date, date '2099-12-31') >= day
            where mrr != '0'
            group by all;
            """
        )
        yield con


def value(company, sql: str):
    """The single value that a query gives."""
    return company.execute(sql).fetchone()[0]


def column(company, sql: str) -> list:
    """The first column of a query."""
    return [row[0] for row in company.execute(sql).fetchall()]


FULL_QUARTERS = "quarter between date '2024-01-01' and date '2026-07-01'"


def test_size_is_as_promised(company):
    assert value(company, "select count(*) from Lead") == 6_000
    assert 3_600 < value(company, "select count(*) from Opportunity") < 4_400
    tasks = value(company, "select count(*) from Task")
    assert 52_000 < tasks + value(company, "select count(*) from Event") < 68_000
    here = value(company, "select count(distinct rep_id) from reps where leave_date is null")
    assert 34 <= here <= 46


def test_win_rate_lies_between_a_fifth_and_a_third(company):
    overall = value(company, "select avg(is_won::int) from deals where is_closed")
    assert 0.2 < overall < 0.35
    by_quarter = column(
        company,
        f"""select avg(is_won::int) from deals where is_closed and {FULL_QUARTERS}
        group by quarter""",
    )
    assert len(by_quarter) == 11
    assert 0.18 < min(by_quarter) < max(by_quarter) < 0.42


def test_quota_attainment_is_spread_around_eighty_five_percent(company):
    overall = value(
        company,
        f"""
        select sum(sales) / sum(quota) from
        (select rep_id, quarter, sum(quota) as quota from plan where {FULL_QUARTERS} group by all)
        left join (select rep_id, quarter, sum(amount) as sales from deals where is_won
                   group by all) using (rep_id, quarter)
        """,
    )
    assert 0.75 < overall < 0.98
    low, middle, high = value(
        company,
        """
        select quantile_cont(coalesce(sales, 0) / quota, [0.1, 0.5, 0.9]) from
        (select rep_id, year(month) as year, sum(quota) as quota, count(*) as months
         from plan where month < date '2026-11-01' group by all)
        left join (select rep_id, year(close_date) as year, sum(amount) as sales
                   from deals where is_won group by all) using (rep_id, year)
        where months >= 6
        """,
    )
    assert 0.15 < low < 0.65
    assert 0.6 < middle < 1.05
    assert 1.05 < high < 2.2


def test_cycles_last_weeks_to_months(company):
    shortest, middle, longest = value(
        company,
        """select quantile_cont(cycle_days, [0.05, 0.5, 0.95]) from deals
        where is_won and close_date >= date '2024-04-01'""",
    )
    assert shortest > 7
    assert 40 < middle < 80
    assert 100 < longest < 220


def test_quarters_end_with_a_rush_and_summers_are_quiet(company):
    last, others = company.execute(
        f"""select sum(amount) filter (month(close_date) % 3 = 0),
            sum(amount) filter (month(close_date) % 3 != 0) / 2
        from deals where is_won and {FULL_QUARTERS}"""
    ).fetchone()
    assert last > 1.15 * others
    summer, rest = company.execute(
        """select count(*) filter (month(CreatedDate::date) in (7, 8)) / 6,
            count(*) filter (month(CreatedDate::date) in (4, 5, 6, 9, 10)) / 15
        from Lead where CreatedDate::date between date '2024-01-01' and date '2026-10-31'"""
    ).fetchone()
    assert summer < 0.85 * rest


def test_leads_are_answered_within_minutes_or_days_or_never(company):
    answered, within_an_hour, median_hours, p95_hours = company.execute(
        """
        select count(answered) / count(*), avg((answered - created < interval 1 hour)::int),
            median(epoch(answered - created)) / 3600,
            quantile_cont(epoch(answered - created), 0.95) / 3600
        from responses
        """
    ).fetchone()
    assert 0.84 < answered < 0.95
    assert 0.1 < within_an_hour < 0.45
    assert 1 < median_hours < 8
    assert 30 < p95_hours < 150
    assert 0.17 < value(company, "select avg(IsConverted::int) from Lead") < 0.32


def test_good_and_weak_reps_differ(company):
    rates = column(
        company,
        """select avg(is_won::int) from deals where is_closed and Type = 'New Business'
        group by rep_id having count(*) >= 40 order by 1""",
    )
    assert len(rates) >= 15
    quarter = len(rates) // 4
    assert sum(rates[-quarter:]) > 1.5 * sum(rates[:quarter])


def test_new_reps_ramp_up(company):
    months = column(
        company,
        """
        select sum(amount) / count(distinct deals.rep_id) as sales
        from deals
        inner join (select rep_id, any_value(hire_date)::date as hired from reps
                    where role = 'Account Executive' group by 1
                    having hired between date '2024-01-01' and date '2025-11-01') using (rep_id)
        where is_won and (close_date - hired) // 120 in (0, 2)
        group by (close_date - hired) // 120 order by (close_date - hired) // 120
        """,
    )
    assert months[0] < 0.7 * months[1]


def test_people_come_and_go(company):
    left = column(company, "select distinct rep_id from reps where leave_date is not null")
    assert 12 <= len(left) <= 35
    moves = column(
        company, "select rep_id from reps group by rep_id having count(distinct team) > 1"
    )
    assert len(moves) >= 2
    first_days = column(
        company,
        """
        select min(Task.CompletedDateTime::date) - any_value(hire_date)::date
        from reps inner join "User" on lower("User".Email) = reps.email
        inner join Task on Task.OwnerId = "User".Id and Task.IsClosed = '1'
            and Task.CreatedById = Task.OwnerId
        where hire_date >= '2024-01-01' and role in ('SDR', 'Account Executive')
        group by rep_id
        """,
    )
    assert all(day >= 0 for day in first_days)
    assert 2 < sum(first_days) / len(first_days) < 40


def test_deals_are_pushed_pulled_reopened_and_stepped_back(company):
    company.execute(
        """
        create or replace temp table steps as
        select OpportunityId, StageName, CloseDate,
            lag(StageName) over deal as stage_before, lag(CloseDate) over deal as close_before
        from OpportunityHistory window deal as (partition by OpportunityId order by CreatedDate)
        """
    )
    deals = value(company, "select count(*) from Opportunity")

    def share(condition: str) -> float:
        found = f"select count(distinct OpportunityId) from steps where {condition}"
        return value(company, found) / deals

    still_open = "StageName not like 'Closed%' and stage_before not like 'Closed%'"
    assert 0.3 < share(f"{still_open} and CloseDate > close_before") < 0.7
    assert 0.02 < share(f"{still_open} and CloseDate < close_before") < 0.2
    assert 0.01 < share("StageName not like 'Closed%' and stage_before like 'Closed%'") < 0.06
    assert share("StageName not like 'Closed%' and stage_before = 'Closed Won'") > 0
    back = "StageName = 'Needs Analysis' and stage_before = 'Value Proposition'"
    assert 0.003 < share(back) < 0.06
    owners = (
        "select count(distinct OpportunityId) from OpportunityFieldHistory where Field = 'Owner'"
    )
    assert 0.05 < value(company, owners) / deals < 0.3


def test_customers_churn_return_expand_and_contract(company):
    company.execute(
        """
        create or replace temp table quarters as
        select a.day, a.mrr as before, coalesce(b.mrr, 0) as after
        from paying as a left join paying as b
            on b.account_id = a.account_id and b.day = (a.day + interval 3 month)::date
        where a.day < date '2026-09-01'
        """
    )
    lost, kept, grown = company.execute(
        """select count(*) filter (after = 0) / count(*),
            count(*) filter (after between 1 and before - 1),
            count(*) filter (after > before + 1) from quarters"""
    ).fetchone()
    assert 0.015 < lost < 0.07
    assert kept > 20
    assert grown > 50
    back = value(
        company,
        """
        select count(distinct account_id) from (
            select account_id, start_date::date as since,
                lag(end_date::date) over (partition by account_id order by start_date) as until
            from subscriptions where mrr != '0'
        ) where since > until + 20
        """,
    )
    assert back >= 5


def test_margins_and_discounts_are_those_of_a_manufacturer(company):
    discount, margin = company.execute(
        """
        select
            1 - sum(TotalPrice::double) / sum(ListPrice::double * Quantity::double),
            1 - sum(Quantity::double * unit_cost) / sum(TotalPrice::double)
        from OpportunityLineItem
        inner join deals on deal_id = OpportunityId and is_won
        inner join Product2 on Product2.Id = Product2Id
        inner join (select product_id, avg(unit_cost::double) as unit_cost from product_costs
                    group by 1) on product_id = Product2.Name
        """
    ).fetchone()
    assert 0.02 < discount < 0.12
    assert 0.45 < margin < 0.7


def test_tasks_are_mostly_done_and_some_are_overdue(company):
    done, overdue = company.execute(
        """select avg(IsClosed::int), count(*) filter (IsClosed = '0')
        from Task where TaskSubtype = 'Task' and ActivityDate < '2026-11-20'"""
    ).fetchone()
    assert 0.75 < done < 0.96
    assert overdue > 100
    assert value(company, "select count(*) from Task where ActivityDate > '2026-11-21'") > 50
    assert value(company, "select count(*) from Event where ActivityDate > '2026-11-21'") > 30


def test_forecasts_are_near_the_sales_but_not_the_sales(company):
    accuracy = column(
        company,
        f"""
        with first_forecasts as (
            select rep, period_start::date as quarter,
                min_by(amount, submitted_on)::double as amount
            from forecasts where period_type = 'quarter' group by all
        )
        select 1 - abs(sum(amount) - (select sum(amount) from deals
            where is_won and deals.quarter = first_forecasts.quarter))
            / (select sum(amount) from deals where is_won
               and deals.quarter = first_forecasts.quarter)
        from first_forecasts where {FULL_QUARTERS} group by quarter
        """,
    )
    assert len(accuracy) == 11
    assert 0.8 < sum(accuracy) / len(accuracy) < 0.99


def test_awkward_records_are_there(company):
    for sql in (
        "from Lead where OwnerId like '00G%'",
        "from Lead where LeadSource is null",
        "from Lead where IsDeleted = '1'",
        """from LeadHistory where NewValue like '005%' and OldValue like '00G%'""",
        """from "User" where UserType != 'Standard'""",
        "from Opportunity where IsWon = '1' and Amount is null",
        "from Opportunity where CampaignId is null",
        "from Opportunity where IsClosed = '1' and CloseDate < CreatedDate[:10]",
        "from Opportunity where IsClosed = '0' and CloseDate < '2026-11-20'",
        "from Event where IsChild = '1'",
        "from Task where TaskSubtype = 'ListEmail'",
        "from Task where CallType = 'Inbound'",
        "from Contract where StatusCode != 'Activated'",
        """from "Order" where StatusCode != 'Activated'""",
        "from Quote where Status = 'Rejected'",
        "from Account where Type = 'Prospect'",
        "from reps where valid_from is not null",
    ):
        assert value(company, f"select count(*) {sql}"), sql
