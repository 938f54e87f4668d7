"""A software firm's funnel: one file of leads that holds their deals, stages and first contacts
too, and the campaigns that brought them.

American dates and times of UTC in twelve hours, money such as $12.5K, flags of words, deals known
by the dates in their lead's row, a queue among the owners, rows of a lead told twice, test leads,
and no list of the sellers.
"""

from __future__ import annotations

import random
from pathlib import Path

import pandas as pd

from tests.foreign.figures import (
    Figures,
    at_some_time,
    count,
    mean,
    median,
    read_texts,
    some_day,
    total,
    write_csv,
)

AS_OF = "2024-11-15"
DELIVERY = f"flat/full/{AS_OF}T0600-marketing"
ZONE = "America/New_York"
CONFIG = f"""
settings:
  company_name: Funnel Inc.
  business_timezone: {ZONE}
  fiscal_year_start_month: 7
  lead_response_sla_hours: 4

stages:
  Discovery: {{order: 1, probability: 0.2}}
  Proposal: {{order: 2, probability: 0.5}}

lead_statuses:
  Working: {{}}
  Recycled: {{closed: true}}

lead_sources:
  Partner/Customer: {{customer_referral: true}}

exclusions:
  - {{object: leads, column: Company, like: "test %", reason: test lead}}
  - {{object: opportunities, column: Company, like: "test %", reason: test lead}}
"""
CONFIG += """
flat:
  leads:
    file: Leads Report *.csv
    columns:
      lead_id: Lead ID
      created_at: Created (UTC)
      rep: Lead Owner
      lead_source: Lead Source
      campaign_id: Campaign
      status: Lead Status
      qualified_at: SQL Date
      converted_at: Converted On
      is_converted: Converted?
      account_id: {Company: {when: {"Converted?": "Yes"}}}
      opportunity_id: {"OPP-{Lead ID}": {when: {Converted On: not empty}}}
    values:
      rep: {Marketing Queue: ~}
      is_converted: {"Yes": true, "No": false}
      lead_source: {"~webinar": Webinar, "": Unknown}
    formats:
      created_at: "%m/%d/%Y %I:%M %p"
      qualified_at: "%m/%d/%Y"
      converted_at: "%m/%d/%Y"

  opportunities:
    file: Leads Report *.csv
    where: {Converted On: not empty}
    columns:
      opportunity_id: "OPP-{Lead ID}"
      name: "{Company} ({Lead ID})"
      account_id: Company
      rep: Lead Owner
      stage: ["{Won On} won", "{Lost On} lost", "{Proposal On} proposal", Converted On]
      amount: Amount
      created_at: Converted On
      close_date: [Won On, Lost On, Expected Close]
      lead_source: Lead Source
      campaign_id: Campaign
    values:
      rep: {Marketing Queue: ~}
      stage: {"~won": Won, "~lost": Lost, "~proposal": Proposal, "*": Discovery}
      lead_source: {"~webinar": Webinar, "": Unknown}
    formats:
      amount: money
      created_at: "%m/%d/%Y"
      close_date: "%m/%d/%Y"
    nulls: [TBD]

  opportunity_history:
    - file: Leads Report *.csv
      where: {Converted On: not empty}
      # The amount is today's.
      columns: {amount: ~, opportunity_id: "OPP-{Lead ID}", changed_at: Converted On}
      constants: {stage: Discovery}
      formats: {changed_at: "%m/%d/%Y"}
    - file: Leads Report *.csv
      where: {Proposal On: not empty}
      columns: {amount: ~, opportunity_id: "OPP-{Lead ID}", changed_at: Proposal On}
      constants: {stage: Proposal}
      formats: {changed_at: "%m/%d/%Y"}
    - file: Leads Report *.csv
      where: {Won On: not empty}
      columns: {amount: ~, opportunity_id: "OPP-{Lead ID}", changed_at: Won On}
      constants: {stage: Won}
      formats: {changed_at: "%m/%d/%Y"}
    - file: Leads Report *.csv
      where: {Lost On: not empty}
      columns: {amount: ~, opportunity_id: "OPP-{Lead ID}", changed_at: Lost On}
      constants: {stage: Lost}
      formats: {changed_at: "%m/%d/%Y"}

  activities:
    - file: Leads Report *.csv
      where: {First Call (UTC): not empty}
      columns:
        activity_id: "{Lead ID}-call"
        lead_id: Lead ID
        rep: Lead Owner
        done_at: First Call (UTC)
      constants: {type: call}
      values: {rep: {Marketing Queue: ~}}
      formats: {done_at: "%m/%d/%Y %I:%M %p"}
    - file: Leads Report *.csv
      where: {First Email (UTC): not empty}
      columns:
        activity_id: "{Lead ID}-email"
        lead_id: Lead ID
        rep: Lead Owner
        done_at: First Email (UTC)
        is_automated: Email Kind
      constants: {type: email}
      values: {rep: {Marketing Queue: ~}, is_automated: {Nurture: true, "*": false}}
      formats: {done_at: "%m/%d/%Y %I:%M %p"}

  campaigns:
    columns:
      campaign_id: Campaign Name
      name: Campaign Name
      start_date: Start
      end_date: End
      cost: Actual Cost
    formats: {start_date: "%d-%b-%Y", end_date: "%d-%b-%Y", cost: money}
"""
REPORT = "Leads Report 2024-11-15.csv"
COLUMNS = [
    *("Lead ID", "Created (UTC)", "Company", "Lead Owner", "Lead Source", "Campaign"),
    *("Lead Status", "SQL Date", "First Call (UTC)", "First Email (UTC)", "Email Kind"),
    *("Converted?", "Converted On", "Proposal On", "Won On", "Lost On", "Expected Close", "Amount"),
]
CAMPAIGNS = [
    ("Spring Webinar", "01-Apr-2024", "30-Jun-2024", "$9.1K"),
    ("Search Ads", "15-Jan-2024", "31-Dec-2024", "$35,200.00"),
    ("Trade Show", "02-Sep-2024", "04-Sep-2024", "$1,500"),
    ("Old Mailing", "", "", ""),
]
QUEUE = "Marketing Queue"


def write(landing: Path, seed: int = 2) -> None:
    """The files of the company, the same for a seed."""
    rng = random.Random(seed)
    folder = landing / DELIVERY
    rows = []

    def day(first: pd.Timestamp | None, longest: int) -> pd.Timestamp | None:
        """A later day, unless that is after the as-of date."""
        if first is None:
            return None
        later = first.normalize() + pd.Timedelta(days=rng.randint(1, longest))
        return later if later < pd.Timestamp(AS_OF) else None

    for number in range(1, 301):
        created = at_some_time(rng, some_day(rng, "2024-01-10", "2024-11-13"))
        qualified = day(created, 30) if rng.random() < 0.6 else None
        converted = day(qualified or created, 20) if rng.random() < 0.5 else None
        proposal = day(converted, 30) if rng.random() < 0.7 else None
        closed = day(proposal or converted, 60) if rng.random() < 0.7 else None
        is_won = rng.random() < 0.5
        call, email = (
            created + pd.Timedelta(minutes=rng.choice([-30, 7, 90, 239, 240, 241, 3000]))
            if rng.random() < chance
            else None
            for chance in (0.5, 0.5)
        )
        rows.append(
            [
                f"L{number:04}",
                clock(created),
                rng.choice(["Acme", "Byte, Inc.", "Cargo", "Test Company", f"Shop {number}"]),
                rng.choice(["Amy Poe", "Bob O'Neil", "Cy Dee", QUEUE, ""]),
                rng.choice(["Web", "Live Webinar", "WEBINAR (recorded)", "Partner/Customer", ""]),
                rng.choice([*(name for name, *_ in CAMPAIGNS), "", "Unheard Of"]),
                rng.choice(["New", "Working", "Recycled"]),
                american(qualified),
                clock(call),
                clock(email),
                rng.choice(["Nurture", "Personal"]) if email is not None else "",
                "Yes" if converted is not None or rng.random() < 0.03 else rng.choice(["No", ""]),
                american(converted),
                american(proposal),
                american(closed if is_won else None),
                american(closed if not is_won else None),
                rng.choice(["TBD", "12/31/2024"]) if converted is not None else "",
                rng.choice(["$12.5K", "$1,250", "800", "$1.2M", ""])
                if converted is not None
                else "",
            ]
        )
    # A report's rows come again where a page ends.
    write_csv(folder / REPORT, COLUMNS, [*rows, *rows[100:110]])
    write_csv(folder / "Campaigns.csv", ["Campaign Name", "Start", "End", "Actual Cost"], CAMPAIGNS)


def american(day: pd.Timestamp | None) -> str:
    """Without leading zeros."""
    return "" if day is None else f"{day.month}/{day.day}/{day.year}"


def clock(instant: pd.Timestamp | None) -> str:
    return "" if instant is None else f"{instant:%m/%d/%Y %I:%M %p}"


def figures(landing: Path) -> Figures:
    """What the files come to."""
    folder = landing / DELIVERY
    found = Figures(AS_OF, first_month=7)
    texts = read_texts(folder / REPORT).drop_duplicates("Lead ID")
    leads = read_leads(texts)
    deals = read_deals(leads, texts)
    leads = leads[~leads["is_test"]]
    people = {"company": "", "rep": "rep"}

    by_source = {**people, "lead_source": "source"}
    found.dated("new_leads", leads, "day", {**by_source, "campaign": "campaign"}, count)
    found.dated("sales_qualified_leads", leads, "qualified", by_source, count)
    found.dated(
        "lead_conversion_rate",
        leads,
        "day",
        {**by_source, "campaign": "campaign"},
        mean("converts"),
    )
    answered = leads[leads["minutes"].notna()]
    found.dated("lead_response_minutes", answered, "day", by_source, mean("minutes"))
    found.dated("median_lead_response_minutes", answered, "day", people, median("minutes"))
    found.dated("lead_response_rate", leads, "day", people, mean("in_time"))

    def open_leads(day: pd.Timestamp) -> pd.DataFrame:
        there = leads[
            (leads["day"] <= day)
            & (leads["status"] != "Recycled")
            & ~(leads["converts"].eq(1) & ~(leads["converted"] > day))
        ]
        return there.assign(age=(day - there["day"]).dt.days)

    found.at_period_ends("lead_age_days", "2024-01-10", open_leads, people, mean("age"))
    referred_deals = deals[deals["source"] == "Partner/Customer"]
    assert set(referred_deals["lead"]) <= set(leads["lead"])
    found.dated("referrals", leads[leads["source"] == "Partner/Customer"], "day", people, count)

    for kpi, kind in (("calls_made", "First Call (UTC)"), ("emails_sent", "First Email (UTC)")):
        all_leads = read_leads(texts)
        made = all_leads.assign(made=utc(texts[kind]).map(local_day, na_action="ignore"))
        if kpi == "emails_sent":
            made = made[texts["Email Kind"] == "Personal"]
        found.dated(kpi, made, "made", people, count)

    closed = deals[deals["closed"].notna()]
    won = closed[closed["is_won"] == 1]
    found.dated("sales", won, "closed", people, total("amount"))
    found.dated("average_deal_size", won, "closed", by_source, mean("amount"))
    found.dated("win_rate", closed, "closed", by_source, mean("is_won"))
    found.dated("sales_cycle_days", won, "closed", by_source, mean("cycle"))
    found.dated("opportunities_created", deals, "created", by_source, count)
    found.dated("pipeline_created", deals, "created", by_source, total("amount"))
    found.dated("win_rate_of_created", deals, "created", by_source, mean("is_won"))

    visits = stage_visits(deals)
    found.dated("stage_conversion_rate", visits, "entered", {"stage": "stage"}, mean("moved_on"))
    left = visits[visits["left"].notna()]
    found.dated("stage_duration_days", left, "left", {**people, "stage": "stage"}, mean("days"))

    def open_deals(day: pd.Timestamp) -> pd.DataFrame:
        there = visits[(visits["entered"] <= day) & ~(visits["left"] <= day)]
        return there.assign(weighted=there["amount"] * there["probability"])

    first = "2024-01-10"
    for kpi, figure in {
        "open_opportunities": count,
        "pipeline_value": total("amount"),
        "weighted_pipeline_value": total("weighted"),
    }.items():
        found.at_period_ends(kpi, first, open_deals, {**people, "stage": "stage"}, figure)
    add_cost_per_lead(found, folder, leads)
    return found


def utc(texts: pd.Series) -> pd.Series:
    return pd.to_datetime(texts, format="%m/%d/%Y %I:%M %p", utc=True)


def local_day(instant: pd.Timestamp) -> pd.Timestamp:
    return instant.tz_convert(ZONE).tz_localize(None).normalize()


def read_leads(texts: pd.DataFrame) -> pd.DataFrame:
    def day(column: str) -> pd.Series:
        return pd.to_datetime(texts[column], format="%m/%d/%Y")

    leads = pd.DataFrame({"lead": texts["Lead ID"], "status": texts["Lead Status"]})
    leads["is_test"] = texts["Company"].str.startswith("Test ")
    leads["rep"] = texts["Lead Owner"].where(texts["Lead Owner"] != QUEUE)
    source = texts["Lead Source"].fillna("Unknown")
    leads["source"] = source.mask(source.str.lower().str.contains("webinar"), "Webinar")
    known = [name for name, *_ in CAMPAIGNS]
    leads["campaign"] = texts["Campaign"].where(texts["Campaign"].isin(known))
    created = utc(texts["Created (UTC)"])
    leads["day"] = created.map(local_day)
    leads["converts"] = (texts["Converted?"] == "Yes").astype(float)
    leads["converted"] = day("Converted On")
    # Converted, nobody knows when: on the day of its creation.
    on = leads["converted"].fillna(leads["day"]).where(leads["converts"] == 1)
    leads["qualified"] = pd.concat([day("SQL Date"), on], axis=1).min(axis=1)
    by_hand = utc(texts["First Email (UTC)"]).where(texts["Email Kind"] == "Personal")
    contacts = pd.concat([utc(texts["First Call (UTC)"]), by_hand], axis=1)
    contacts = contacts.apply(lambda times: times.where(times >= created))
    leads["minutes"] = (contacts.min(axis=1) - created).dt.total_seconds() / 60
    leads["in_time"] = (leads["minutes"] <= 4 * 60).astype(float)
    return leads


def read_deals(leads: pd.DataFrame, texts: pd.DataFrame) -> pd.DataFrame:
    def day(column: str) -> pd.Series:
        return pd.to_datetime(texts[column], format="%m/%d/%Y")

    deals = leads.assign(
        created=day("Converted On"),
        proposal=day("Proposal On"),
        closed=day("Won On").fillna(day("Lost On")),
        is_won=texts["Won On"].notna().astype(float),
        amount=texts["Amount"].map(dollars, na_action="ignore").astype(float),
    )
    deals["cycle"] = (deals["closed"] - deals["created"]).dt.days
    return deals[deals["created"].notna() & ~deals["is_test"]]


def dollars(text: str) -> float:
    scale = {"K": 1000, "M": 1000000}.get(text[-1], 1)
    return float(text.strip("$KM").replace(",", "")) * scale


def stage_visits(deals: pd.DataFrame) -> pd.DataFrame:
    """A row per deal and stage that it was in."""
    discovery = deals.assign(
        stage="Discovery",
        entered=deals["created"],
        left=deals["proposal"].fillna(deals["closed"]),
        moved_on=(deals["proposal"].notna() | (deals["is_won"] == 1)).astype(float),
        probability=0.2,
    )
    proposal = deals[deals["proposal"].notna()]
    proposal = proposal.assign(
        stage="Proposal",
        entered=proposal["proposal"],
        left=proposal["closed"],
        moved_on=(proposal["is_won"] == 1).astype(float),
        probability=0.5,
    )
    visits = pd.concat([discovery, proposal], ignore_index=True)
    return visits.assign(days=(visits["left"] - visits["entered"]).dt.days)


def add_cost_per_lead(found: Figures, folder: Path, leads: pd.DataFrame) -> None:
    """The cost of each campaign's days in the month, and the leads that it brought in it."""
    costs: dict[pd.Timestamp, dict[str, float]] = {}
    for _, row in read_texts(folder / "Campaigns.csv").dropna().iterrows():
        days = pd.date_range(*pd.to_datetime([row["Start"], row["End"]], format="%d-%b-%Y"))
        for day in days[days <= pd.Timestamp("2024-11-30")]:
            month = costs.setdefault(day.to_period("M").to_timestamp(), {})
            name = row["Campaign Name"]
            month[name] = month.get(name, 0) + dollars(row["Actual Cost"]) / len(days)
    for month, by_campaign in sorted(costs.items()):
        born = leads["day"].map(lambda day: day.to_period("M").to_timestamp()) == month
        counts = leads[born].groupby("campaign").size()
        paid = {name: counts.get(name, 0) for name in by_campaign}
        found.add(
            "cost_per_lead",
            "campaign",
            "month",
            [(name, month, cost / paid[name]) for name, cost in by_campaign.items() if paid[name]],
        )
        if sum(paid.values()):
            value = sum(by_campaign.values()) / sum(paid.values())
            found.add("cost_per_lead", "company", "month", [("company", month, value)])
