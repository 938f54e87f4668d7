"""A Salesforce developer org, as the weekly export has it and as tools fetch it by the API.

Standard stages, the custom fields that such orgs come with, users who are no persons, a queue,
leads handed over, amounts in scientific notation, mass emails and calls, invitees' copies.
"""

from __future__ import annotations

import random
from pathlib import Path

import pandas as pd

from tests.awkward.formats import (
    EMPTY_ID,
    Ids,
    sf_date,
    sf_flag,
    write_rest_extracts,
    write_weekly_export,
)
from tests.foreign.figures import (
    PERIODS,
    Figures,
    at_some_time,
    count,
    mean,
    median,
    read_texts,
    scope_of,
    some_day,
    total,
)

AS_OF = "2024-12-10"
DELIVERY = f"salesforce/full/{AS_OF}"
ZONE = "America/Los_Angeles"
LATIN = {"encoding": "iso-8859-1"}
CONFIG = f"""
settings:
  company_name: Developer Edition
  business_timezone: {ZONE}
  fiscal_year_start_month: 2

salesforce:
  User: {{columns: {{hire_date: Start_Date__c}}}}

custom_fields:
  Opportunity: [MainCompetitors__c, OrderNumber__c]
  Account: [CustomerPriority__c]
  Lead: [ProductInterest__c]
"""
STAGES = {
    "Prospecting": 10,
    "Qualification": 10,
    "Needs Analysis": 20,
    "Value Proposition": 50,
    "Id. Decision Makers": 60,
    "Perception Analysis": 70,
    "Proposal/Price Quote": 75,
    "Negotiation/Review": 90,
    "Closed Won": 100,
    "Closed Lost": 0,
}
OPEN = list(STAGES)[:-2]
USERS = [
    # first name, last name, kind, role, division, started
    ("Renée", "Day", "Standard", "West Sales", "Americas", "2022-03-01"),
    ("Sam", "Ng", "Standard", "West Sales", "Americas", ""),
    ("Tom", "Lund", "", "Channel", "EMEA", "2023-11-15"),
    ("Ada", "Admin", "Standard", "", "", ""),
    ("", "Integration User", "CloudIntegrationUser", "", "", ""),
    ("", "Automated Process", "AutomatedProcess", "", "", ""),
]


def write(landing: Path, seed: int = 4) -> None:
    """The org's weekly export, the same for a seed."""
    write_weekly_export(landing / DELIVERY, org(seed), None, **LATIN)


def write_api_extracts(landing: Path, seed: int = 4) -> None:
    """The same org by the API."""
    write_rest_extracts(landing / DELIVERY, org(seed), random.Random(seed))


def org(seed: int) -> dict[str, tuple[list[str], list[dict[str, str]]]]:
    """Columns and rows of each object, as the weekly export spells them."""
    rng = random.Random(seed)
    ids = Ids()
    objects: dict[str, list[dict[str, str]]] = {}

    def add(name: str, row: dict[str, object]) -> dict[str, str]:
        texts = {key: "" if cell is None else str(cell) for key, cell in row.items()}
        objects.setdefault(name, []).append(texts)
        return texts

    def local(instant: pd.Timestamp) -> str:
        """Instants are UTC."""
        utc = instant.tz_localize(ZONE, ambiguous=True, nonexistent="shift_forward")
        return f"{utc.tz_convert('UTC'):%Y-%m-%d %H:%M:%S}"

    roles = {
        name: add("UserRole", {"Id": ids.new("00E"), "Name": name, "ParentRoleId": EMPTY_ID})["Id"]
        for name in ("West Sales", "Channel")
    }
    users = [
        add(
            "User",
            {
                "Id": ids.new("005"),
                "Username": f"{last.lower().replace(' ', '.')}@dev.test",
                "FirstName": first,
                "LastName": last,
                "Email": f"{last.lower().replace(' ', '.')}@dev.test",
                "IsActive": 1,
                "Division": division,
                "UserRoleId": roles.get(role, EMPTY_ID),
                "UserType": kind,
                "Start_Date__c": day_cell(pd.Timestamp(started)) if started else "",
                "CreatedDate": "2022-01-01 00:00:00",
            },
        )["Id"]
        for first, last, kind, role, division, started in USERS
    ]
    sellers, admin, machine, queue = users[:3], users[3], users[4], ids.new("00G")
    accounts = [
        add(
            "Account",
            {
                "Id": ids.new("001"),
                "IsDeleted": 0,
                "MasterRecordId": EMPTY_ID,
                "Name": f"Musterfirma №{number}".replace("№", "Nº "),
                "BillingCountry": rng.choice(["USA", "Germany", ""]),
                "Industry": rng.choice(["Energy", "Biotechnology", ""]),
                "OwnerId": rng.choice(sellers),
                "CustomerPriority__c": rng.choice(["High", "Low", ""]),
                "CreatedDate": "2023-01-01 00:00:00",
            },
        )["Id"]
        for number in range(1, 16)
    ]
    products = [
        (
            add(
                "Product2",
                {"Id": ids.new("01t"), "Name": name, "Family": family, "IsActive": 1},
            )["Id"],
            price,
        )
        for name, family, price in (
            ("Generator: Diesel 200kW", "Generators", 25000),
            ("Generator: Propane", "Generators", 85000.5),
            ("Installation", "Services", 5000),
        )
    ]
    for number in range(1, 141):
        created = at_some_time(rng, some_day(rng, "2023-06-01", "2024-12-01"))
        owner = rng.choice([*sellers, *sellers, machine, queue])
        amount = rng.choice([None, 15000, 8.0e7, 235000.25, 0])
        stages = sorted(rng.sample(range(len(OPEN)), rng.randint(1, 4)))
        path = [OPEN[stage] for stage in stages]
        outcome = rng.choice([None, "Closed Won", "Closed Won", "Closed Lost"])
        moment, expected = created, created.normalize() + pd.Timedelta(days=rng.randint(10, 150))
        if outcome and rng.random() < 0.1:
            # Entered after the fact.
            path, expected = [], created.normalize() - pd.Timedelta(days=rng.choice([0, 3]))
        row = {
            "Id": ids.new("006"),
            "IsDeleted": sf_flag(rng.random() < 0.05),
            "AccountId": rng.choice([*accounts, EMPTY_ID]),
            "Name": f"Deal {number}",
            "LeadSource": rng.choice(["Web", "Partner", "External Referral", ""]),
            "Type": rng.choice(["New Customer", "Existing Customer - Upgrade", ""]),
            "OwnerId": owner,
            "MainCompetitors__c": rng.choice(["John Deere, Honda", "Fujitsu", ""]),
            "OrderNumber__c": f"{number:06}",
            "CreatedDate": local(created),
        }
        for stage in [*path, outcome] if outcome else path:
            add(
                "OpportunityHistory",
                {
                    "Id": ids.new("008"),
                    "OpportunityId": row["Id"],
                    "CreatedDate": local(moment),
                    "StageName": stage,
                    "Amount": "" if amount is None else scientific(amount),
                    "CloseDate": day_cell(expected),
                    "Probability": STAGES[stage],
                    "IsDeleted": row["IsDeleted"],
                },
            )
            row |= {
                "StageName": stage,
                "Amount": "" if amount is None else scientific(amount),
                "CloseDate": day_cell(expected),
                "Probability": STAGES[stage],
                "IsClosed": sf_flag(stage.startswith("Closed")),
                "IsWon": sf_flag(stage == "Closed Won"),
            }
            later = at_some_time(rng, moment.normalize() + pd.Timedelta(days=rng.randint(1, 60)))
            if later >= pd.Timestamp(AS_OF):
                break
            moment = later
            if rng.random() < 0.4:
                expected = expected + pd.Timedelta(days=rng.randint(-10, 80))
            if amount and rng.random() < 0.3:
                amount = amount * 2
        add("Opportunity", row)
        for product, price in rng.sample(products, rng.choice([0, 1, 2])):
            quantity = rng.randint(1, 5)
            add(
                "OpportunityLineItem",
                {
                    "Id": ids.new("00k"),
                    "IsDeleted": 0,
                    "OpportunityId": row["Id"],
                    "Product2Id": product,
                    "Quantity": f"{quantity}.0",
                    "UnitPrice": price,
                    "TotalPrice": scientific(quantity * price),
                },
            )
    leads = []
    for _ in range(120):
        created = at_some_time(rng, some_day(rng, "2024-01-10", "2024-12-05"))
        owners = rng.sample([*sellers, queue], rng.choice([1, 1, 2]))
        converted = rng.random() < 0.3
        lead = add(
            "Lead",
            {
                "Id": ids.new("00Q"),
                "IsDeleted": 0,
                "MasterRecordId": EMPTY_ID,
                "Company": "Café Olé",
                "Status": rng.choice(["Open - Not Contacted", "Working - Contacted"]),
                "LeadSource": rng.choice(["Web", "Phone Inquiry", ""]),
                "OwnerId": owners[-1],
                "IsConverted": sf_flag(converted),
                "ConvertedDate": day_cell(created.normalize() + pd.Timedelta(days=3))
                if converted
                else "",
                "ConvertedAccountId": rng.choice(accounts) if converted else EMPTY_ID,
                "ProductInterest__c": rng.choice(["GC5000 series", ""]),
                "CreatedDate": local(created),
            },
        )["Id"]
        leads.append((lead, created))
        if len(owners) == 2:
            for old, new in (("A name", "Another name"), owners):
                add(
                    "LeadHistory",
                    {
                        "Id": ids.new("017"),
                        "LeadId": lead,
                        "Field": "Owner",
                        "OldValue": old,
                        "NewValue": new,
                        "CreatedDate": local(created + pd.Timedelta(minutes=11)),
                        "IsDeleted": 0,
                    },
                )
    deals = [row["Id"] for row in objects["Opportunity"]]
    for _ in range(500):
        lead, begin = rng.choice(leads)
        due = min(some_day(rng, f"{begin:%Y-%m-%d}", AS_OF), pd.Timestamp("2024-12-09"))
        done = (
            at_some_time(rng, due)
            if rng.random() < 0.3
            else begin + pd.Timedelta(minutes=rng.randint(-60, 3000))
        )
        done = min(done, pd.Timestamp("2024-12-09 23:00"))
        subtype = rng.choice(["Call", "Call", "Email", "ListEmail", "Task", "Task"])
        closed = subtype != "Task" or rng.random() < 0.6
        is_late = subtype == "Task" and rng.random() < 0.1
        add(
            "Task",
            {
                "Id": ids.new("00T"),
                "IsDeleted": sf_flag(rng.random() < 0.03),
                "WhoId": rng.choice([lead, lead, EMPTY_ID]),
                "WhatId": rng.choice([EMPTY_ID, rng.choice(deals)]),
                "OwnerId": rng.choice([*sellers, *sellers, admin]),
                "Type": rng.choice(["Call", "Other", ""]) if subtype == "Call" else "",
                "TaskSubtype": subtype,
                "Status": "Completed" if closed else "Not Started",
                "IsClosed": sf_flag(closed),
                "ActivityDate": day_cell(pd.Timestamp("2024-12-24") if is_late else due),
                "CompletedDateTime": local(done) if closed else "",
                "CallType": rng.choice(["Outbound", "Inbound", "Internal", ""])
                if subtype == "Call"
                else "",
                "CallDurationInSeconds": "1.2E2" if subtype == "Call" else "",
                "CreatedById": rng.choice([*sellers, *sellers, machine]),
                "CreatedDate": local(begin),
            },
        )
    for _ in range(120):
        when = at_some_time(rng, some_day(rng, "2024-02-01", "2025-01-15"))
        event = {
            "IsDeleted": 0,
            "WhoId": EMPTY_ID,
            "WhatId": rng.choice(accounts),
            "OwnerId": rng.choice([*sellers, admin]),
            "Subject": "Meeting",
            "Type": rng.choice(["Meeting", "Other", "Email", "Demo"]),
            "ActivityDateTime": local(when),
            "ActivityDate": day_cell(when.normalize()),
            "DurationInMinutes": 60,
            "CreatedById": admin,
            "CreatedDate": "2024-01-31 12:00:00",
        }
        add("Event", {"Id": ids.new("00U"), "IsChild": 0, **event})
        if rng.random() < 0.3:
            add("Event", {"Id": ids.new("00U"), "IsChild": 1, **event, "OwnerId": admin})
    columns = {
        name: list(dict.fromkeys(c for row in rows for c in row)) for name, rows in objects.items()
    }
    return {name: (columns[name], rows) for name, rows in objects.items()}


def day_cell(day: pd.Timestamp) -> str:
    return sf_date(day.date())


def scientific(amount: float) -> str:
    """Large numbers as the export has them."""
    return f"{amount / 1e7!r}E7" if amount >= 1e7 else f"{amount}"


# -- figures ----------------------------------------------------
def figures(landing: Path) -> Figures:
    """What the weekly export comes to."""
    folder = landing / DELIVERY
    found = Figures(AS_OF, first_month=2)
    users = read_users(folder)
    people = {"company": "", "region": "region", "team": "team", "rep": "rep"}
    by_source = {**people, "lead_source": "LeadSource"}

    states = read_states(folder)
    deals = with_rep(read_deals(folder, states), users)
    closed = deals[deals["closed"].notna()]
    won = closed[closed["IsWon"] == "1"]
    found.dated("sales", won, "closed", people, total("amount"))
    found.dated("average_deal_size", won, "closed", by_source, mean("amount"))
    found.dated("median_deal_size", won, "closed", people, median("amount"))
    found.dated("win_rate", closed, "closed", by_source, mean("is_won"))
    found.dated("sales_cycle_days", won, "closed", by_source, mean("cycle"))
    found.dated("opportunities_created", deals, "created", by_source, count)

    lines = read_texts(folder / "OpportunityLineItem.csv", **LATIN)
    products = read_texts(folder / "Product2.csv", **LATIN).set_index("Id")
    lines = won.merge(
        lines, left_on="Id", right_on="OpportunityId", how="left", suffixes=("", "_line")
    )
    lines["sold"] = lines["TotalPrice"].astype(float).fillna(lines["amount"])
    lines["product"] = lines["Product2Id"].map(products["Name"])
    lines["family"] = lines["Product2Id"].map(products["Family"])
    found.dated(
        "sales_by_product",
        lines,
        "closed",
        {"product": "product", "product_family": "family"},
        total("sold"),
    )

    def open_at_the_end_of(day: pd.Timestamp) -> pd.DataFrame:
        known = states[states["day"] <= day].drop_duplicates("OpportunityId", keep="last")
        known = known[~known["StageName"].str.startswith("Closed")]
        there = deals[["Id", "rep", "team", "region", "closed", "IsWon"]]
        there = there.merge(known, left_on="Id", right_on="OpportunityId", suffixes=("", "_state"))
        # As history has it, also where the deal has lines.
        there["value"] = there["Amount"]
        there["weighted"] = there["value"] * there["Probability"] / 100
        return there

    first = "2023-06-01"
    for kpi, figure in {
        "open_opportunities": count,
        "pipeline_value": total("value"),
        "weighted_pipeline_value": total("weighted"),
    }.items():
        found.at_period_ends(
            kpi, first, open_at_the_end_of, {**people, "stage": "StageName"}, figure
        )
    for period_type in PERIODS:
        for start, end in found.periods(first, period_type):
            due = open_at_the_end_of(start - pd.Timedelta(days=1))
            due = due[(due["expected"] >= start) & (due["expected"] <= end)]
            won_by_then = (due["IsWon"] == "1") & (due["closed"] <= end)
            due = due.assign(
                slips=(~won_by_then).astype(float), pushes=(~(due["closed"] <= end)).astype(float)
            )
            for kpi, column in (("slippage_rate", "slips"), ("pushed_rate", "pushes")):
                for scope_type, name in people.items():
                    groups = due.groupby(scope_of(due, name))
                    found.add(
                        kpi,
                        scope_type,
                        period_type,
                        ((key, start, g[column].mean()) for key, g in groups),
                    )

    activities = with_rep(read_activities(folder, users), users)
    by_hand = activities[activities["done"] & activities["outbound"] & activities["by_hand"]]
    for kpi, kinds in {
        "calls_made": ["call"],
        "emails_sent": ["email"],
        "calls_and_emails": ["call", "email"],
    }.items():
        found.dated(kpi, by_hand[by_hand["kind"].isin(kinds)], "day", people, count)
    held = activities[activities["done"]]
    found.dated("meetings_held", held[held["kind"] == "meeting"], "day", people, count)
    found.dated("demos_and_onboarding_calls", held[held["kind"] == "demo"], "day", people, count)
    tasks = activities[activities["kind"] == "task"]
    found.dated("tasks_due", tasks, "due", people, count)
    found.dated(
        "task_completion_rate",
        tasks.assign(done=tasks["done"].astype(float)),
        "due",
        people,
        mean("done"),
    )

    leads = with_rep(read_leads(folder, users, by_hand), users)
    found.dated("new_leads", leads, "day", by_source, count)
    found.dated("lead_conversion_rate", leads, "day", by_source, mean("converts"))
    found.dated(
        "lead_response_minutes", leads[leads["minutes"].notna()], "day", by_source, mean("minutes")
    )
    found.dated("lead_response_rate", leads, "day", people, mean("in_time"))
    return found


def instants(texts: pd.Series) -> pd.Series:
    return pd.to_datetime(texts, format="%Y-%m-%d %H:%M:%S", utc=True)


def local_days(times: pd.Series) -> pd.Series:
    return times.dt.tz_convert(ZONE).dt.tz_localize(None).dt.normalize()


def read_users(folder: Path) -> pd.DataFrame:
    """Reps are persons who own a deal or lead."""
    users = read_texts(folder / "User.csv", **LATIN)
    roles = read_texts(folder / "UserRole.csv", **LATIN).set_index("Id")["Name"]
    owning = {
        owner
        for name in ("Opportunity", "Lead")
        for owner in read_texts(folder / f"{name}.csv", **LATIN)["OwnerId"]
    }
    users["is_person"] = users["UserType"].fillna("Standard") == "Standard"
    users["is_rep"] = users["is_person"] & users["Id"].isin(owning)
    users["rep"] = (users["FirstName"].fillna("") + " " + users["LastName"]).str.strip()
    users["team"] = users["UserRoleId"].map(roles)
    users["region"] = users["Division"]
    return users


def with_rep(records: pd.DataFrame, users: pd.DataFrame) -> pd.DataFrame:
    reps = users[users["is_rep"]].set_index("Id")
    return records.assign(**{c: records["OwnerId"].map(reps[c]) for c in ("rep", "team", "region")})


def read_states(folder: Path) -> pd.DataFrame:
    states = read_texts(folder / "OpportunityHistory.csv", **LATIN)
    states["at"] = instants(states["CreatedDate"])
    states["day"] = local_days(states["at"])
    states["expected"] = pd.to_datetime(states["CloseDate"].str[:10])
    for column in ("Amount", "Probability"):
        states[column] = states[column].astype(float)
    states = states.sort_values("at", kind="stable")
    states["is_last"] = ~states.duplicated("OpportunityId", keep="last")
    return states


def read_deals(folder: Path, states: pd.DataFrame) -> pd.DataFrame:
    deals = read_texts(folder / "Opportunity.csv", **LATIN)
    deals = deals[deals["IsDeleted"] == "0"]
    deals["created"] = local_days(instants(deals["CreatedDate"]))
    begun = states.drop_duplicates("OpportunityId").set_index("OpportunityId")["StageName"]
    ended = states[states["is_last"]].set_index("OpportunityId")["day"]
    after_the_fact = deals["Id"].map(begun) == deals["StageName"]
    stated = pd.to_datetime(deals["CloseDate"].str[:10])
    closed = stated.where(after_the_fact, deals["Id"].map(ended))
    deals["closed"] = closed.where(deals["IsClosed"] == "1")
    lines = read_texts(folder / "OpportunityLineItem.csv", **LATIN)
    of_lines = lines["TotalPrice"].astype(float).groupby(lines["OpportunityId"]).sum()
    deals["amount"] = deals["Amount"].astype(float).fillna(deals["Id"].map(of_lines))
    deals["is_won"] = (deals["IsWon"] == "1").astype(float)
    # A deal closed before its creation has none.
    days = (deals["closed"] - deals["created"]).dt.days
    deals["cycle"] = days.where(days >= 0)
    return deals


def read_activities(folder: Path, users: pd.DataFrame) -> pd.DataFrame:
    persons = set(users.loc[users["is_person"], "Id"])
    tasks = read_texts(folder / "Task.csv", **LATIN)
    tasks = tasks[tasks["IsDeleted"] == "0"]
    kinds = {"Call": "call", "Email": "email", "ListEmail": "email", "Task": "task"}
    tasks["kind"] = tasks["TaskSubtype"].map(kinds)
    tasks["due"] = pd.to_datetime(tasks["ActivityDate"].str[:10])
    tasks["done"] = tasks["IsClosed"] == "1"
    tasks["at"] = instants(tasks["CompletedDateTime"])
    tasks["outbound"] = ~tasks["CallType"].isin(["Inbound", "Internal"])
    tasks["by_hand"] = (tasks["TaskSubtype"] != "ListEmail") & tasks["CreatedById"].isin(persons)
    events = read_texts(folder / "Event.csv", **LATIN)
    events = events[events["IsChild"] == "0"]
    named = {"Meeting": "meeting", "Email": "email", "Demo": "demo"}
    events["kind"] = events["Type"].map(named).fillna("meeting")
    events["at"] = instants(events["ActivityDateTime"])
    events["done"] = local_days(events["at"]) <= AS_OF
    events["outbound"] = True
    events["by_hand"] = events["CreatedById"].isin(persons)
    both = pd.concat([tasks, events], ignore_index=True)
    both["day"] = local_days(both["at"])
    return both


def read_leads(folder: Path, users: pd.DataFrame, by_hand: pd.DataFrame) -> pd.DataFrame:
    """Leads under the first rep who owned them, with the minutes to the first contact."""
    leads = read_texts(folder / "Lead.csv", **LATIN)
    created = instants(leads["CreatedDate"])
    leads["day"] = local_days(created)
    leads["converts"] = (leads["IsConverted"] == "1").astype(float)
    changes = read_texts(folder / "LeadHistory.csv", **LATIN)
    changes = changes[changes["OldValue"].str.startswith("00")].set_index("LeadId")
    before = leads["Id"].map(changes["OldValue"])
    reps = set(users.loc[users["is_rep"], "Id"])
    leads["OwnerId"] = before.where(before.isin(reps), leads["OwnerId"])
    contacts = by_hand[by_hand["kind"].isin(["call", "email", "meeting"])]
    contacts = contacts.merge(
        leads.assign(born=created)[["Id", "born"]], left_on="WhoId", right_on="Id"
    )
    contacts = contacts[contacts["at"] >= contacts["born"]]
    leads["minutes"] = (
        leads["Id"].map(contacts.groupby("WhoId")["at"].min()) - created
    ).dt.total_seconds() / 60
    leads["in_time"] = (leads["minutes"] <= 24 * 60).astype(float)
    return leads
