"""A random but coherent company: a Salesforce weekly export, flat extracts and a configuration.

Everything follows from the seed. The company is small and its records are unusual on purpose:
deals that are reopened, won twice or entered after the fact, owners that change within seconds
of closing, instants around midnight of the business time zone, reps that only one of the
sources knows, and so on. Rows are dictionaries of text under the columns of the extract. Keys
that begin with an underscore steer the deliveries and are not written:

`_since`    the instant from which the record exists; a first delivery before it lacks the row
`_before`   columns as an earlier full delivery had them
`_vanished` in the earlier full delivery only
"""

from __future__ import annotations

import itertools
import random
import shutil
from calendar import monthrange
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import yaml

from tests.awkward.formats import (
    EMPTY_ID,
    SF_HISTORY,
    Ids,
    sf_date,
    sf_flag,
    sf_instant,
    write_flat,
    write_rest_extracts,
    write_weekly_export,
)
from tests.awkward.traits import (
    FLAT_WITH_CURRENCY,
    WITH_CURRENCY,
    Rows,
    add_currencies,
    merge_records,
    shorten_ids,
    split_orgs,
)

SIZES = {"small": 45, "medium": 1000}
# What a company may have besides, or how it is delivered:
#   merges       merged accounts, leads and contacts, undeleted records
#   currencies   amounts in four currencies
#   two orgs     a second Salesforce org
#   short ids    flat files name CRM records by 15-character ids
#   two          two Salesforce deliveries in any case, the second a week later
#   rest         Salesforce by the REST and Bulk APIs
#   mixed        a full weekly export, a week later what has changed by the APIs
#   many         as two, with changes by the APIs after each: records told twice, undone, undeleted
#   latin-1      the weekly export in ISO-8859-1
#   split        the weekly export in two ZIP files, each with half of every object
TRAITS = (
    *("merges", "currencies", "two orgs", "short ids"),
    *("two", "rest", "mixed", "many", "latin-1", "split"),
)
TIMEZONES = [
    "UTC",
    "America/Chicago",
    "Asia/Tokyo",
    "Europe/Berlin",
    "America/St_Johns",
    "Pacific/Auckland",
]
COUNTRIES = ["Germany", "France", "United States", "Japan", ""]
INDUSTRIES = ["Education", "Energy", "Healthcare", ""]
LEAD_SOURCES = ["Web", "Trade Show", "Customer Referral", "Partner", ""]
LEAD_STATUSES = ["Open", "Working", "Sales Qualified", "Junk"]
TEAMS = ["North", "South", "Inside Sales"]
REGIONS = ["Americas", "EMEA"]
FIRST_NAMES = ["Ada", "Bruno", "Chidi", "Dora", "Émile", "Fatou", "Gus", "Hana", "Ivo", "Jun"]
LAST_NAMES = ["Abel", "Brandt", "Cruz", "D'Arc", "Engel", "Fox", "Groß", "Holt", "Ito", "Jay"]

SF_COLUMNS = {
    "User": (
        "Id Username LastName FirstName Email IsActive Title Department Division "
        "ManagerId UserRoleId UserType EmployeeNumber TimeZoneSidKey CreatedDate "
        "SystemModstamp"
    ),
    "UserRole": "Id Name ParentRoleId",
    "Account": (
        "Id IsDeleted MasterRecordId Name Type ParentId BillingCountry Industry "
        "AnnualRevenue NumberOfEmployees OwnerId AccountSource CreatedDate "
        "SystemModstamp Tier__c"
    ),
    "Contact": (
        "Id IsDeleted MasterRecordId AccountId LastName FirstName Email Title "
        "LeadSource OwnerId CreatedDate SystemModstamp"
    ),
    "Lead": (
        "Id IsDeleted MasterRecordId LastName FirstName Company Email Country "
        "LeadSource Status Industry Rating OwnerId IsConverted ConvertedDate "
        "ConvertedAccountId ConvertedContactId ConvertedOpportunityId CreatedDate "
        "SystemModstamp"
    ),
    "LeadHistory": ("Id IsDeleted LeadId CreatedById CreatedDate Field DataType OldValue NewValue"),
    "Opportunity": (
        "Id IsDeleted AccountId Name StageName Amount Probability CloseDate Type "
        "NextStep LeadSource IsClosed IsWon ForecastCategory ForecastCategoryName "
        "CampaignId OwnerId CreatedDate SystemModstamp LastActivityDate ContractId "
        "Partner__c"
    ),
    "OpportunityHistory": (
        "Id OpportunityId CreatedById CreatedDate StageName Amount Probability "
        "CloseDate ForecastCategory SystemModstamp IsDeleted"
    ),
    "OpportunityFieldHistory": (
        "Id IsDeleted OpportunityId CreatedById CreatedDate Field DataType OldValue NewValue"
    ),
    "OpportunityLineItem": (
        "Id OpportunityId PricebookEntryId Product2Id Quantity TotalPrice UnitPrice "
        "ListPrice Discount ServiceDate CreatedDate SystemModstamp IsDeleted"
    ),
    "Product2": ("Id Name ProductCode Family IsActive CreatedDate SystemModstamp IsDeleted"),
    "PricebookEntry": (
        "Id Pricebook2Id Product2Id UnitPrice IsActive CreatedDate SystemModstamp IsDeleted"
    ),
    "Quote": (
        "Id OwnerId IsDeleted OpportunityId QuoteNumber Status GrandTotal TotalPrice "
        "CreatedDate SystemModstamp ExpirationDate"
    ),
    "Contract": (
        "Id AccountId StartDate EndDate ContractTerm OwnerId Status ActivatedDate "
        "StatusCode IsDeleted CreatedDate SystemModstamp"
    ),
    "Order": (
        "Id OwnerId AccountId OpportunityId ContractId EffectiveDate EndDate Status "
        "ActivatedDate StatusCode TotalAmount IsDeleted CreatedDate SystemModstamp"
    ),
    "Task": (
        "Id WhoId WhatId Subject ActivityDate Status OwnerId Type IsDeleted AccountId "
        "IsClosed CreatedDate CreatedById SystemModstamp CallDurationInSeconds CallType "
        "CallDisposition TaskSubtype CompletedDateTime"
    ),
    "Event": (
        "Id WhoId WhatId Subject IsAllDayEvent ActivityDateTime ActivityDate "
        "DurationInMinutes OwnerId Type IsDeleted AccountId IsChild CreatedDate "
        "CreatedById SystemModstamp"
    ),
    "Campaign": (
        "Id IsDeleted Name ParentId Type Status StartDate EndDate BudgetedCost "
        "ActualCost OwnerId CreatedDate SystemModstamp"
    ),
    "CampaignMember": (
        "Id IsDeleted CampaignId LeadId ContactId Status HasResponded CreatedDate SystemModstamp"
    ),
    # Delivered by multi-currency orgs alone.
    "CurrencyType": "Id IsoCode ConversionRate IsCorporate IsActive",
    "DatedConversionRate": "Id IsoCode StartDate NextStartDate ConversionRate SystemModstamp",
}
FLAT_COLUMNS = {
    "reps": "rep_id name email role manager team region hire_date leave_date valid_from",
    "accounts": "account_id name region country industry segment rep created_at",
    "leads": (
        "lead_id created_at rep lead_source campaign_id status qualified_at "
        "converted_at is_converted account_id opportunity_id referred_by_account_id"
    ),
    "lead_history": "lead_id changed_at status rep",
    "opportunities": (
        "opportunity_id stage created_at rep account_id name amount probability "
        "close_date type lead_source campaign_id product_id term_months "
        "forecast_category next_step lost_reason is_deleted"
    ),
    "opportunity_history": (
        "opportunity_id changed_at stage amount probability close_date forecast_category rep"
    ),
    "opportunity_lines": (
        "line_id opportunity_id product_id quantity unit_price list_price discount "
        "total_price unit_cost total_cost"
    ),
    "products": "product_id name family list_price unit_cost",
    "quotes": "quote_id issued_at opportunity_id rep status amount",
    "contracts": (
        "contract_id account_id start_date opportunity_id end_date term_months total_value status"
    ),
    "purchases": "purchase_id account_id purchased_at amount rep opportunity_id",
    "subscriptions": "subscription_id account_id start_date mrr end_date currency",
    "activities": (
        "activity_id type rep direction lead_id account_id opportunity_id created_at "
        "due_date done_at is_done minutes is_automated"
    ),
    "campaigns": "campaign_id name start_date end_date cost lead_source",
    "quotas": "scope_type scope_id period_type period_start amount currency",
    "targets": "kpi scope_type scope_id period_type period_start target",
    "forecasts": "rep period_type period_start submitted_on amount",
    "costs": "month category amount currency item",
    "product_costs": "product_id valid_from unit_cost",
    "surveys": "response_id responded_at score account_id scale_max",
    "time_log": "rep date activity hours",
    "fx_rates": "currency from_date rate",
}


SUFFIXES = ["", "T0200", " weekly"]
Files = dict[str, tuple[list[str], list[dict]]]


def add_months(day: date, months: int) -> date:
    """The same day of another month, or that month's last day."""
    index = day.year * 12 + day.month - 1 + months
    year, month = index // 12, index % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


@dataclass
class Person:
    """Someone who sells: as the CRM and as the `reps` extract know him; either may be missing."""

    name: str
    email: str
    user_id: str = ""
    rep_id: str = ""
    teams: list[str] = field(default_factory=list)


@dataclass
class DealState:
    stage: str
    amount: float | None
    probability: float | None
    close_date: date | None


@dataclass
class DealStory:
    """What happened to a deal, before anybody wrote it down."""

    created: datetime
    changes: list[tuple[datetime, DealState]]
    owners: list[tuple[datetime, Person | str]]
    present: DealState
    notes: set[str] = field(default_factory=set)


class Company:
    def __init__(self, seed: int, size: str, traits: Collection[str] = ()) -> None:
        self.rng = random.Random(seed)
        self.traits = frozenset(traits)
        # Chances of the traits, beside those that make the company of the seed.
        self.trait_rng = random.Random(f"{seed} traits")
        rng = self.rng
        self.deal_count = SIZES[size]
        self.ids = Ids()
        self.timezone = rng.choice(TIMEZONES)
        self.zone = ZoneInfo(self.timezone)
        self.fiscal_month = rng.choice([1, 1, 2, 4, 7, 10, rng.randint(1, 12)])
        self.first_day = date(2021, 1, 1) + timedelta(days=rng.randrange(700))
        self.last_day = self.first_day + timedelta(days=rng.randrange(300, 850))
        self.end = datetime(
            self.last_day.year,
            self.last_day.month,
            self.last_day.day,
            rng.choice([2, 20]),
            tzinfo=UTC,
        )
        self.kind = rng.choices(["salesforce", "both", "flat"], [12, 4, 4])[0]
        self.has_sf = self.kind != "flat"
        self.sf: dict[str, list[dict]] = {name: [] for name in SF_COLUMNS}
        self.flat: dict[str, list[dict]] = {name: [] for name in FLAT_COLUMNS}
        self.config: dict = {}
        self.people: list[Person] = []
        self.numbers: dict[str, int] = {}
        # Ids of the deals with the instants of their creation.
        self.deal_times: list[tuple[str, datetime]] = []

    # -- chance ---------------------------------------------
    def chance(self, probability: float) -> bool:
        return self.rng.random() < probability

    def day(self, low: date | None = None, high: date | None = None) -> date:
        low, high = low or self.first_day, high or self.last_day
        return low + timedelta(days=self.rng.randint(0, max(0, (high - low).days)))

    def at(self, day: date, seconds: float) -> datetime:
        """The instant so many seconds after the business day begins (before it, if negative)."""
        midnight = datetime(day.year, day.month, day.day, tzinfo=self.zone).astimezone(UTC)
        return midnight + timedelta(seconds=round(seconds))

    def instant(self, low: date | None = None, high: date | None = None) -> datetime:
        """Office hours, or within three hours of the business day's midnight, or at midnight
        itself."""
        day, rng = self.day(low, high), self.rng
        pick = rng.random()
        if pick < 0.3:
            return self.at(day, rng.uniform(-3, 3) * 3600)
        if pick < 0.33:
            return self.at(day, 0)
        return self.at(day, rng.uniform(8, 19) * 3600)

    def later(self, moment: datetime, mean_days: float) -> datetime:
        """Some time later; often just around the beginning of the next month."""
        after = moment + timedelta(seconds=round(self.rng.expovariate(1 / mean_days) * 86400) + 1)
        if self.chance(0.25):
            local = after.astimezone(self.zone).date()
            edge = self.at(
                add_months(local.replace(day=1), 1), self.rng.choice([-1, 0, 1, -1800, 1800])
            )
            return max(edge, moment + timedelta(seconds=1))
        return after

    def business_day(self, moment: datetime) -> date:
        return moment.astimezone(self.zone).date()

    def money(self) -> float | None:
        pick = self.rng.random()
        if pick < 0.05:
            return None
        if pick < 0.08:
            return 0.0
        return round(self.rng.lognormvariate(9, 0.9), self.rng.choice([0, 2]))

    def number_text(self, value: float | None) -> str:
        """A decimal as the exports write it, now and then in scientific notation."""
        if value is None:
            return ""
        if value and self.chance(0.05):
            mantissa, exponent = f"{value:.15E}".split("E")
            return f"{mantissa.rstrip('0').rstrip('.') or '0'}E{int(exponent)}"
        return f"{value:.2f}" if value != int(value) else str(int(value))

    def flat_instant(self, moment: datetime | None) -> str:
        """ISO 8601 in one of the allowed spellings; a bare day now and then."""
        if moment is None:
            return ""
        pick = self.rng.random()
        if pick < 0.15:
            return self.business_day(moment).isoformat()
        if pick < 0.4:
            return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
        if pick < 0.6:
            return moment.strftime("%Y-%m-%d %H:%M:%S")
        if pick < 0.8:
            return moment.astimezone(ZoneInfo("Asia/Kolkata")).isoformat()
        return moment.strftime("%Y-%m-%dT%H:%M:%S")

    def next_number(self, prefix: str) -> str:
        self.numbers[prefix] = self.numbers.get(prefix, 0) + 1
        return f"{prefix}-{self.numbers[prefix]:04d}"

    def add(self, name: str, row: dict, since: datetime | None = None) -> dict:
        row["_since"] = since
        self.sf[name].append(row)
        return row

    # -- the parts ---------------------------------------------
    def build(self) -> None:
        self.make_settings()
        self.make_people()
        self.make_catalogue()
        self.make_accounts()
        self.make_campaigns()
        for _ in range(self.deal_count):
            self.make_deal()
        if self.chance(0.9):
            self.has_leads = True
            for _ in range(self.deal_count):
                self.make_lead()
        for _ in range(self.deal_count * 3):
            self.make_activity()
        self.make_customers()
        self.make_plans()
        self.make_costs()
        self.make_surveys()
        if "merges" in self.traits:
            merge_records(self, self.trait_rng)
        if "currencies" in self.traits:
            add_currencies(self, self.trait_rng)
        if "short ids" in self.traits:
            shorten_ids(self, self.trait_rng)

    def make_settings(self) -> None:
        rng = self.rng
        settings: dict = {"company_name": "Awkward & Sons"}
        if self.timezone != "UTC" or self.chance(0.5):
            settings["business_timezone"] = self.timezone
        if self.fiscal_month != 1 or self.chance(0.5):
            settings["fiscal_year_start_month"] = self.fiscal_month
        if self.chance(0.3):
            settings["customer_active_months"] = rng.choice([3, 6, 24])
        if self.chance(0.3):
            settings["lead_response_sla_hours"] = rng.choice([1, 48, 0.5])
        if self.chance(0.2):
            settings["add_campaign_costs"] = True
        if self.chance(0.25):
            offset = rng.choice([-45, -7, -1, 1, 12, 40])
            settings["as_of_date"] = self.last_day + timedelta(days=offset)
        self.won, self.lost = rng.choice(
            [("Closed Won", "Closed Lost"), ("Won", "Lost"), ("Signed", "Given Up")]
        )
        self.open_stages = ["Prospecting", "Qualification", "Proposal", "Negotiation"]
        self.config = {
            "settings": settings,
            "stages": {
                stage: {"order": n, "probability": p}
                for n, (stage, p) in enumerate(
                    zip(self.open_stages, [0.1, 0.3, 0.6, 0.8], strict=True), 1
                )
            },
            "lead_statuses": {
                "Sales Qualified": {"qualified": True},
                "Junk": {"closed": True},
                "Open": {"qualified": False},
                "Working": {"qualified": False},
            },
            "lead_sources": {"Customer Referral": {"customer_referral": True}},
            "regions": {"Germany": "EMEA", "France": "EMEA", "United States": "Americas"},
            "activity_types": {"Product Demo": "demo", "Kick-off": "onboarding"},
            "selling_activities": {
                "SDR": ["prospecting", "outreach"],
                "default": ["demos", "meetings"],
            },
        }
        if self.chance(0.2):
            self.config["exclusions"] = [
                {
                    "object": "accounts",
                    "column": "name",
                    "equals": "Customer 3",
                    "reason": "test data",
                }
            ]
        if self.won == "Signed":
            self.config["stages"]["Signed"] = {"won": True}
            self.config["stages"]["Given Up"] = {"lost": True}

    def make_people(self) -> None:
        rng = self.rng
        self.has_flat_reps = self.chance(0.85)
        count = rng.randint(6, 9)
        names = rng.sample([f"{a} {b}" for a in FIRST_NAMES for b in LAST_NAMES], count + 3)
        roles = {}
        if self.has_sf:
            for team in TEAMS:
                roles[team] = self.ids.new("00E")
                self.add("UserRole", {"Id": roles[team], "Name": team})
        for n, name in enumerate(names[:count]):
            email = f"rep{n}@awkward.example"
            person = Person(name, email)
            in_crm = self.has_sf and not (self.has_flat_reps and n == 0 and self.chance(0.5))
            in_extract = self.has_flat_reps and (not in_crm or not self.chance(0.2))
            if in_crm:
                person.user_id = self.add_user(
                    name, email, roles, rng.choice(["Standard", "Standard", ""])
                )
            if in_extract:
                self.add_rep(person)
            self.people.append(person)
        self.robot = self.queue = self.stranger = ""
        if self.has_sf:
            self.robot = self.add_user(
                names[count], "robot@awkward.example", roles, "AutomatedProcess"
            )
            self.queue = self.ids.new("00G")
            self.stranger = self.ids.new("005")
            # A user who sells nothing: no rep unless a record says otherwise.
            self.add_user(names[count + 1], "office@awkward.example", roles, "Standard")
        elif not self.has_flat_reps:
            # Nobody lists the reps: they are made from the names that the records use.
            for person in self.people:
                person.rep_id = person.name

    def add_user(self, name: str, email: str, roles: dict[str, str], kind: str) -> str:
        first, last = name.split(" ", 1)
        user_id = self.ids.new("005")
        created = self.at(self.first_day, -86400 * 400)
        self.add(
            "User",
            {
                "Id": user_id,
                "Username": email,
                "FirstName": first,
                "LastName": last,
                "Email": email.upper() if self.chance(0.2) else email,
                "IsActive": sf_flag(self.chance(0.9)),
                "Title": self.rng.choice(["AE", "SDR", ""]),
                "Division": self.rng.choice([*REGIONS, ""]),
                "UserRoleId": self.rng.choice([*roles.values(), EMPTY_ID]),
                "UserType": kind,
                "CreatedDate": sf_instant(created),
                "SystemModstamp": sf_instant(created),
            },
            created,
        )
        return user_id

    def add_rep(self, person: Person) -> None:
        """One to three assignments in the `reps` extract, tied to the CRM by id, email or name."""
        rng = self.rng
        match = rng.choice(["id", "id15", "email", "name"]) if person.user_id else "none"
        person.rep_id = {
            "id": person.user_id,
            "id15": person.user_id[:15],
        }.get(match, self.next_number("R"))
        row = {
            "rep_id": person.rep_id,
            # Tied by id or email the extract may spell the name its own way.
            "name": person.name
            if match in ("name", "none") or self.chance(0.7)
            else person.name.upper(),
            "email": person.email if match in ("email", "none") or self.chance(0.3) else "",
            "role": rng.choice(["AE", "SDR", ""]),
            "manager": "",
        }
        if match == "none" and self.has_sf:
            row["email"] = f"outside.{person.email}"
        if match == "name":
            row["email"] = ""
        hired = self.day(self.first_day - timedelta(days=200), self.last_day + timedelta(days=10))
        if self.chance(0.3):
            hired = self.fiscal_edge(hired)
        leaves = self.day(hired, self.last_day + timedelta(days=60)) if self.chance(0.35) else None
        if leaves and self.chance(0.4):
            leaves = max(hired, self.fiscal_edge(leaves) - timedelta(days=rng.choice([0, 1])))
        employed = {
            "hire_date": "" if self.chance(0.2) else hired.isoformat(),
            "leave_date": leaves.isoformat() if leaves else "",
        }
        valid_from = [None if self.chance(0.6) else hired]
        for _ in range(rng.choice([0, 0, 1, 2])):
            move = self.day(hired, self.last_day)
            valid_from.append(self.fiscal_edge(move) if self.chance(0.3) else move)
        days = sorted({d for d in valid_from if d is not None})
        days = ([None] if None in valid_from else []) + days
        for n, since in enumerate(days):
            team = rng.choice([*TEAMS, ""]) if n else rng.choice(TEAMS)
            person.teams.append(team)
            # Hire and leave dates are those of the latest row; an older one may differ.
            stale = n < len(days) - 1 and self.chance(0.3)
            self.flat["reps"].append(
                {
                    **row,
                    **(
                        {"hire_date": self.first_day.isoformat(), "leave_date": ""}
                        if stale
                        else employed
                    ),
                    "team": team,
                    "region": rng.choice([*REGIONS, *REGIONS, ""]),
                    "valid_from": since.isoformat() if since else "",
                }
            )

    def fiscal_edge(self, day: date) -> date:
        """The first day of a fiscal quarter near that day."""
        month = add_months(day.replace(day=1), -((day.month - self.fiscal_month) % 3))
        return month

    def rep_name(self, person: Person | str) -> str:
        """How a flat file names a rep: by id, email or full name."""
        if isinstance(person, str):
            return person
        ways = [person.name]
        known = [row for row in self.flat["reps"] if row["rep_id"] == person.rep_id]
        if person.user_id:
            ways += [person.user_id, person.email]
        if known:
            ways = [known[0]["rep_id"], known[0]["name"]]
            ways += [person.user_id, person.email] if person.user_id else []
        return self.rng.choice([way for way in ways if way])

    def owner(self) -> Person | str:
        """Mostly a rep; else a queue, an integration user, somebody not delivered, or nobody."""
        if self.chance(0.9) or not self.has_sf:
            return self.rng.choice(self.people)
        return self.rng.choice([self.queue, self.robot, self.stranger])

    def sf_owner(self, owner: Person | str) -> str:
        return owner if isinstance(owner, str) else owner.user_id or self.stranger

    def make_catalogue(self) -> None:
        rng = self.rng
        self.products, self.entries = [], {}
        names = ["Gauge", "Probe", "Scope, 2 m", 'Meter "Pro"', "Service"]
        for n, name in enumerate(names):
            family = ["Instruments", "Instruments", "Optics", "", "Services"][n]
            if self.has_sf:
                product_id = self.ids.new("01t")
                stamp = sf_instant(self.at(self.first_day, 0))
                product = {"Id": product_id, "Name": name, "Family": family, "IsActive": "1"}
                self.add("Product2", {**product, "CreatedDate": stamp, "IsDeleted": "0"})
                entry = self.ids.new("01u")
                self.entries[product_id] = entry
                self.add(
                    "PricebookEntry", {"Id": entry, "Product2Id": product_id, "UnitPrice": "100"}
                )
                self.products.append((product_id, name))
            else:
                product_id = f"P{n}"
                self.flat["products"].append(
                    {
                        "product_id": product_id,
                        "name": name,
                        "family": family,
                        "list_price": rng.choice(["", "120", "1000.50"]),
                        "unit_cost": rng.choice(["", "40", "0"]),
                    }
                )
                self.products.append((product_id, name))
        if self.chance(0.5):
            for product_id, name in self.products[:4]:
                for _ in range(rng.randint(0, 2)):
                    self.flat["product_costs"].append(
                        {
                            "product_id": rng.choice([product_id, name]),
                            "valid_from": self.day().isoformat(),
                            "unit_cost": str(rng.randint(10, 90)),
                        }
                    )

    def make_accounts(self) -> None:
        rng = self.rng
        self.accounts: list[tuple[str, str]] = []
        for n in range(max(12, self.deal_count // 3)):
            name = f"Customer {n}"
            created = self.instant()
            if self.has_sf:
                account_id = self.ids.new("001")
                row = self.add(
                    "Account",
                    {
                        "Id": account_id,
                        "IsDeleted": sf_flag(self.chance(0.03)),
                        "Name": name,
                        "BillingCountry": rng.choice(COUNTRIES),
                        "Industry": rng.choice(INDUSTRIES),
                        "OwnerId": self.sf_owner(self.owner()),
                        "CreatedDate": sf_instant(created),
                        "SystemModstamp": sf_instant(created),
                    },
                )
                if self.chance(0.2):
                    row["_before"] = {"BillingCountry": "Atlantis", "Industry": "Mining"}
                row["_vanished"] = self.chance(0.03)
            else:
                account_id = f"A{n}"
                self.flat["accounts"].append(
                    {
                        "account_id": account_id,
                        "name": name,
                        "region": rng.choice([*REGIONS, ""]),
                        "country": rng.choice(COUNTRIES),
                        "industry": rng.choice(INDUSTRIES),
                        "segment": rng.choice(["Small", "Large", ""]),
                        "rep": self.rep_name(rng.choice(self.people)),
                        "created_at": self.flat_instant(created),
                    }
                )
            self.accounts.append((account_id, name))

    def account(self) -> tuple[str, str]:
        return self.rng.choice(self.accounts)

    def make_campaigns(self) -> None:
        rng = self.rng
        self.campaigns: list[str] = []
        if not self.chance(0.7):
            return
        for n in range(4):
            begins = self.day()
            ends = begins + timedelta(days=rng.randint(0, 90))
            cost = rng.choice(["", "900", "1234.56"])
            if self.has_sf:
                campaign_id = self.ids.new("701")
                self.add(
                    "Campaign",
                    {
                        "Id": campaign_id,
                        "IsDeleted": "0",
                        "Name": f"Campaign {n}",
                        "StartDate": sf_date(begins),
                        "EndDate": sf_date(None if self.chance(0.2) else ends),
                        "ActualCost": cost,
                        "_vanished": n == 3 and self.chance(0.3),
                    },
                )
            else:
                campaign_id = f"C{n}"
                self.flat["campaigns"].append(
                    {
                        "campaign_id": campaign_id,
                        "name": f"Campaign {n}",
                        "start_date": begins.isoformat(),
                        "end_date": "" if self.chance(0.2) else ends.isoformat(),
                        "cost": cost,
                        "lead_source": rng.choice(LEAD_SOURCES),
                    }
                )
            self.campaigns.append(campaign_id)

    # -- deals ---------------------------------------------
    def deal_story(self) -> DealStory:
        rng = self.rng
        created = min(self.instant(), self.end - timedelta(seconds=1))
        state = DealState(
            self.open_stages[0] if self.chance(0.7) else rng.choice(self.open_stages),
            None if self.chance(0.15) else self.money(),
            10.0,
            self.business_day(created) + timedelta(days=rng.randint(-5, 120)),
        )
        changes = [(created, DealState(**vars(state)))]
        now = created

        def change(moment: datetime) -> bool:
            nonlocal now
            if moment >= self.end:
                return False
            now = moment
            changes.append((moment, DealState(**vars(state))))
            return True

        def close(outcome: str) -> bool:
            old = state.stage, state.probability, state.close_date
            state.stage, state.probability = outcome, 100.0 if outcome == self.won else 0.0
            moment = self.later(now, 6)
            if self.chance(0.5):
                state.close_date = self.business_day(moment)
            if change(moment):
                return True
            state.stage, state.probability, state.close_date = old
            return False

        def edit() -> None:
            pick = rng.random()
            if pick < 0.4:
                order = self.open_stages.index(state.stage)
                order = min(3, max(0, order + rng.choice([1, 1, 1, 2, -1])))
                state.stage, state.probability = (
                    self.open_stages[order],
                    [10.0, 30.0, 60.0, 80.0][order],
                )
            elif pick < 0.65:
                state.amount = self.money()
            elif pick < 0.95:
                state.close_date = (state.close_date or self.last_day) + timedelta(
                    days=rng.randint(-20, 60)
                )
            else:
                state.probability = float(rng.randint(5, 95))

        for _ in range(rng.randint(0, 6)):
            # A long silence now and then; a few changes within one second.
            moment = now if self.chance(0.03) else self.later(now, rng.choice([4, 15, 15, 120]))
            before = DealState(**vars(state))
            edit()
            if not change(moment):
                state = before
                break
        outcome = rng.choices([self.won, self.lost, ""], [0.45, 0.3, 0.25])[0]
        if outcome and close(outcome):
            while self.chance(0.25):
                # Reopened, or its outcome changed outright; perhaps closed again.
                if self.chance(0.7):
                    state.stage = rng.choice(self.open_stages)
                    state.probability = 50.0
                else:
                    state.stage = self.lost if state.stage == self.won else self.won
                before = changes[-1][1]
                if not change(self.later(now, 10)):
                    state = DealState(**vars(before))
                    break
                if state.stage in self.open_stages and self.chance(0.75):
                    close(rng.choice([self.won, self.lost]))
            if state.stage not in self.open_stages and self.chance(0.3):
                # A correction while closed does not move the close date.
                state.amount = self.money()
                if self.chance(0.3):
                    state.close_date = self.day(self.business_day(created), self.last_day)
                if not change(self.later(now, 5)):
                    state = DealState(**vars(changes[-1][1]))
        story = DealStory(
            created, changes, self.owner_story(changes), DealState(**vars(changes[-1][1]))
        )
        self.bend(story)
        return story

    def owner_story(
        self, changes: list[tuple[datetime, DealState]]
    ) -> list[tuple[datetime, Person | str]]:
        """Owners with the instant from which each owned it; often within seconds of another
        change."""
        created = changes[0][0]
        owners = [(created, self.owner())]
        for _ in range(self.rng.choice([0, 0, 0, 1, 1, 2, 3])):
            near = self.rng.choice(changes)[0] + timedelta(
                seconds=self.rng.choice([-86400, -3600, -1, 0, 1, 3600, 86400])
            )
            moment = near if self.chance(0.5) else self.later(created, 30)
            if created < moment < self.end:
                owners.append((moment, self.owner()))
        owners.sort(key=lambda pair: pair[0])
        distinct = owners[:1]
        for moment, owner in owners[1:]:
            # Two owners within one second have no order.
            if owner != distinct[-1][1] and moment != distinct[-1][0]:
                distinct.append((moment, owner))
        return distinct

    def bend(self, story: DealStory) -> None:
        """Make the record disagree with its history in one of the ways that CRMs allow."""
        closed = story.present.stage in (self.won, self.lost)
        pick = self.rng.random()
        created_day = self.business_day(story.created)
        if pick < 0.08:
            story.present.stage = self.rng.choice([self.won, self.won, self.lost])
            story.present.close_date = created_day + timedelta(
                days=self.rng.choice([-60, -3, 0, 1, 20, 400])
            )
            story.changes = [(story.created, DealState(**vars(story.present)))]
            if self.chance(0.3):
                story.changes.append(
                    (story.created + timedelta(days=2), DealState(**vars(story.present)))
                )
            story.notes.add("after the fact")
        elif pick < 0.16 and closed:
            story.notes.add("no history")
            if self.chance(0.3):
                story.present.close_date = self.last_day + timedelta(days=self.rng.randint(1, 60))
        elif pick < 0.2:
            story.notes.add("no history")
        elif pick < 0.28 and closed:
            story.present.stage = self.won if story.present.stage == self.lost else self.lost
            story.present.close_date = self.day(
                created_day - timedelta(days=5), self.last_day + timedelta(days=30)
            )
            story.notes.add("ends otherwise")
        elif pick < 0.33 and not closed:
            story.present.stage = self.rng.choice([self.won, self.lost])
            story.notes.add("ends otherwise")
        elif pick < 0.35 and closed:
            # Open now, without a word about it in the history.
            story.present.stage = self.rng.choice(self.open_stages)
            story.notes.add("ends otherwise")
        elif pick < 0.38 and len(story.changes) > 2:
            story.changes = story.changes[1:]
        if self.chance(0.03):
            story.present.close_date = None
        if self.chance(0.05):
            story.present.amount = None

    def make_deal(self) -> None:
        story = self.deal_story()
        if self.kind == "flat" or (self.kind == "both" and self.chance(0.3)):
            self.make_flat_deal(story)
        else:
            self.make_sf_deal(story)

    def make_sf_deal(self, story: DealStory) -> None:
        rng = self.rng
        deal_id = self.ids.new("006")
        present = story.present
        closed = present.stage in (self.won, self.lost)
        account = EMPTY_ID if self.chance(0.08) else self.account()[0]
        if self.chance(0.02):
            account = self.ids.new("001")
        owners = story.owners
        self.deal_times.append((deal_id, story.created))
        deal = self.add(
            "Opportunity",
            {
                "Id": deal_id,
                "IsDeleted": sf_flag(self.chance(0.03)),
                "AccountId": account,
                "Name": f"Deal {deal_id[-7:]}",
                "StageName": present.stage,
                "Amount": self.number_text(present.amount),
                "Probability": self.number_text(present.probability),
                "CloseDate": sf_date(present.close_date),
                "Type": rng.choice(["New Business", "Renewal", ""]),
                "LeadSource": rng.choice(LEAD_SOURCES),
                "IsClosed": sf_flag(closed),
                "IsWon": sf_flag(present.stage == self.won),
                "ForecastCategory": "Pipeline",
                "ForecastCategoryName": "Pipeline",
                "CampaignId": rng.choice([*self.campaigns, EMPTY_ID, ""]),
                "OwnerId": self.sf_owner(owners[-1][1]),
                "CreatedDate": sf_instant(story.created),
                "SystemModstamp": sf_instant(story.changes[-1][0]),
                "ContractId": EMPTY_ID,
                "_vanished": self.chance(0.04),
            },
            story.created,
        )
        if self.chance(0.3):
            deal["_before"] = {
                "Amount": "77",
                "StageName": self.open_stages[0],
                "IsClosed": "0",
            } | {
                "IsWon": "0",
                "OwnerId": self.sf_owner(owners[0][1]),
            }
        gone = deal["_vanished"]
        if "no history" not in story.notes:
            for n, (moment, state) in enumerate(story.changes):
                self.add(
                    "OpportunityHistory",
                    {
                        "Id": self.ids.new("008"),
                        "OpportunityId": deal_id,
                        "CreatedById": self.sf_owner(owners[0][1]),
                        "CreatedDate": sf_instant(moment),
                        "StageName": state.stage,
                        "Amount": self.number_text(state.amount),
                        "Probability": self.number_text(state.probability),
                        "CloseDate": sf_date(state.close_date),
                        "ForecastCategory": "Pipeline",
                        "SystemModstamp": sf_instant(moment),
                        "IsDeleted": "0",
                        # Salesforce drops old history; what an earlier delivery held is kept.
                        "_vanished": gone or (n == 0 and self.chance(0.1)),
                    },
                    moment,
                )
        for (_, old), (moment, new) in itertools.pairwise(owners):
            for id_valued in (False, True):
                self.add(
                    "OpportunityFieldHistory",
                    {
                        "Id": self.ids.new("017"),
                        "IsDeleted": "0",
                        "OpportunityId": deal_id,
                        "CreatedDate": sf_instant(moment),
                        "Field": "Owner",
                        "DataType": "EntityId" if id_valued else "Text",
                        "OldValue": self.sf_owner(old)
                        if id_valued
                        else getattr(old, "name", "Queue"),
                        "NewValue": self.sf_owner(new)
                        if id_valued
                        else getattr(new, "name", "Queue"),
                        "_vanished": gone,
                    },
                    moment,
                )
        for _ in range(rng.choice([0, 0, 1, 1, 2, 4])):
            product_id = rng.choice(self.products)[0]
            quantity, price = rng.choice([1, 2, 3.5]), round(rng.uniform(5, 5000), 2)
            discount = rng.choice([0, 0, 10, 25])
            self.add(
                "OpportunityLineItem",
                {
                    "Id": self.ids.new("00k"),
                    "OpportunityId": deal_id,
                    "PricebookEntryId": self.entries[product_id],
                    "Product2Id": product_id,
                    "Quantity": self.number_text(quantity),
                    "TotalPrice": self.number_text(
                        round(quantity * price * (100 - discount) / 100, 2)
                    ),
                    "UnitPrice": self.number_text(price),
                    "ListPrice": rng.choice(["", self.number_text(round(price * 1.2, 2))]),
                    "Discount": "" if discount == 0 else str(discount),
                    "CreatedDate": sf_instant(story.created),
                    "SystemModstamp": sf_instant(story.created),
                    "IsDeleted": sf_flag(self.chance(0.04)),
                    "_vanished": gone or self.chance(0.04),
                },
                story.created,
            )
        if self.chance(0.3):
            for _ in range(rng.randint(1, 3)):
                issued = self.later(story.created, 20)
                if issued < self.end:
                    self.add(
                        "Quote",
                        {
                            "Id": self.ids.new("0Q0"),
                            "OwnerId": self.sf_owner(owners[0][1]),
                            "IsDeleted": sf_flag(self.chance(0.05)),
                            "OpportunityId": deal_id,
                            "QuoteNumber": self.next_number("Q"),
                            "Status": rng.choice(
                                ["Draft", "Approved", "Presented", "Accepted", "Denied", "Rejected"]
                            ),
                            "GrandTotal": "500",
                            "TotalPrice": "500",
                            "CreatedDate": sf_instant(issued),
                            "_vanished": gone,
                        },
                        issued,
                    )

    def make_flat_deal(self, story: DealStory) -> None:
        rng = self.rng
        deal_id = self.next_number("D")
        self.deal_times.append((deal_id, story.created))
        present = story.present
        account = self.account()
        row = {
            "opportunity_id": deal_id,
            "stage": present.stage,
            "created_at": "" if self.chance(0.07) else self.flat_instant(story.created),
            "rep": self.flat_owner(story.owners[-1][1]),
            "account_id": rng.choice([*account, *account, "", "Nobody Ltd"]),
            "name": f"Flat {deal_id}",
            "amount": self.number_text(present.amount),
            "probability": rng.choice(["", "0.35"]),
            "close_date": present.close_date.isoformat() if present.close_date else "",
            "lead_source": rng.choice(LEAD_SOURCES),
            "campaign_id": rng.choice([*self.campaigns, ""]),
            "product_id": rng.choice(["", "", *rng.choice(self.products)]),
            "term_months": rng.choice(["", "", "12", "24"]) if rng.random() < 0.4 else "",
            "is_deleted": "true" if self.chance(0.03) else "",
        }
        self.flat["opportunities"].append(row)
        if "no history" not in story.notes:
            last = None
            # Keyed by deal and instant: what changes within one second is one row.
            states, owners = dict(story.changes), dict(story.owners)
            for moment in sorted({*states, *owners}):
                state, owner = states.get(moment), owners.get(moment)
                change = {"opportunity_id": deal_id, "changed_at": self.exact(moment)}
                if state is not None:
                    whole = {
                        "stage": state.stage,
                        "amount": self.number_text(state.amount),
                        "probability": ""
                        if state.probability is None
                        else str(state.probability / 100),
                        "close_date": state.close_date.isoformat() if state.close_date else "",
                    }
                    # Only what changed: an empty cell is "as before".
                    change |= {k: v for k, v in whole.items() if last is None or last.get(k) != v}
                    last = whole
                if owner is not None:
                    change["rep"] = self.flat_owner(owner)
                self.flat["opportunity_history"].append(change)
        if not row["product_id"] or self.chance(0.3):
            for _ in range(rng.choice([0, 1, 2])):
                product = rng.choice(self.products)
                self.flat["opportunity_lines"].append(
                    {
                        "line_id": self.next_number("L"),
                        "opportunity_id": deal_id,
                        "product_id": rng.choice([*product, "No such product"]),
                        "quantity": rng.choice(["", "2", "1.5"]),
                        "unit_price": self.number_text(float(rng.randint(10, 900))),
                        "list_price": rng.choice(["", "950"]),
                        "discount": rng.choice(["", "0.1"]),
                        "total_price": rng.choice(["", str(rng.randint(10, 2000))]),
                        "unit_cost": rng.choice(["", "7"]),
                        "total_cost": rng.choice(["", "", "11.5"]),
                    }
                )
        if self.chance(0.2):
            self.flat["quotes"].append(
                {
                    "quote_id": self.next_number("Q"),
                    "issued_at": self.flat_instant(self.later(story.created, 10)),
                    "opportunity_id": rng.choice([deal_id, deal_id, ""]),
                    "rep": self.flat_owner(story.owners[0][1]),
                    "status": rng.choice(["", "Draft", "Sent"]),
                    "amount": "120",
                }
            )

    def exact(self, moment: datetime) -> str:
        """History keeps its seconds, or its rows would lose their order."""
        return moment.strftime("%Y-%m-%dT%H:%M:%SZ")

    def flat_owner(self, owner: Person | str) -> str:
        if isinstance(owner, Person):
            return self.rep_name(owner)
        return self.rng.choice(["", "Nobody At All"]) if self.has_flat_reps else ""

    # -- leads ---------------------------------------------
    def make_lead(self) -> None:
        rng = self.rng
        created = min(self.instant(), self.end - timedelta(seconds=1))
        owners: list[tuple[datetime, Person | str]] = [(created, self.owner())]
        if self.has_sf and self.chance(0.35):
            owners[0] = (created, rng.choice([self.queue, self.robot, self.stranger]))
        moment = created
        for _ in range(rng.choice([0, 0, 1, 1, 2])):
            moment = self.later(moment, 4)
            owner = self.owner()
            if moment < self.end and owner != owners[-1][1]:
                owners.append((moment, owner))
        statuses = [(created, rng.choice(LEAD_STATUSES[:2]))]
        moment = created
        for _ in range(rng.choice([0, 1, 1, 2, 3])):
            moment = self.later(moment, 9)
            status = rng.choice(LEAD_STATUSES)
            if moment < self.end and status != statuses[-1][1]:
                statuses.append((moment, status))
        converted = self.later(statuses[-1][0], 8) if self.chance(0.35) else None
        if converted and converted >= self.end:
            converted = None
        if self.kind == "flat" or (self.kind == "both" and self.chance(0.2)):
            self.make_flat_lead(created, owners, statuses, converted)
            return
        lead_id = self.ids.new("00Q")
        contact_id = account_id = deal_id = EMPTY_ID
        if converted:
            account_id = self.account()[0]
            contact_id = self.ids.new("003")
            self.add(
                "Contact",
                {
                    "Id": contact_id,
                    "IsDeleted": "0",
                    "AccountId": account_id,
                    "LastName": "Person",
                    "OwnerId": self.sf_owner(owners[-1][1]),
                    "CreatedDate": sf_instant(converted),
                },
                converted,
            )
            if self.sf["Opportunity"] and self.chance(0.6):
                deal_id = rng.choice(self.sf["Opportunity"])["Id"]
        gone = self.chance(0.04)
        lead = self.add(
            "Lead",
            {
                "Id": lead_id,
                "IsDeleted": sf_flag(self.chance(0.03)),
                "LastName": "Lead",
                "Company": "Some Company",
                "LeadSource": rng.choice(LEAD_SOURCES),
                # "Sales Qualified" is no conversion; the flag is.
                "Status": statuses[-1][1],
                "OwnerId": self.sf_owner(owners[-1][1]),
                "IsConverted": sf_flag(converted is not None),
                "ConvertedDate": sf_date(self.business_day(converted) if converted else None),
                "ConvertedAccountId": account_id,
                "ConvertedContactId": contact_id,
                "ConvertedOpportunityId": deal_id,
                "CreatedDate": sf_instant(created),
                "SystemModstamp": sf_instant(moment),
                "_vanished": gone,
            },
            created,
        )
        if self.chance(0.3):
            lead["_before"] = {"IsConverted": "0", "Status": "Open"}
        keep_status_history = self.chance(0.75)
        # The creation is a history row of its own, without values.
        rows = [(created, "created", "Text", "", "")] if self.chance(0.5) else []
        for (_, old), (when, new) in itertools.pairwise(owners):
            rows.append(
                (
                    when,
                    "Owner",
                    "Text",
                    getattr(old, "name", "Queue"),
                    getattr(new, "name", "Queue"),
                )
            )
            rows.append((when, "Owner", "EntityId", self.sf_owner(old), self.sf_owner(new)))
        if keep_status_history:
            for (_, old), (when, new) in itertools.pairwise(statuses):
                rows.append((when, "Status", "EnumOrId", old, new))
        for when, name, kind, old, new in rows:
            self.add(
                "LeadHistory",
                {
                    "Id": self.ids.new("017"),
                    "IsDeleted": "0",
                    "LeadId": lead_id,
                    "CreatedDate": sf_instant(when),
                    "Field": name,
                    "DataType": kind,
                    "OldValue": old,
                    "NewValue": new,
                    "_vanished": gone,
                },
                when,
            )
        self.sf_responses(lead_id, contact_id, created, converted)
        for campaign in rng.sample(self.campaigns, min(len(self.campaigns), rng.choice([0, 1, 2]))):
            joined = self.later(created, 10)
            self.add(
                "CampaignMember",
                {
                    "Id": self.ids.new("00v"),
                    "IsDeleted": "0",
                    "CampaignId": campaign,
                    "LeadId": lead_id,
                    "ContactId": EMPTY_ID,
                    "CreatedDate": sf_instant(joined),
                },
                joined,
            )

    def make_flat_lead(
        self,
        created: datetime,
        owners: list[tuple[datetime, Person | str]],
        statuses: list[tuple[datetime, str]],
        converted: datetime | None,
    ) -> None:
        rng = self.rng
        lead_id = self.next_number("F")
        self.flat["leads"].append(
            {
                "lead_id": lead_id,
                "created_at": self.flat_instant(created),
                "rep": self.flat_owner(owners[-1][1]),
                "lead_source": rng.choice(LEAD_SOURCES),
                "campaign_id": rng.choice([*self.campaigns, ""]),
                "status": statuses[-1][1],
                "converted_at": ""
                if converted is None or self.chance(0.15)
                else self.flat_instant(converted),
                "is_converted": "true" if converted else rng.choice(["", "false", "0"]),
                "qualified_at": self.flat_instant(statuses[-1][0]) if self.chance(0.1) else "",
                "account_id": rng.choice(self.account()) if converted else "",
                "referred_by_account_id": rng.choice(self.account()) if self.chance(0.1) else "",
            }
        )
        if self.chance(0.7):
            for when in sorted({*dict(statuses), *dict(owners)}):
                owner = dict(owners).get(when)
                self.flat["lead_history"].append(
                    {
                        "lead_id": lead_id,
                        "changed_at": self.exact(when),
                        "status": dict(statuses).get(when, ""),
                        "rep": "" if owner is None else self.flat_owner(owner),
                    }
                )
        for _ in range(rng.choice([0, 1, 2])):
            when = self.later(created, 2) if self.chance(0.8) else created - timedelta(hours=2)
            self.flat["activities"].append(self.flat_activity(when) | {"lead_id": lead_id})

    def sf_responses(
        self, lead_id: str, contact_id: str, created: datetime, converted: datetime | None
    ) -> None:
        """Contacts around a lead; most are no response for one reason or another."""
        for _ in range(self.rng.choice([0, 1, 2, 3, 4])):
            when = created + timedelta(seconds=round(self.rng.expovariate(1 / 90000)) + 1)
            if self.chance(0.15):
                when = created - timedelta(seconds=self.rng.randint(1, 90000))
            if self.chance(0.05):
                when = created
            who = lead_id
            if converted and self.chance(0.4):
                who = contact_id
                when = converted + timedelta(minutes=self.rng.randint(1, 5000))
            self.sf_activity(when, who=who)

    # -- activities ---------------------------------------------
    def make_activity(self) -> None:
        rng = self.rng
        when = self.instant(self.first_day, self.last_day + timedelta(days=12))
        deal_id, created = "", None
        if self.deal_times and self.chance(0.4):
            deal_id, created = rng.choice(self.deal_times)
            if self.chance(0.8):
                when = created + timedelta(seconds=round(rng.expovariate(1 / 30 / 86400)))
        in_flat = self.kind == "flat" or (self.kind == "both" and self.chance(0.2))
        if in_flat:
            self.flat["activities"].append(self.flat_activity(when) | {"opportunity_id": deal_id})
            return
        who = what = EMPTY_ID
        pick = rng.random()
        if deal_id.startswith("006"):
            what = deal_id
        elif pick < 0.25:
            what = self.account()[0]
        elif pick < 0.4:
            what = self.ids.new("500")
        elif pick < 0.6 and self.sf["Contact"]:
            who = rng.choice(self.sf["Contact"])["Id"]
        self.sf_activity(when, who=who, what=what)

    def sf_activity(self, when: datetime, who: str = EMPTY_ID, what: str = EMPTY_ID) -> None:
        rng = self.rng
        created = min(when, self.end - timedelta(seconds=1)) - timedelta(
            seconds=rng.choice([0, 60, 86400])
        )
        common = {
            "WhoId": who,
            "WhatId": what,
            "AccountId": EMPTY_ID,
            "OwnerId": self.sf_owner(self.owner()),
            "IsDeleted": sf_flag(self.chance(0.03)),
            "CreatedDate": sf_instant(created),
            "CreatedById": self.robot
            if self.chance(0.1)
            else self.sf_owner(rng.choice(self.people)),
            "_vanished": self.chance(0.03),
        }
        if self.chance(0.25):
            self.add(
                "Event",
                common
                | {
                    "Id": self.ids.new("00U"),
                    "Subject": "Meeting",
                    "IsAllDayEvent": "0",
                    "ActivityDateTime": "" if self.chance(0.2) else sf_instant(when),
                    "ActivityDate": sf_date(self.business_day(when)),
                    "DurationInMinutes": "30",
                    "Type": rng.choice(
                        ["", "Meeting", "Call", "Product Demo", "Kick-off", "Lunch"]
                    ),
                    "IsChild": sf_flag(self.chance(0.2)),
                },
                created,
            )
            return
        future = when >= self.end
        done = not future and self.chance(0.8)
        subtype = rng.choice(
            ["Task", "Email", "Call", "Call", "ListEmail", "LinkedIn", "", "Cadence"]
        )
        completed = done and self.chance(0.7)
        self.add(
            "Task",
            common
            | {
                "Id": self.ids.new("00T"),
                "Subject": "To do",
                # A day only, an instant only, both, or neither.
                "ActivityDate": "" if self.chance(0.2) else sf_date(self.business_day(when)),
                "Status": "Completed" if done else "Not Started",
                "Type": rng.choice(["", "", "", "call", "Email", "Product Demo", "Fax"]),
                "IsClosed": sf_flag(done),
                "CallDurationInSeconds": "120" if subtype == "Call" else "",
                "CallType": rng.choice(["", "Outbound", "Inbound", "Internal"])
                if subtype == "Call"
                else "",
                "TaskSubtype": subtype,
                "CompletedDateTime": sf_instant(when) if completed else "",
            },
            created,
        )

    def flat_activity(self, when: datetime) -> dict:
        rng = self.rng
        future = when >= self.end
        done = not future and self.chance(0.8)
        return {
            "activity_id": self.next_number("X"),
            "type": rng.choice(
                ["call", "Email", "meeting", "demo", "onboarding", "task", "note", "Kick-off"]
            ),
            "rep": self.flat_owner(rng.choice(self.people)),
            "direction": rng.choice(["", "", "outbound", "inbound"]),
            "account_id": rng.choice(self.account()) if self.chance(0.3) else "",
            "opportunity_id": "",
            "created_at": self.flat_instant(when - timedelta(hours=rng.choice([0, 1, 30]))),
            "due_date": rng.choice(["", self.business_day(when).isoformat()]),
            "done_at": self.flat_instant(when) if done and self.chance(0.85) else "",
            "is_done": "true" if done else rng.choice(["", "false"]),
            "minutes": rng.choice(["", "15"]),
            "is_automated": "true" if self.chance(0.1) else "",
        }

    # -- customers ---------------------------------------------
    def make_customers(self) -> None:
        """Companies show who their customers are in different ways, or only by the deals they
        win."""
        rng = self.rng
        if self.chance(0.5):
            for _ in range(len(self.accounts)):
                self.subscription_story(rng.choice([*self.account(), *self.account(), ""]))
        if self.chance(0.4):
            for _ in range(len(self.accounts) // 2):
                self.contract()
        if self.chance(0.4):
            for _ in range(len(self.accounts)):
                self.order()

    def subscription_story(self, account: str) -> None:
        """Begins, changes its price, ends, returns after a gap, or stays a trial."""
        rng, begins = self.rng, self.day()
        if self.chance(0.3):
            begins = begins.replace(day=1)
        for _ in range(rng.choice([1, 1, 2, 3])):
            ends = begins + timedelta(days=rng.choice([0, 29, 90, 200, 364]))
            if self.chance(0.2):
                ends = add_months(begins.replace(day=1), rng.choice([1, 3])) - timedelta(days=1)
                ends = max(ends, begins)
            self.flat["subscriptions"].append(
                {
                    "subscription_id": self.next_number("S"),
                    "account_id": account or "Nobody Ltd",
                    "start_date": begins.isoformat(),
                    "mrr": rng.choice(["0", "100", "250.5", str(rng.randint(20, 900))]),
                    "end_date": "" if self.chance(0.3) else ends.isoformat(),
                }
            )
            begins = ends + timedelta(days=rng.choice([1, 1, 2, 45, 400]))

    def contract(self) -> None:
        rng, begins = self.rng, self.day(None, self.last_day + timedelta(days=40))
        term = rng.choice(["", "1", "12", "24"])
        end = begins + timedelta(days=rng.choice([89, 364]))
        end_date = end if self.chance(0.4) else None
        if not self.has_sf:
            deals = self.flat["opportunities"]
            self.flat["contracts"].append(
                {
                    "contract_id": self.next_number("K"),
                    "account_id": rng.choice([*self.account(), "Nobody Ltd"]),
                    "start_date": begins.isoformat(),
                    "opportunity_id": rng.choice(deals)["opportunity_id"] if deals else "",
                    "end_date": end_date.isoformat() if end_date else "",
                    "term_months": term,
                    "total_value": rng.choice(["", "1200", "9999.99"]),
                    "status": rng.choice(["", "Active", "Draft", "In Approval", "Cancelled"]),
                }
            )
            return
        contract_id = self.ids.new("800")
        activated = self.chance(0.8)
        self.add(
            "Contract",
            {
                "Id": contract_id,
                "AccountId": EMPTY_ID if self.chance(0.05) else self.account()[0],
                "StartDate": sf_date(None if self.chance(0.05) else begins),
                "EndDate": sf_date(end_date),
                "ContractTerm": term,
                "Status": "Activated" if activated else "Draft",
                "StatusCode": "Activated" if activated else "Draft",
                "IsDeleted": sf_flag(self.chance(0.04)),
                "_vanished": self.chance(0.05),
            },
            self.at(min(begins, self.last_day), 0),
        )
        deals = self.sf["Opportunity"]
        for deal in rng.sample(deals, min(len(deals), rng.choice([0, 1, 1, 2]))):
            deal["ContractId"] = contract_id

    def order(self) -> None:
        rng, moment = self.rng, self.instant()
        effective = self.business_day(moment) + timedelta(days=rng.choice([-3, 0, 5]))
        if not self.has_sf:
            self.flat["purchases"].append(
                {
                    "purchase_id": self.next_number("O"),
                    "account_id": rng.choice([*self.account(), "Nobody Ltd"]),
                    "purchased_at": self.flat_instant(moment),
                    "amount": self.number_text(float(rng.randint(0, 900))),
                    "rep": self.rep_name(rng.choice(self.people)),
                }
            )
            return
        activated = self.chance(0.85)
        self.add(
            "Order",
            {
                "Id": self.ids.new("801"),
                "OwnerId": self.sf_owner(self.owner()),
                "AccountId": self.account()[0],
                "OpportunityId": EMPTY_ID,
                "EffectiveDate": sf_date(effective),
                "Status": "Activated" if activated else "Draft",
                "ActivatedDate": sf_instant(moment) if activated and self.chance(0.7) else "",
                "StatusCode": "Activated" if activated else "Draft",
                "TotalAmount": self.number_text(float(rng.randint(0, 900))),
                "IsDeleted": sf_flag(self.chance(0.04)),
                "_vanished": self.chance(0.05),
            },
            moment,
        )

    # -- plans, money out, opinions ---------------------------------------------
    def periods(self, kind: str) -> list[date]:
        """First days of the fiscal periods around the company's life."""
        step = {"month": 1, "quarter": 3, "year": 12}[kind]
        first = self.first_day.replace(day=1)
        first = add_months(first, -((first.month - self.fiscal_month) % step))
        found = [first]
        while found[-1] <= self.last_day:
            found.append(add_months(found[-1], step))
        return found

    def make_plans(self) -> None:
        rng = self.rng
        if self.chance(0.8):
            for person in self.people:
                kind = rng.choice(["month", "month", "quarter", "year", "none"])
                if kind == "none":
                    continue
                for begins in self.periods(kind):
                    if self.chance(0.9):
                        amount = rng.choice(["0", str(rng.randint(1, 90) * 1000), "12345.67"])
                        self.add_quota("rep", self.rep_name(person), kind, begins, amount)
            if self.chance(0.5) and (self.has_flat_reps or self.has_sf):
                self.add_quota(
                    "team",
                    rng.choice(TEAMS),
                    "quarter",
                    rng.choice(self.periods("quarter")),
                    "70000",
                )
            if self.chance(0.5) and (self.has_flat_reps or self.has_sf):
                team = rng.choice(TEAMS)
                for begins in self.periods("month"):
                    if self.chance(0.85):
                        self.add_quota("team", team, "month", begins, str(rng.randint(1, 9) * 5000))
            if self.chance(0.3) and (self.has_flat_reps or self.has_sf):
                self.add_quota(
                    "region", rng.choice(REGIONS), "year", self.periods("year")[0], "500000"
                )
            if self.chance(0.4):
                for begins in self.periods("year"):
                    self.add_quota("company", "company", "year", begins, "1000000")
            if self.has_flat_reps:
                self.add_quota("rep", "Nobody At All", "month", self.periods("month")[0], "5000")
        if self.chance(0.6):
            for kind in ("month", "quarter"):
                for begins in self.periods(kind):
                    if self.chance(0.7):
                        self.add_target("sales", "company", "company", kind, begins, "50000")
                        self.add_target("win_rate", "company", "company", kind, begins, "0.5")
            for begins in self.periods("month"):
                self.add_target(
                    "calls_and_emails", "rep", self.rep_name(self.people[0]), "month", begins, "5"
                )
            product = rng.choice(self.products)
            self.add_target(
                "sales", "product", rng.choice(product), "year", self.periods("year")[0], "9000"
            )
        if self.chance(0.5):
            for person in self.people:
                kind = rng.choice(["month", "quarter"])
                for begins in self.periods(kind):
                    # Two submitted on one day have no order.
                    for offset in rng.sample(range(-40, 41), rng.choice([0, 1, 2])):
                        self.flat["forecasts"].append(
                            {
                                "rep": self.rep_name(person),
                                "period_type": kind,
                                "period_start": begins.isoformat(),
                                "submitted_on": (begins + timedelta(days=offset)).isoformat(),
                                "amount": str(rng.randint(0, 60) * 1000),
                            }
                        )
        if self.chance(0.5):
            for _ in range(self.deal_count * 2):
                self.flat["time_log"].append(
                    {
                        "rep": self.rep_name(rng.choice(self.people)),
                        "date": self.day().isoformat(),
                        "activity": rng.choice(
                            ["prospecting", "outreach", "demos", "meetings", "admin"]
                        ),
                        "hours": rng.choice(["1", "2.5", "0.25"]),
                    }
                )

    def add_quota(
        self, scope_type: str, scope_id: str, kind: str, begins: date, amount: str
    ) -> None:
        self.flat["quotas"].append(
            {
                "scope_type": scope_type,
                "scope_id": scope_id,
                "period_type": kind,
                "period_start": begins.isoformat(),
                "amount": amount,
            }
        )

    def add_target(
        self, kpi: str, scope_type: str, scope_id: str, kind: str, begins: date, target: str
    ) -> None:
        self.flat["targets"].append(
            {
                "kpi": kpi,
                "scope_type": scope_type,
                "scope_id": scope_id,
                "period_type": kind,
                "period_start": begins.isoformat(),
                "target": target,
            }
        )

    def make_costs(self) -> None:
        if not self.chance(0.75):
            return
        rng = self.rng
        months = [add_months(self.first_day.replace(day=1), n) for n in range(-1, 40)]
        for month in months:
            if month > add_months(self.last_day, 3):
                break
            for category in ("sales", "marketing", "Sales", "rent"):
                if self.chance(0.6) and not (category == "Sales" and self.chance(0.7)):
                    self.flat["costs"].append(
                        {
                            "month": rng.choice([month.isoformat(), month.isoformat()[:7]]),
                            "category": category,
                            "amount": self.number_text(round(rng.uniform(0, 9000), 2)),
                            "item": "extra" if category == "Sales" else rng.choice(["", "staff"]),
                        }
                    )

    def make_surveys(self) -> None:
        if not self.chance(0.5):
            return
        rng = self.rng
        for _ in range(self.deal_count):
            scale = rng.choice(["", "5", "10"])
            self.flat["surveys"].append(
                {
                    "response_id": self.next_number("V"),
                    "responded_at": self.flat_instant(self.instant()),
                    "score": str(rng.randint(1, 10 if scale == "10" else 5)),
                    "account_id": rng.choice([*self.account(), ""]),
                    "scale_max": scale,
                }
            )

    # -- deliveries ---------------------------------------------
    def write(self, out: Path) -> None:
        landing = out / "landing"
        if self.has_sf:
            self.write_salesforce(landing)
        self.write_flat(landing / "flat")
        (out / "config.yml").write_text(
            yaml.safe_dump(self.config, sort_keys=False, allow_unicode=True), encoding="utf-8"
        )

    def write_salesforce(self, landing: Path) -> None:
        absent = {
            name
            for name, odds in {
                "OpportunityHistory": 0.1,
                "OpportunityFieldHistory": 0.15,
                "LeadHistory": 0.15,
                "Lead": 0.05,
                "Task": 0.05,
                "Event": 0.15,
                "CampaignMember": 0.2,
                "OpportunityLineItem": 0.15,
                "Quote": 0.3,
                "UserRole": 0.1,
            }.items()
            if self.chance(odds)
        }
        for name in ("Contract", "Order", "Campaign", "Lead", "Quote"):
            if not self.sf[name] and self.chance(0.8):
                absent.add(name)
        for name in ("CurrencyType", "DatedConversionRate"):
            if not self.sf[name]:
                absent.add(name)
        objects = {
            name: columns.split() for name, columns in SF_COLUMNS.items() if name not in absent
        }
        if "currencies" in self.traits:
            for name in WITH_CURRENCY:
                if name in objects:
                    objects[name].append("CurrencyIsoCode")
        organisation = self.ids.new("00D")
        deliveries = [self.last_day]
        if self.chance(0.5) or self.traits & {"two", "mixed", "many"}:
            deliveries.insert(0, self.last_day - timedelta(days=7))
        names, zip_names = [], []
        for day in deliveries:
            names.append(f"{day.isoformat()}{self.rng.choice(SUFFIXES)}")
            zip_names.append(f"WE_{organisation}" if self.chance(0.35) else None)
        orgs = {"salesforce": self.sf}
        if "two orgs" in self.traits:
            first, second = split_orgs(self.sf, self.trait_rng)
            orgs = {"salesforce": first, "salesforce-emea": second}
        for source, sf in orgs.items():
            for n, (day, name) in enumerate(zip(deliveries, names, strict=True)):
                newest = n == len(deliveries) - 1
                cut = None if newest else self.at(day, 0)
                files = self.files(objects, sf, cut)
                folder = landing / source
                if newest and "mixed" in self.traits:
                    earlier = self.files(objects, sf, self.at(deliveries[0], 0))
                    changes = changed_rows(files, earlier, self.trait_rng)
                    write_rest_extracts(folder / "changes" / name, changes, self.trait_rng)
                elif "rest" in self.traits:
                    write_rest_extracts(folder / "full" / name, files, self.trait_rng)
                else:
                    write_weekly_export(
                        folder / "full" / name,
                        files,
                        zip_names[n],
                        encoding="latin-1" if "latin-1" in self.traits else "utf-8",
                        splits_objects="split" in self.traits,
                    )
                if "many" in self.traits:
                    # The first after three days; the last has the name of the full delivery.
                    day += timedelta(days=0 if newest else 3)
                    noise = noisy_rows(self.files(objects, sf, self.end), files, self.trait_rng)
                    folder /= f"changes/{name if newest else day.isoformat()}"
                    write_rest_extracts(folder, noise, self.trait_rng)

    def files(self, objects: dict[str, list[str]], sf: Rows, cut: datetime | None) -> Files:
        """Columns and rows of each object, as the newest delivery has them, or one at `cut`."""
        files = {}
        for name, columns in objects.items():
            rows = []
            for row in sf[name]:
                since = row.get("_since")
                if cut is not None and since is not None and since >= cut:
                    continue
                if cut is None and row.get("_vanished"):
                    # A history row that was never delivered is in no file at all.
                    continue
                rows.append(row | row.get("_before", {}) if cut is not None else row)
            files[name] = (columns, rows)
        return files

    def write_flat(self, folder: Path) -> None:
        day = self.last_day - timedelta(days=self.rng.choice([0, 0, 3]))
        if self.kind == "flat":
            day = self.last_day
        for name, columns in FLAT_COLUMNS.items():
            rows = self.flat[name]
            if "currencies" in self.traits and name in FLAT_WITH_CURRENCY:
                columns = f"{columns.replace(' currency', '')} currency"
            header_only = (
                not rows
                and self.chance(0.1)
                and name in ("quotes", "surveys", "forecasts", "costs")
            )
            if not rows and not header_only:
                continue
            keys = {
                "subscriptions": "subscription_id",
                "quotas": None,
                "opportunities": "opportunity_id",
            }
            target = folder / "full" / day.isoformat() / f"{name}.csv"
            key = keys.get(name)
            if key and len(rows) > 4 and self.chance(0.4):
                # The last rows come as changes: one new, one corrected.
                write_flat(
                    target,
                    columns.split(),
                    [*rows[:-2], rows[-2] | {"mrr": "1", "amount": "1"}],
                )
                changes = folder / "changes" / day.isoformat() / f"{name}.csv"
                write_flat(changes, columns.split(), rows[-2:])
            else:
                write_flat(target, columns.split(), rows)


def changed_rows(files: Files, earlier: Files, rng: random.Random) -> Files:
    """What a query for changes gives: new and changed rows, deleted ones by their flag, and
    some that have not changed."""
    changes = {}
    for name, (columns, rows) in files.items():
        before = {row["Id"]: row for row in earlier[name][1]}
        present = {row["Id"] for row in rows}

        def told(row: dict, columns: list[str] = columns) -> list[str]:
            return [row.get(column, "") for column in columns]

        found = [
            row
            for row in rows
            if row["Id"] not in before or told(row) != told(before[row["Id"]]) or rng.random() < 0.1
        ]
        gone = [row for key, row in before.items() if key not in present]
        if name not in SF_HISTORY:
            assert not gone or "IsDeleted" in columns, f"{name} cannot tell what was deleted"
            found += [row | {"IsDeleted": "1"} for row in gone]
        rng.shuffle(found)
        changes[name] = (columns, found)
    return changes


def noisy_rows(earlier: Files, files: Files, rng: random.Random) -> Files:
    """Some rows as they were, as they are, deleted, and come back; of several versions the one
    that was changed last counts."""
    noise = {}
    for name, (columns, rows) in files.items():
        found = []
        for row in [*earlier[name][1], *rows]:
            if rng.random() > 0.15:
                continue
            versions = [row]
            if "SystemModstamp" in columns and rng.random() < 0.5:
                stamp = row.get("SystemModstamp") or row.get("CreatedDate") or ""
                later = f"{int(stamp[:4]) + 1}{stamp[4:]}" if stamp else ""
                versions.append(row | {"SystemModstamp": later.replace("-02-29", "-02-28")})
            if row.get("IsConverted") == "0":
                # Else a date without the flag, which the APIs leave empty where it is false.
                versions = [version | {"ConvertedDate": ""} for version in versions]
            if "IsDeleted" in columns and name not in SF_HISTORY:
                versions[-1] = versions[-1] | {"IsDeleted": rng.choice("00001")}
            if name == "Opportunity":
                versions[-1] = versions[-1] | {"Amount": "4321", "LeadSource": "Partner"}
            found += versions
        rng.shuffle(found)
        noise[name] = (columns, found)
    return noise


def write_company(
    out_dir: Path | str, seed: int, size: str = "small", traits: Collection[str] = ()
) -> None:
    """Write `<out_dir>/landing/...` and `<out_dir>/config.yml` of the company of that seed.

    `size` is one of SIZES: some dozens of deals, or about a thousand. `traits`, some of TRAITS,
    say what it has besides and how it is delivered. An earlier company in the folder is
    replaced. The same arguments give the same bytes.
    """
    if unknown := set(traits) - set(TRAITS):
        raise ValueError(f"unknown traits {sorted(unknown)}; there are {TRAITS}")
    out = Path(out_dir)
    shutil.rmtree(out / "landing", ignore_errors=True)
    out.mkdir(parents=True, exist_ok=True)
    company = Company(seed, size, traits)
    company.build()
    company.write(out)
