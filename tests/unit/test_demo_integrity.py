"""The demo company hangs together: references, histories, employment, money."""

from __future__ import annotations

import pytest

from tests.unit.demo_extracts import make_and_open

PREFIXES = {
    "001": "Account", "003": "Contact", "005": "User", "006": "Opportunity", "00E": "UserRole",
    "00Q": "Lead", "0Q0": "Quote", "701": "Campaign", "800": "Contract", "801": "Order",
    "01t": "Product2", "01u": "PricebookEntry",
}  # fmt: skip
NOT_EXPORTED = ("00G", "00e", "01s")


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    with make_and_open(tmp_path_factory.mktemp("demo"), scale=0.5) as con:
        con.execute(
            """
            create table employment as
            select
                "User".Id as user_id, rep_id, any_value(hire_date)::date as hired,
                coalesce(any_value(leave_date)::date, date '2099-12-31') as leaves
            from reps
            inner join "User" on lower("User".Email) = reps.email
            group by all;
            create table states as
            select *, row_number() over (partition by OpportunityId order by CreatedDate) as step,
                row_number() over (partition by OpportunityId order by CreatedDate desc) as back
            from OpportunityHistory;
            create table owner_changes as
            select OpportunityId as id, CreatedDate as changed, OldValue as old, NewValue as new
            from OpportunityFieldHistory where Field = 'Owner' and DataType = 'EntityId'
            union all
            select LeadId, CreatedDate, OldValue, NewValue
            from LeadHistory where Field = 'Owner' and DataType = 'EntityId';
            create table owned as
            select Id as id, OwnerId as owner, CreatedDate as created from Opportunity
            union all
            select Id, OwnerId, CreatedDate from Lead;
            """
        )
        yield con


def none(company, sql: str) -> None:
    """No row at all."""
    rows = company.execute(sql).fetchmany(5)
    assert not rows, rows


def count(company, sql: str) -> int:
    return company.execute(f"select count(*) from ({sql})").fetchone()[0]


def test_every_reference_names_a_record(company):
    lookups = company.execute(
        """
        select table_name, column_name from information_schema.columns
        where column_name like '%Id' and column_name not in ('Id')
            and table_name in (select distinct table_name from information_schema.columns
                               where column_name = 'Id')
        """
    ).fetchall()
    found = 0
    for table, column in lookups:
        values = company.execute(
            f'select distinct "{column}"[:3] from "{table}" where "{column}" is not null'
        ).fetchall()
        for prefix in {prefix for (prefix,) in values} - set(NOT_EXPORTED):
            found += 1
            none(
                company,
                f'select "{column}" from "{table}" where "{column}" like \'{prefix}%\''
                f' and "{column}" not in (select Id from "{PREFIXES[prefix]}")',
            )
    assert found > 60


def test_ids_are_unique(company):
    tables = company.execute(
        "select table_name from information_schema.columns where column_name = 'Id'"
    ).fetchall()
    for (table,) in tables:
        none(company, f'select Id from "{table}" group by Id having count(*) > 1')


def test_flat_references_name_records(company):
    none(company, "select * from quotas where scope_id not in (select rep_id from reps)")
    none(company, "select * from reps where manager not in (select rep_id from reps)")
    none(company, "select * from forecasts where rep not in (select email from reps)")
    none(company, 'select * from time_log where rep not in (select "name" from reps)')
    none(company, "select * from subscriptions where account_id not in (select Id from Account)")
    none(company, "select * from surveys where account_id not in (select Id from Account)")
    none(company, "select * from product_costs where product_id not in (select Name from Product2)")
    none(
        company,
        """select * from targets
        where scope_type = 'team' and scope_id not in (select team from reps)""",
    )


def test_reps_are_users_and_leavers_are_inactive(company):
    none(
        company,
        """select rep_id from reps where rep_id not in (select rep_id from employment)""",
    )
    none(
        company,
        """
        select user_id from employment inner join "User" on "User".Id = user_id
        where (IsActive = '1') is distinct from (leaves >= date '2026-11-20')
        """,
    )
    none(company, 'select "name" from reps group by "name" having count(distinct rep_id) > 1')
    none(company, "select rep_id from reps where leave_date::date < hire_date::date")
    none(
        company,
        """select rep_id from reps group by rep_id, coalesce(valid_from, '') having count(*) > 1""",
    )


def test_the_history_of_deals_ends_in_the_present_record(company):
    assert count(company, "from states where back = 1") == count(company, "from Opportunity")
    none(
        company,
        """
        select d.Id from Opportunity as d
        inner join states as s on s.OpportunityId = d.Id and s.back = 1
        where s.StageName != d.StageName or s.Amount is distinct from d.Amount
            or s.Probability != d.Probability or s.CloseDate != d.CloseDate
        """,
    )
    none(
        company,
        """
        select d.Id from Opportunity as d
        inner join states as s on s.OpportunityId = d.Id and s.step = 1
        where s.CreatedDate != d.CreatedDate or s.PrevAmount is not null
        """,
    )


def test_history_rows_differ_from_the_one_before(company):
    none(
        company,
        """
        select OpportunityId from (
            select *, lag((StageName, Amount, Probability, CloseDate))
                over (partition by OpportunityId order by CreatedDate) as before
            from OpportunityHistory
        )
        where before = (StageName, Amount, Probability, CloseDate)
        """,
    )
    none(
        company,
        """select OpportunityId from OpportunityHistory
        group by OpportunityId, CreatedDate having count(*) > 1""",
    )


def test_a_deal_closes_on_the_day_on_which_its_stage_changed(company):
    entered_late = count(company, "from states where step = 1 and StageName like 'Closed%'")
    assert 0 < entered_late < 0.02 * count(company, "from Opportunity")
    none(
        company,
        """
        select d.Id from Opportunity as d
        inner join states as s on s.OpportunityId = d.Id and s.step = 1
        where d.IsClosed = '1' and s.StageName not like 'Closed%'
            and d.CloseDate[:10] != d.LastStageChangeDate[:10]
        """,
    )


def test_owners_follow_from_each_other_up_to_the_present_one(company):
    none(
        company,
        """
        select id from (
            select *, lag(new) over (partition by id order by changed) as before from owner_changes
        ) where before != old
        """,
    )
    none(
        company,
        """
        select id from owned
        inner join (select id, max_by(new, changed) as latest, min(changed) as changed
                    from owner_changes group by id) using (id)
        where latest != owner or changed < created
        """,
    )
    for table in ("LeadHistory", "OpportunityFieldHistory"):
        with_names = count(company, f"from {table} where Field = 'Owner' and DataType = 'Text'")
        with_ids = count(company, f"from {table} where Field = 'Owner' and DataType = 'EntityId'")
        assert with_names == with_ids > 50


def test_open_deals_belong_to_people_who_are_there(company):
    none(
        company,
        """
        select Opportunity.Id from Opportunity inner join employment on OwnerId = user_id
        where IsClosed = '0' and leaves < date '2026-11-20'
        """,
    )


def test_leads_walk_from_new_to_their_present_status(company):
    none(
        company,
        """
        select LeadId from (
            select *, lag(NewValue) over (partition by LeadId order by CreatedDate) as before
            from LeadHistory where Field = 'Status'
        ) where OldValue != coalesce(before, 'Open - Not Contacted')
        """,
    )
    none(
        company,
        """
        select Lead.Id from Lead
        left join (select LeadId, max_by(NewValue, CreatedDate) as latest, min(CreatedDate) as begun
                   from LeadHistory where Field = 'Status' group by 1) on LeadId = Lead.Id
        where coalesce(latest, 'Open - Not Contacted') != Status or begun < Lead.CreatedDate
        """,
    )


def test_conversion_makes_account_contact_and_deal_after_the_lead(company):
    none(
        company,
        """
        select l.Id from Lead as l
        left join Account as a on a.Id = ConvertedAccountId
        left join Contact as c on c.Id = ConvertedContactId
        left join Opportunity as o on o.Id = ConvertedOpportunityId
        where IsConverted = '1' and (
            ConvertedDate[:10] < l.CreatedDate[:10] or a.Id is null or c.Id is null
            or c.AccountId != a.Id or c.CreatedDate < l.CreatedDate
            or o.AccountId != a.Id or o.CreatedDate[:10] != ConvertedDate[:10]
            or l.Company != a.Name or l.LeadSource is distinct from o.LeadSource
        ) and (o.Id is not null or a.Id is null)
        """,
    )
    none(
        company,
        """select Id from Lead where IsConverted = '0'
        and coalesce(ConvertedDate, ConvertedAccountId, ConvertedOpportunityId) is not null""",
    )
    assert count(company, "from Lead where IsConverted = '1' and ConvertedOpportunityId is null")


def test_leads_are_answered_before_they_are_qualified(company):
    none(
        company,
        """
        select l.Id from Lead as l
        inner join (select LeadId, min(CreatedDate) as changed from LeadHistory
                    where NewValue in ('Qualified', 'Closed - Converted') group by 1)
            on LeadId = l.Id
        where not exists (
            from Task where (WhoId = l.Id or WhoId = l.ConvertedContactId)
            and CompletedDateTime between l.CreatedDate and changed
            and CallType is distinct from 'Inbound'
        )
        """,
    )


def test_activities_are_done_by_people_while_employed(company):
    none(
        company,
        """
        select Task.Id from Task inner join employment on OwnerId = user_id
        where IsClosed = '1' and CreatedById = OwnerId
            and CompletedDateTime::date not between hired and leaves
        """,
    )
    none(
        company,
        """
        select Event.Id from Event inner join employment on OwnerId = user_id
        where ActivityDate::date <= date '2026-11-20'
            and ActivityDate::date not between hired and leaves
        """,
    )
    none(company, "select Id from Task where (Status = 'Completed') != (IsClosed = '1')")
    none(company, "select Id from Task where (CompletedDateTime is not null) != (IsClosed = '1')")


def test_deals_are_closed_by_people_while_employed(company):
    none(
        company,
        """
        select o.Id from Opportunity as o inner join employment on OwnerId = user_id
        where IsClosed = '1' and LastStageChangeDate::date not between hired and leaves
        """,
    )


def test_nothing_was_recorded_after_the_export(company):
    instants = company.execute(
        """
        select table_name, column_name from information_schema.columns
        where column_name in ('CreatedDate', 'SystemModstamp', 'CompletedDateTime', 'ActivatedDate',
                              'LastStageChangeDate', 'LastLoginDate', 'responded_at')
        """
    ).fetchall()
    assert len(instants) > 30
    for table, column in instants:
        latest, earliest = company.execute(
            f'select max("{column}")::timestamp::varchar, min("{column}")::timestamp::varchar'
            f' from "{table}"'
        ).fetchone()
        assert latest < "2026-11-20 22:30:01", f"{table}.{column}: {latest}"
        assert earliest > "2023-11-19", f"{table}.{column}: {earliest}"


def test_no_business_began_before_december_2023(company):
    for table, column in (
        ("Lead", "CreatedDate"), ("Opportunity", "CreatedDate"), ("Account", "CreatedDate"),
        ("Opportunity", "CloseDate"), ("Task", "ActivityDate"), ("Event", "ActivityDate"),
        ("Contract", "StartDate"), ("Order", "EffectiveDate"), ("subscriptions", "start_date"),
    ):  # fmt: skip
        (earliest,) = company.execute(f'select min("{column}") from "{table}"').fetchone()
        assert earliest >= "2023-12-01", f"{table}.{column}: {earliest}"


def test_lines_add_up_to_the_amount(company):
    none(
        company,
        """
        select o.Id, any_value(o.Amount), sum(TotalPrice::decimal(18, 2))
        from Opportunity as o inner join OpportunityLineItem as i on i.OpportunityId = o.Id
        where o.Amount is not null
        group by 1
        having any_value(o.Amount)::decimal(18, 2) != sum(TotalPrice::decimal(18, 2))
        """,
    )
    none(
        company,
        """
        select Id from OpportunityLineItem
        where abs(TotalPrice::double - Quantity::double * UnitPrice::double
            * (1 - coalesce(Discount, '0')::double / 100)) > 0.006
        """,
    )
    assert count(
        company,
        """from Opportunity where IsWon = '1'
        and Id not in (select OpportunityId from OpportunityLineItem)""",
    )
    assert count(company, "from Opportunity where Amount is null")


def test_orders_and_contracts_come_from_won_deals(company):
    none(
        company,
        """
        select "Order".Id from "Order" inner join Opportunity as o on o.Id = OpportunityId
        where IsWon = '0' or TotalAmount != o.Amount or "Order".CreatedDate < LastStageChangeDate
        """,
    )
    none(
        company,
        """
        select o.Id from Opportunity as o inner join Contract as c on c.Id = o.ContractId
        where IsWon = '0' or c.AccountId != o.AccountId or c.StartDate > c.EndDate
        """,
    )
    none(company, "select ContractId from Opportunity group by 1 having count(ContractId) > 1")
    none(
        company,
        """
        select o.Id from Opportunity as o inner join Quote as q on q.OpportunityId = o.Id
        where q.CreatedDate < o.CreatedDate or (q.Status = 'Accepted' and IsWon = '0')
        """,
    )


def test_subscriptions_are_what_the_contracts_say(company):
    none(
        company,
        """
        select subscription_id from subscriptions
        where mrr != '0' and not exists (
            from Contract where AccountId = account_id and StatusCode = 'Activated'
            and StartDate[:10] = start_date and coalesce(end_date, EndDate[:10]) = EndDate[:10]
        )
        """,
    )
    assert count(company, "from subscriptions where mrr = '0'")


def test_quotas_are_for_months_of_employment(company):
    none(
        company,
        """
        select scope_id from quotas inner join employment on rep_id = scope_id
        where period_start::date > leaves
            or period_start::date + interval 1 month <= hired
            or amount::double < 0
        """,
    )
    none(
        company,
        "select scope_id from quotas group by scope_id, period_start having count(*) > 1",
    )
