"""A HubSpot portal whose figures were worked out by hand, delivered in both forms.

Days are those of New York: UTC-5, from 8 March on UTC-4. As-of date: 31 March 2026.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
from pathlib import Path

import duckdb
import pytest

from tests.conftest import Company
from tests.integration.compiled import CompiledProject

DELIVERY = "full/2026-03-31"
CONFIG = """
settings: {business_timezone: America/New_York, reporting_currency: USD}
regions: {Germany: EMEA}
activity_types: {Product walk-through: demo}
exclusions:
  - {object: deals, column: pipeline, equals: renewals, reason: renewals are no new business}
"""

# Objects as the API gives them without properties: the same in both forms.
OWNERS = [
    {
        **{"id": "101", "email": "ann@acme.example", "firstName": "Ann", "lastName": "Archer"},
        **{"type": "PERSON", "userId": "901", "archived": "false"},
        "teams": [
            {"id": "8", "name": "South", "primary": False},
            {"id": "7", "name": "North", "primary": True},
        ],
    },
    {
        **{"id": "102", "email": "Ben@acme.example", "firstName": "Ben", "lastName": "Boyd"},
        **{"type": "PERSON", "userId": "902", "archived": "true"},
    },
    {"id": "103", "firstName": "Inbound", "lastName": "queue", "type": "QUEUE"},
]
TEAMS = [
    {"id": "7", "name": "North", "userIds": ["901"]},
    {"id": "8", "name": "South", "userIds": ["902", "903"]},
]


def stage(stage_id, label, order, probability, is_closed="false"):
    metadata = {"probability": probability, "isClosed": is_closed}
    return {"id": stage_id, "label": label, "displayOrder": order, "metadata": metadata}


PIPELINES = [
    {
        **{"id": "default", "label": "Sales pipeline"},
        "stages": [
            stage("appointmentscheduled", "Discovery", 0, "0.2"),
            stage("20011", "Proposal", 1, "0.6"),
            stage("closedwon", "Closed Won", 2, "1.0", "true"),
            stage("closedlost", "Closed Lost", 3, "0.0", "true"),
        ],
    },
    {
        **{"id": "renewals", "label": "Renewals"},
        "stages": [
            stage("30011", "Due", 0, "0.9"),
            stage("30012", "Renewed", 1, "1.0", "true"),
        ],
    },
]

# Properties; those whose names end in @ hold instants, which CSV gives in milliseconds.
COMPANIES = [
    # Company 500 was merged into 501, and 499 into 500 before.
    {"id": "501", "name": "Birch", "country": "Germany", "hs_merged_object_ids": "500"},
    {
        **{"id": "500", "name": "Birch Ltd", "hs_merged_object_ids": "499;498"},
        "archived": True,
    },
    {"id": "502", "name": "Cedar", "country": "France", "industry": "MACHINERY"},
    {"id": "503", "name": "Dune", "country": "United States"},
]
WON = {"dealstage": "closedwon", "hs_is_closed": "true", "hs_is_closed_won": "true"}
LOST = {"dealstage": "closedlost", "hs_is_closed": "true", "hs_is_closed_won": "false"}
OPEN = {"dealstage": "20011", "hs_is_closed": "false", "hs_is_closed_won": "false"}
SALES = {"pipeline": "default", "deal_currency_code": "usd"}
DEALS = [
    # Won on 31 January in New York, when UTC has February: 26 days from 5 January.
    {
        **{"id": "601", "dealname": "Birch pumps", "amount": "1200", "hubspot_owner_id": "101"},
        **{"createdate@": "2026-01-05T15:00:00Z", "closedate@": "2026-02-01T03:00:00Z"},
        **{"hs_deal_stage_probability": "1", **SALES, **WON},
    },
    # Begun by Ann, lost by Ben.
    {
        **{"id": "602", "dealname": "Cedar pumps", "amount": "500", "hubspot_owner_id": "102"},
        **{"createdate@": "2026-01-10T15:00:00Z", "closedate@": "2026-02-20T15:00:00Z"},
        **{"hs_deal_stage_probability": "0", **SALES, **LOST},
    },
    # Open, first expected on 20 March, now on 30 April.
    {
        **{"id": "603", "dealname": "Cedar valves", "amount": "900", "hubspot_owner_id": "102"},
        **{"createdate@": "2026-02-15T15:00:00Z", "closedate@": "2026-04-30T15:00:00Z"},
        **{"hs_deal_stage_probability": "0.6", **SALES, **OPEN},
    },
    # No new business, by the configuration.
    {
        **{"id": "604", "dealname": "Birch renewal", "amount": "5000", "hubspot_owner_id": "101"},
        **{"createdate@": "2026-01-05T15:00:00Z", "closedate@": "2026-02-05T15:00:00Z"},
        **{**SALES, **WON, "pipeline": "renewals", "dealstage": "30012"},
    },
    {
        **{"id": "605", "dealname": "Deleted", "amount": "7000", "hubspot_owner_id": "101"},
        **{"createdate@": "2026-01-05T15:00:00Z", "closedate@": "2026-02-05T15:00:00Z"},
        **{**SALES, **WON, "archived": True},
    },
    # No history of its properties, but dates of its stages. Deal 699 was merged into it.
    {
        **{"id": "606", "dealname": "Dune pumps", "amount": "400", "hubspot_owner_id": "102"},
        **{"createdate@": "2026-03-01T15:00:00Z", "closedate@": "2026-03-15T15:00:00Z"},
        "hs_v2_date_entered_appointmentscheduled@": "2026-03-01T15:00:00Z",
        "hs_v2_date_entered_closedwon@": "2026-03-15T15:00:00Z",
        **{"hs_merged_object_ids": "699", **SALES, **WON},
    },
]
DEALS_HISTORY = [
    ("601", "dealstage", "appointmentscheduled", "2026-01-05T15:00:00Z"),
    ("601", "amount", "1000", "2026-01-05T15:00:00Z"),
    ("601", "closedate", "2026-02-10T15:00:00Z", "2026-01-05T15:00:00Z"),
    ("601", "dealstage", "20011", "2026-01-20T15:00:00Z"),
    ("601", "amount", "1200", "2026-01-20T15:00:00Z"),
    ("601", "dealstage", "closedwon", "2026-02-01T03:00:00Z"),
    ("602", "dealstage", "appointmentscheduled", "2026-01-10T15:00:00Z"),
    ("602", "amount", "500", "2026-01-10T15:00:00Z"),
    ("602", "closedate", "2026-02-28T15:00:00Z", "2026-01-10T15:00:00Z"),
    ("602", "hubspot_owner_id", "101", "2026-01-10T15:00:00Z"),
    ("602", "hubspot_owner_id", "102", "2026-02-10T15:00:00Z"),
    ("602", "dealstage", "closedlost", "2026-02-20T15:00:00Z"),
    ("603", "dealstage", "appointmentscheduled", "2026-02-15T15:00:00Z"),
    ("603", "amount", "800", "2026-02-15T15:00:00Z"),
    ("603", "closedate", "2026-03-20T15:00:00Z", "2026-02-15T15:00:00Z"),
    ("603", "dealstage", "20011", "2026-03-10T15:00:00Z"),
    ("603", "amount", "900", "2026-03-10T15:00:00Z"),
    ("603", "closedate", "2026-04-30T15:00:00Z", "2026-03-18T15:00:00Z"),
    ("603", "dealname", "Cedar valves", "2026-03-18T15:00:00Z"),
    # What became of the deal that was merged away is not its survivor's history.
    ("699", "dealstage", "closedlost", "2026-03-20T15:00:00Z"),
]
CONTACTS = [
    # Contact 700 was merged into it.
    {
        **{"id": "701", "lifecyclestage": "customer", "hubspot_owner_id": "101"},
        **{"hs_analytics_source": "ORGANIC_SEARCH", "hs_merged_object_ids": "700"},
        "createdate@": "2025-06-01T12:00:00Z",
        "hs_lifecyclestage_lead_date@": "2026-01-02T15:00:00Z",
        "hs_lifecyclestage_salesqualifiedlead_date@": "2026-01-03T15:00:00Z",
        "hs_lifecyclestage_opportunity_date@": "2026-01-05T15:00:00Z",
        "hs_lifecyclestage_customer_date@": "2026-02-01T03:00:00Z",
    },
    # First in a queue; only the history tells.
    {
        **{"id": "702", "lifecyclestage": "lead", "hubspot_owner_id": "102"},
        **{"hs_analytics_source": "PAID_SEARCH", "createdate@": "2026-02-03T15:00:00Z"},
        "hs_lifecyclestage_lead_date@": "2026-02-03T15:00:00Z",
    },
    # Converted by the deal 603, made five days later; the lifecycle stage stayed behind.
    {
        **{"id": "703", "lifecyclestage": "lead", "hubspot_owner_id": "102"},
        **{"hs_analytics_source": "PAID_SEARCH", "createdate@": "2026-02-10T15:00:00Z"},
        "hs_lifecyclestage_lead_date@": "2026-02-10T15:00:00Z",
    },
    {"id": "704", "lifecyclestage": "subscriber", "createdate@": "2026-02-10T15:00:00Z"},
    # Qualified on 5 March, given up on 20 March.
    {
        **{"id": "705", "lifecyclestage": "salesqualifiedlead", "hubspot_owner_id": "101"},
        **{"firstname": "Secret-Sam", "email": "sam@secret.example", "phone": "555-0100"},
        "createdate@": "2026-03-02T15:00:00Z",
        "hs_lifecyclestage_lead_date@": "2026-03-02T15:00:00Z",
        "hs_lifecyclestage_salesqualifiedlead_date@": "2026-03-05T15:00:00Z",
    },
    {
        **{"id": "706", "lifecyclestage": "lead", "createdate@": "2026-03-02T15:00:00Z"},
        "archived": True,
    },
]
CONTACTS_HISTORY = [
    ("702", "hubspot_owner_id", "103", "2026-02-03T15:00:00Z"),
    ("702", "hubspot_owner_id", "102", "2026-02-05T15:00:00Z"),
    ("705", "hs_lead_status", "NEW", "2026-03-02T15:00:00Z"),
    ("705", "hs_lead_status", "UNQUALIFIED", "2026-03-20T15:00:00Z"),
]
PRODUCTS = [{"id": "401", "name": "Pump", "hs_product_type": "inventory", "price": "250"}]
LINE_ITEMS = [
    # Two at 250 less a fifth, each at a cost of 60.
    {
        **{"id": "411", "hs_product_id": "401", "quantity": "2", "price": "250"},
        **{"hs_discount_percentage": "20", "amount": "400", "hs_cost_of_goods_sold": "60"},
    },
    # The copy on a quote.
    {"id": "412", "hs_product_id": "401", "quantity": "2", "price": "250", "amount": "400"},
]
QUOTES = [
    {"id": "801", "hs_status": "APPROVED", "hs_createdate@": "2026-01-15T15:00:00Z"},
    {"id": "802", "hs_status": "DRAFT", "hs_createdate@": "2026-01-15T15:00:00Z"},
    {"id": "803", "hs_status": "APPROVAL_NOT_NEEDED", "hs_createdate@": "2026-02-01T15:00:00Z"},
]


def call(key, owner, at, direction="OUTBOUND", status="COMPLETED", **more):
    return {
        **{"id": key, "hubspot_owner_id": owner, "hs_timestamp@": at, **more},
        **{"hs_call_direction": direction, "hs_call_status": status},
    }


CALLS = [
    call("901", "101", "2026-01-02T16:00:00Z", hs_call_duration="120000"),
    call("902", "102", "2026-02-05T17:00:00Z", status="NO_ANSWER"),
    call("903", "102", "2026-03-12T14:00:00Z", direction="INBOUND"),
    call("904", "102", "2026-03-12T15:00:00Z", status="CANCELED"),
    call("905", "101", "2026-03-12T15:00:00Z", archived=True),
]
EMAIL = {"hubspot_owner_id": "102", "hs_email_direction": "EMAIL", "hs_email_status": "SENT"}
EMAILS = [
    {**EMAIL, "id": "911", "hs_timestamp@": "2026-03-12T15:30:00Z"},
    {**EMAIL, "id": "912", "hs_timestamp@": "2026-03-13T15:30:00Z", "hs_email_status": "BOUNCED"},
    {**EMAIL, "id": "913", "hs_timestamp@": "2026-03-13T15:30:00Z", "hs_sequence_id": "77"},
    {
        **{**EMAIL, "id": "914", "hs_timestamp@": "2026-03-25T15:30:00Z"},
        "hs_email_direction": "INCOMING_EMAIL",
    },
]


def meeting(key, day, outcome, **more):
    start, end = f"{day}T15:00:00Z", f"{day}T16:00:00Z"
    return {
        **{"id": key, "hubspot_owner_id": "102", "hs_timestamp@": start, **more},
        **{"hs_meeting_start_time@": start, "hs_meeting_end_time@": end},
        "hs_meeting_outcome": outcome,
    }


MEETINGS = [
    meeting("921", "2026-03-05", "COMPLETED"),
    meeting("922", "2026-03-06", "NO_SHOW"),
    # Held, since its day has come and nobody called it off.
    meeting("923", "2026-03-07", "SCHEDULED"),
    meeting("924", "2026-04-10", "SCHEDULED"),
    meeting("925", "2026-03-08", "COMPLETED", hs_activity_type="Product walk-through"),
]
TASKS = [
    {
        **{"id": "931", "hubspot_owner_id": "102", "hs_task_status": "NOT_STARTED"},
        **{"hs_timestamp@": "2026-03-20T15:00:00Z", "hs_task_type": "CALL"},
    },
    {
        **{"id": "932", "hubspot_owner_id": "101", "hs_task_status": "COMPLETED"},
        **{"hs_timestamp@": "2026-03-10T15:00:00Z", "hs_task_type": "TODO"},
        "hs_task_completion_date@": "2026-03-09T15:00:00Z",
    },
]
ASSOCIATIONS = {
    # To the company that was merged away first of all, and to one that is not the main one.
    ("deal", "company"): [
        *[("601", "499", "true"), ("601", "503", "false"), ("602", "502", "true")],
        *[("603", "502", "true"), ("606", "503", "")],
    ],
    ("contact", "company"): [("701", "501", "true")],
    ("deal", "contact"): [("601", "701"), ("603", "703"), ("604", "702"), ("605", "702")],
    # The line item is the merged-away deal's.
    ("deal", "line_item"): [("699", "411")],
    ("deal", "quote"): [("601", "801"), ("601", "802"), ("602", "803")],
    # Ann called the contact that was merged away.
    ("call", "contact"): [("901", "700"), ("902", "702")],
    ("call", "deal"): [("903", "603")],
    ("email", "deal"): [("911", "603"), ("914", "603")],
}
PLURAL = {"company": "companies", "line_item": "line items"}
# Told by the second record in the API's answers, since the first is not in them.
TOLD_BY_OTHER = ("699", "411")


def property_objects():
    return {
        **{"companies": COMPANIES, "contacts": CONTACTS, "deals": DEALS, "products": PRODUCTS},
        **{"line_items": LINE_ITEMS, "quotes": QUOTES, "calls": CALLS, "emails": EMAILS},
        **{"meetings": MEETINGS, "tasks": TASKS},
    }


def plain_objects():
    objects = {"owners": OWNERS, "teams": TEAMS}
    for name, rows in (("deals_history", DEALS_HISTORY), ("contacts_history", CONTACTS_HISTORY)):
        names = ("id", "property", "value", "timestamp@")
        objects[name] = [dict(zip(names, row, strict=True)) for row in rows]
    for (one, other), rows in ASSOCIATIONS.items():
        names = (f"{one}_id", f"{other}_id", "is_primary")
        name = f"{plural(one)}_{plural(other)}".replace(" ", "_")
        objects[name] = [dict(zip(names, row, strict=False)) for row in rows]
    return objects


def plural(one):
    return PLURAL.get(one, one + "s")


def associations_of(name, key):
    """What the API tells of a record, once for each label: the main company twice."""
    found = {}
    for (one, other), rows in ASSOCIATIONS.items():
        for from_id, to_id, *is_primary in rows:
            label = f"{one}_to_{other}"
            labels = [label, f"{label}_unlabeled"] if is_primary == ["true"] else [label]
            if is_primary and is_primary != ["true"]:
                labels = [f"{label}_unlabeled"]
            if (from_id, to_id) == TOLD_BY_OTHER:
                one, other, from_id, to_id = other, one, to_id, from_id
            if (plural(one).replace(" ", "_"), from_id) == (name, key):
                others = found.setdefault(plural(other), {"results": []})
                others["results"] += [{"id": to_id, "type": label} for label in labels]
    return {"associations": found} if found else {}


def milliseconds(text):
    return str(int(dt.datetime.fromisoformat(text).timestamp() * 1000))


def csv_cell(name, value):
    if name.endswith("@"):
        return milliseconds(value)
    if isinstance(value, (list, bool)):
        return json.dumps(value)
    return value


def write_csv(folder: Path):
    """One column per property under its internal name; times in milliseconds."""
    stages = [
        {
            **{"id": pipeline["id"], "label": pipeline["label"]},
            **{"stage_id": item["id"], "stage_label": item["label"]},
            "stage_display_order": item["displayOrder"],
            "stage_is_closed": item["metadata"]["isClosed"],
            "stage_probability": item["metadata"]["probability"],
        }
        for pipeline in PIPELINES
        for item in pipeline["stages"]
    ]
    objects = {**property_objects(), **plain_objects(), "pipelines": stages}
    for name, rows in objects.items():
        key = "hs_object_id" if name in property_objects() else "id"
        header = list(dict.fromkeys(column for row in rows for column in row))
        with (folder / f"{name}.csv").open("w", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow([key if column == "id" else column.strip("@") for column in header])
            writer.writerows(
                [
                    csv_cell(column, row.get(column, "")) if column in row else ""
                    for column in header
                ]
                for row in rows
            )


def write_json_lines(folder: Path):
    """Records as the CRM API returns them: ISO times, nulls, properties apart."""
    for name, rows in property_objects().items():
        properties = {key.strip("@"): None for row in rows for key in row if key != "id"}
        properties.pop("archived", None)
        records = []
        for row in rows:
            values = {key.strip("@"): value for key, value in row.items()}
            archived = values.pop("archived", False)
            record = {"id": values.pop("id"), "properties": {**properties, **values}}
            record["createdAt"] = values.get("createdate", "2026-01-01T00:00:00.000Z")
            records.append({**record, "archived": archived, **associations_of(name, row["id"])})
        write_lines(folder / f"{name}.jsonl", records)
    for name, rows in {**plain_objects(), "pipelines": PIPELINES}.items():
        if name.partition("_")[2] not in ("", "history"):
            continue  # An association, which stands in the records.
        records = [{key.strip("@"): value for key, value in row.items()} for row in rows]
        write_lines(folder / f"{name}.jsonl", records)


def write_lines(path: Path, records):
    path.write_text("".join(json.dumps(record) + "\n" for record in records))


FORMS = {"csv": write_csv, "json lines": write_json_lines}


def write_portal(root: Path, form: str, source: str = "hubspot"):
    delivery = root / "landing" / source / DELIVERY
    delivery.mkdir(parents=True)
    FORMS[form](delivery)
    (root / "config.yml").write_text(CONFIG)


@pytest.fixture(scope="module")
def portals(refreshed_fixture: Company, tmp_path_factory) -> dict[str, duckdb.DuckDBPyConnection]:
    project = CompiledProject.read(refreshed_fixture.warehouse)
    connections = {}
    for form in FORMS:
        root = tmp_path_factory.mktemp("hubspot")
        write_portal(root, form)
        warehouse, broken = project.build(root)
        assert broken == {}, form
        connections[form] = duckdb.connect(str(warehouse), read_only=True)
    return connections


@pytest.fixture(scope="module", params=FORMS)
def portal(portals, request) -> duckdb.DuckDBPyConnection:
    return portals[request.param]


def value(portal, kpi, period="2026-01-01 quarter", scope="company company"):
    start, period_type = period.split()
    scope_type, scope_id = scope.split(" ", 1)
    rows = portal.execute(
        "select value from kpis.kpi_values where kpi = ? and period_start = ? and period_type = ? "
        "and scope_type = ? and scope_id = ?",
        [kpi, start, period_type, scope_type, scope_id],
    ).fetchall()
    return rows[0][0] if rows else None


def test_both_forms_give_the_same_figures(portals):
    tables = [
        portal.execute("from kpis.kpi_values order by all").fetchall()
        for portal in portals.values()
    ]
    assert tables[0]
    assert tables[0] == tables[1]


JANUARY, FEBRUARY, MARCH = "2026-01-01 month", "2026-02-01 month", "2026-03-01 month"
QUARTER = "2026-01-01 quarter"
ANN, BEN = "rep hubspot:101", "rep hubspot:102"
COMPANY = "company company"


@pytest.mark.parametrize(
    ("kpi", "period", "scope", "expected"),
    [
        # Won: 601 (1,200, 31 January, Ann) and 606 (400, 15 March, Ben). Lost: 602 (Ben).
        ("sales", QUARTER, COMPANY, 1600),
        ("sales", JANUARY, COMPANY, 1200),
        ("sales", FEBRUARY, COMPANY, 0),
        ("sales", MARCH, ANN, 0),
        ("sales", QUARTER, "team North", 1200),
        ("sales", QUARTER, "team South", 400),
        # By the merged company's country, which the configuration calls EMEA.
        ("sales_by_region", QUARTER, "customer_region EMEA", 1200),
        ("sales_by_customer", QUARTER, "customer hubspot:501", 1200),
        ("sales_by_product", QUARTER, "product hubspot:401", 400),
        ("average_deal_size", QUARTER, COMPANY, 800),
        ("win_rate", QUARTER, COMPANY, 2 / 3),
        ("win_rate", QUARTER, ANN, 1),
        ("win_rate", QUARTER, BEN, 1 / 2),
        # 26 and 14 days.
        ("sales_cycle_days", QUARTER, COMPANY, 20),
        # 2 x 250 at list, sold at 400, made for 120.
        ("discount_rate", QUARTER, COMPANY, 0.2),
        ("profit_margin", QUARTER, COMPANY, 0.7),
        # Two quotes were issued, of a deal won and of one lost; the draft was not.
        ("quote_to_close_rate", QUARTER, COMPANY, 1),
        ("quote_to_close_rate_of_issued", QUARTER, COMPANY, 1 / 2),
        # Created: 601 and 602 by Ann, 603 and 606 by Ben.
        ("opportunities_created", QUARTER, COMPANY, 4),
        ("opportunities_created", QUARTER, ANN, 2),
        # As first estimated: 1,000 + 500 + 800 + 400.
        ("pipeline_created", QUARTER, COMPANY, 2700),
        # Open at the end of January: 602; of February and March: 603, then at 900.
        ("pipeline_value", JANUARY, COMPANY, 500),
        ("pipeline_value", JANUARY, ANN, 500),
        ("pipeline_value", FEBRUARY, COMPANY, 800),
        ("pipeline_value", MARCH, COMPANY, 900),
        ("pipeline_value", MARCH, "stage Proposal", 900),
        # By the probability of the stage then: 500 x 0.2, 800 x 0.2, 900 x 0.6.
        ("weighted_pipeline_value", JANUARY, COMPANY, 100),
        ("weighted_pipeline_value", FEBRUARY, COMPANY, 160),
        ("weighted_pipeline_value", MARCH, COMPANY, 540),
        # From 15 February to 31 March.
        ("open_deal_age_days", QUARTER, COMPANY, 44),
        # 602 was expected in February, 603 in March; neither was won in it.
        ("slippage_rate", FEBRUARY, COMPANY, 1),
        ("slipped_value", MARCH, COMPANY, 800),
        ("pushed_rate", MARCH, COMPANY, 1),
        # Into Discovery came four deals; 601 and 603 moved on, 606 was won.
        ("stage_conversion_rate", QUARTER, "stage Discovery", 3 / 4),
        ("stage_conversion_rate", QUARTER, "stage Proposal", 1 / 2),
        # 15 days of 601, 41 of 602, 23 of 603, 14 of 606.
        ("stage_duration_days", QUARTER, "stage Discovery", 93 / 4),
        ("stage_duration_days", QUARTER, "stage Proposal", 11),
        # Leads: 701 (January), 702 and 703 (February), 705 (March).
        ("new_leads", QUARTER, COMPANY, 4),
        ("new_leads", FEBRUARY, COMPANY, 2),
        ("new_leads", QUARTER, ANN, 2),
        ("new_leads", QUARTER, BEN, 2),
        ("new_leads", QUARTER, "lead_source PAID_SEARCH", 2),
        # 701 became an opportunity, of 703 a deal was made; the deals of 702 do not count.
        ("lead_conversion_rate", QUARTER, COMPANY, 2 / 4),
        ("lead_conversion_rate", FEBRUARY, COMPANY, 1 / 2),
        ("lead_conversion_rate", QUARTER, ANN, 1 / 2),
        # 701 and 705 by their dates, 703 by its conversion on 15 February.
        ("sales_qualified_leads", QUARTER, COMPANY, 3),
        ("sales_qualified_leads", FEBRUARY, COMPANY, 1),
        # After an hour and after 50 hours.
        ("lead_response_minutes", QUARTER, COMPANY, (60 + 3000) / 2),
        ("lead_response_rate", QUARTER, COMPANY, 1 / 4),
        # Only 702 is open: 705 was given up. From 3 February to 31 March.
        ("lead_age_days", QUARTER, COMPANY, 56),
        # The call of 12 March at 14:00 was answered by the email at 15:30, the email of 25
        # March not at all.
        ("deal_response_minutes", QUARTER, COMPANY, 90),
        # Ann's in January, Ben's in vain in February.
        ("calls_made", QUARTER, COMPANY, 2),
        ("calls_made", FEBRUARY, BEN, 1),
        ("emails_sent", QUARTER, COMPANY, 1),
        ("meetings_held", MARCH, COMPANY, 2),
        ("demos_and_onboarding_calls", MARCH, COMPANY, 1),
        ("tasks_due", MARCH, COMPANY, 2),
        ("task_completion_rate", MARCH, COMPANY, 1 / 2),
        ("tasks_overdue", MARCH, BEN, 1),
    ],
)
def test_figures_worked_out_by_hand(portal, kpi, period, scope, expected):
    assert value(portal, kpi, period, scope) == pytest.approx(expected)


def test_owners_are_reps_of_their_main_team_deactivated_or_not(portal):
    reps = portal.execute("select rep_id, rep_name, team from core.dim_reps order by all")
    assert reps.fetchall() == [
        ("hubspot:101", "Ann Archer", "North"),
        ("hubspot:102", "Ben Boyd", "South"),
    ]


def test_stages_go_by_their_labels_in_the_order_of_the_pipeline(portal):
    stages = portal.execute(
        "select stage, outcome, stage_order from core.dim_stages "
        "where stage in (select stage from core.fct_opportunities) or stage = 'Discovery' "
        "order by all"
    )
    assert stages.fetchall() == [
        ("Closed Lost", "lost", 3),
        ("Closed Won", "won", 2),
        ("Discovery", "open", 0),
        ("Proposal", "open", 1),
    ]


def test_what_is_excluded_or_deleted_is_counted(portal):
    counts = portal.execute(
        "select entity, sum(records), sum(deleted), sum(excluded) from quality.record_counts "
        "where source = 'hubspot' and entity in ('accounts', 'leads', 'opportunities') "
        "group by entity order by entity"
    )
    # Companies 498, 499 and 500 and contact 700 were merged away, 706 and 605 deleted.
    assert counts.fetchall() == [
        ("accounts", 6, 3, 0),
        ("leads", 6, 2, 0),
        ("opportunities", 6, 1, 1),
    ]


def test_personal_data_of_contacts_stays_in_raw(portal):
    columns = portal.execute(
        "select schema_name, table_name, column_name from duckdb_columns() "
        "where not internal and schema_name not in ('raw', 'extracts') and data_type = 'VARCHAR'"
    ).fetchall()
    for schema, table, column in columns:
        [found] = portal.execute(
            f'select count(*) from "{schema}"."{table}" '
            f"where \"{column}\" ilike '%secret%' or \"{column}\" like '%555-0100%'"
        ).fetchone()
        assert not found, (schema, table, column)


# Two days later, as changes from the API: 603 is won by Ann, 602 has been deleted, 702 has become
# an opportunity, and company 503 was merged into 504.
CHANGES = {
    "deals": [
        {
            **{"id": "603", "hubspot_owner_id": "101", "amount": "950", **SALES, **WON},
            **{"createdate": "2026-02-15T15:00:00Z", "closedate": "2026-04-01T15:00:00Z"},
        },
        {"id": "602", "archived": True, **SALES, **LOST},
    ],
    "contacts": [
        {
            **{"id": "702", "lifecyclestage": "opportunity", "hubspot_owner_id": "102"},
            **{"createdate": "2026-02-03T15:00:00Z"},
            "hs_lifecyclestage_lead_date": "2026-02-03T15:00:00Z",
            "hs_lifecyclestage_opportunity_date": "2026-04-02T15:00:00Z",
        }
    ],
    "companies": [{"id": "504", "name": "Dune Group", "hs_merged_object_ids": "503"}],
    "deals_history": [
        {"id": "603", "property": "dealstage", "value": "closedwon", "timestamp": "1775055600000"},
        {"id": "603", "property": "amount", "value": "950", "timestamp": "1775055600000"},
        # Who moves the deal to won has taken it over just before.
        {
            **{"id": "603", "property": "hubspot_owner_id", "value": "101"},
            "timestamp": "2026-04-01T14:59:00Z",
        },
        {
            **{"id": "603", "property": "hubspot_owner_id", "value": "102"},
            "timestamp": "2026-02-15T15:00:00Z",
        },
    ],
}


def write_changes(root: Path):
    folder = root / "landing" / "hubspot" / "changes" / "2026-04-02"
    folder.mkdir(parents=True)
    for name, rows in CHANGES.items():
        if name != "deals_history":
            rows = [
                {
                    **{"id": row["id"], "archived": row.get("archived", False)},
                    "properties": {key: row[key] for key in row if key not in ("id", "archived")},
                }
                for row in rows
            ]
        write_lines(folder / f"{name}.jsonl", rows)


@pytest.fixture(scope="module")
def changed_portal(refreshed_fixture: Company, tmp_path_factory) -> duckdb.DuckDBPyConnection:
    root = tmp_path_factory.mktemp("hubspot_changes")
    write_portal(root, "csv")
    write_changes(root)
    warehouse, broken = CompiledProject.read(refreshed_fixture.warehouse).build(root)
    assert broken == {}
    return duckdb.connect(str(warehouse), read_only=True)


@pytest.mark.parametrize(
    ("kpi", "period", "scope", "expected"),
    [
        ("sales", QUARTER, COMPANY, 1600),
        ("sales", "2026-04-01 month", ANN, 950),
        ("sales_by_customer", "2026-04-01 month", "customer hubspot:502", 950),
        ("sales_by_customer", QUARTER, "customer hubspot:504", 400),
        # 602 is gone; 601, 606 and 603 are won.
        ("win_rate", QUARTER, COMPANY, 1),
        ("win_rate", "2026-01-01 year", COMPANY, 1),
        # Ann's 601, and Ben's 603 and 606.
        ("opportunities_created", QUARTER, BEN, 2),
        ("opportunities_created", QUARTER, ANN, 1),
        # 603 was Ben's in March, open at 900.
        ("pipeline_value", MARCH, BEN, 900),
        ("pipeline_value", "2026-04-01 month", COMPANY, 0),
        # 601 of January, 603 from 15 February to 1 April: 45 days.
        ("sales_cycle_days", "2026-04-01 month", COMPANY, 45),
        ("stage_conversion_rate", QUARTER, "stage Proposal", 1),
        # 702 joins 701 and 703.
        ("lead_conversion_rate", QUARTER, COMPANY, 3 / 4),
    ],
)
def test_changes_go_on_from_the_full_delivery(changed_portal, kpi, period, scope, expected):
    assert value(changed_portal, kpi, period, scope) == pytest.approx(expected)


@pytest.fixture(scope="module")
def two_portals(refreshed_fixture: Company, tmp_path_factory) -> duckdb.DuckDBPyConnection:
    root = tmp_path_factory.mktemp("hubspot_twice")
    write_portals_and_quotas(root)
    warehouse, broken = CompiledProject.read(refreshed_fixture.warehouse).build(root)
    assert broken == {}
    return duckdb.connect(str(warehouse), read_only=True)


def write_portals_and_quotas(root: Path):
    """The same portal as two, in either form, with a quota of Ben in a flat file."""
    write_portal(root, "csv")
    write_portal(root, "json lines", "hubspot-eu")
    folder = root / "landing" / "flat" / "full" / "2026-03-31"
    folder.mkdir(parents=True)
    (folder / "quotas.csv").write_text(
        "scope_type,scope_id,period_type,period_start,amount\n"
        "rep,ben@acme.example,month,2026-03-01,1000\n"
    )


@pytest.mark.parametrize(
    ("kpi", "period", "scope", "expected"),
    [
        # Twice everything, in ids of their own; the people are the same by their emails.
        ("sales", QUARTER, COMPANY, 3200),
        ("sales", QUARTER, BEN, 800),
        ("sales_by_customer", QUARTER, "customer hubspot:501", 1200),
        ("sales_by_customer", QUARTER, "customer hubspot-eu:501", 1200),
        ("win_rate", QUARTER, BEN, 1 / 2),
        ("new_leads", QUARTER, COMPANY, 8),
        ("calls_made", QUARTER, COMPANY, 4),
        ("stage_conversion_rate", QUARTER, "stage Discovery", 6 / 8),
        # The quota finds Ben by his email, however HubSpot writes it.
        ("quota_attainment", MARCH, BEN, 0.8),
        ("reps", MARCH, COMPANY, 2),
    ],
)
def test_two_portals_never_collide(two_portals, kpi, period, scope, expected):
    assert value(two_portals, kpi, period, scope) == pytest.approx(expected)
