"""The company behind the extracts, as kpis.md describes it: who sold what to whom, and when.

Written record by record. `None` for a rep, account, product, ... is what the metrics call `(none)`.
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import ClassVar
from zoneinfo import ZoneInfo

import yaml

from tests.oracle.extracts import (
    Extracts,
    Record,
    day_before,
    sf_id,
    start_of_day,
    to_date,
    to_flag,
    to_instant,
    to_month,
    to_number,
)
from tests.oracle.rates import Rates

NONE = "(none)"
OPEN, WON, LOST = "open", "won", "lost"
DEFAULT_STAGES = {"Won": WON, "Closed Won": WON, "Lost": LOST, "Closed Lost": LOST}
NOT_ISSUED = {"draft", "needs review", "in review", "approved", "rejected"}
ACTIVITY_TYPES = {"call", "email", "meeting", "demo", "onboarding", "task", "social", "note"}


def add_months(day: date, months: int) -> date:
    index = day.year * 12 + day.month - 1 + months
    year, month = index // 12, index % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


@dataclass(frozen=True)
class Period:
    kind: str
    start: date
    end: date

    def __contains__(self, day: date | None) -> bool:
        return day is not None and self.start <= day <= self.end


# What counts as selling where the configuration does not say it of a role.
SELLING = {
    "default": [
        "prospecting",
        "outreach",
        "calls",
        "follow_up",
        "demos",
        "meetings",
        "negotiation",
    ],
    "SDR": ["prospecting", "outreach"],
    "AE": ["follow_up", "demos", "meetings", "negotiation"],
}
for role in ("Account Executive", "Account Manager"):
    SELLING[role] = SELLING["AE"]
SELLING["Sales Development Representative"] = SELLING["SDR"]


class Fiscal:
    """Periods of calendar months in a year that begins in `first_month`."""

    step: ClassVar = {"month": 1, "quarter": 3, "year": 12}

    def __init__(self, first_month: int) -> None:
        self.first_month = first_month

    def period(self, kind: str, day: date) -> Period:
        start = day.replace(day=1)
        start = add_months(start, -((start.month - self.first_month) % self.step[kind]))
        return Period(kind, start, day_before(add_months(start, self.step[kind])))

    def before(self, period: Period) -> Period:
        return self.period(period.kind, day_before(period.start))

    def year_earlier(self, period: Period) -> Period:
        return self.period(period.kind, add_months(period.start, -12))

    def periods(self, kind: str, first: date, last: date) -> list[Period]:
        found = [self.period(kind, first)]
        while found[-1].end < last:
            found.append(self.period(kind, found[-1].end + timedelta(days=1)))
        return found


class Config:
    """The parts of the configuration file that the definitions need, with their defaults."""

    def __init__(self, path: Path | None) -> None:
        given = (yaml.safe_load(path.read_text(encoding="utf-8")) if path else None) or {}
        settings = given.get("settings") or {}
        self.zone = ZoneInfo(settings.get("business_timezone", "UTC"))
        self.fiscal = Fiscal(int(settings.get("fiscal_year_start_month", 1)))
        self.as_of = settings.get("as_of_date")
        if isinstance(self.as_of, str):
            self.as_of = date.fromisoformat(self.as_of)
        self.reporting_currency = settings.get("reporting_currency", "USD")
        self.active_months = int(settings.get("customer_active_months", 12))
        self.sla_hours = float(settings.get("lead_response_sla_hours", 24))
        self.add_campaign_costs = bool(settings.get("add_campaign_costs", False))
        earliest = settings.get("earliest_date", date(1990, 1, 1))
        self.earliest = date.fromisoformat(earliest) if isinstance(earliest, str) else earliest
        self.stages = dict(DEFAULT_STAGES)
        self.stage_orders: dict[str, float] = {}
        self.stage_probabilities: dict[str, float] = {}
        for stage, says in (given.get("stages") or {}).items():
            if says.get("won"):
                self.stages[stage] = WON
            elif says.get("lost"):
                self.stages[stage] = LOST
            if says.get("order") is not None:
                self.stage_orders[stage] = float(says["order"])
            if says.get("probability") is not None:
                self.stage_probabilities[stage] = float(says["probability"])
        statuses = given.get("lead_statuses") or {}
        self.qualified_statuses = {k for k, v in statuses.items() if v.get("qualified")}
        self.closed_statuses = {k for k, v in statuses.items() if v.get("closed")}
        self.referral_sources = {
            k for k, v in (given.get("lead_sources") or {}).items() if v.get("customer_referral")
        }
        self.regions = given.get("regions") or {}
        self.quote_statuses = {
            k: bool(v["issued"])
            for k, v in (given.get("quote_statuses") or {}).items()
            if "issued" in v
        }
        self.activity_types = given.get("activity_types") or {}
        self.selling = {
            role: {name.lower() for name in names}
            for role, names in {**SELLING, **(given.get("selling_activities") or {})}.items()
        }
        self.exclusions = given.get("exclusions") or []

    def excludes(self, entity: str, record: Record) -> bool:
        return any(
            rule["object"] == entity and record[rule["column"].lower()] == str(rule["equals"])
            for rule in self.exclusions
        )


# -- people ---------------------------------------------
@dataclass(eq=False)
class Person:
    """A rep, or a user of the CRM who becomes one by owning a deal, a lead or a quota."""

    scope_id: str
    name: str
    is_rep: bool
    # (valid from or None, team, region, role), oldest first.
    assignments: list[tuple[date | None, str | None, str | None, str | None]]
    hire_date: date | None = None
    leave_date: date | None = None
    first_seen: date | None = None

    def assignment(self, day: date) -> tuple[str | None, str | None, str | None]:
        """Team, region and role valid on the day; nothing before the first assignment."""
        valid = (None, None, None)
        for since, *rest in self.assignments:
            if since is None or since <= day:
                valid = tuple(rest)
        return valid

    @property
    def hired(self) -> date | None:
        """The hire date; else the first day on which a deal, lead or activity has the rep as
        owner."""
        return self.hire_date or self.first_seen

    def is_employed(self, day: date) -> bool:
        return (
            self.hired is not None
            and self.hired <= day
            and (self.leave_date is None or day <= self.leave_date)
        )

    def days_of_change(self, period: Period) -> list[date]:
        """The days of a period on which anything about the rep can differ from the day before."""
        days = {period.start, self.hired, *(since for since, *_ in self.assignments)}
        return [day for day in days if day in period]

    def seen(self, day: date | None) -> None:
        if day is not None and (self.first_seen is None or day < self.first_seen):
            self.first_seen = day


# -- records ---------------------------------------------
@dataclass(eq=False)
class Account:
    scope_id: str
    name: str
    region: str | None
    segment: str | None
    is_excluded: bool = False
    is_deleted: bool = False
    owner: Person | None = None


@dataclass(eq=False)
class Product:
    scope_id: str
    name: str
    family: str | None
    list_price: float | None
    unit_cost: float | None


@dataclass(eq=False)
class Campaign:
    scope_id: str
    name: str
    start: date | None
    end: date | None
    # In its own currency.
    cost: float | None
    currency: str | None
    lead_source: str | None

    def cost_in(self, period: Period) -> float | None:
        """Definition: "Campaigns with a cost and both dates, spread over their days"; none
        outside of them."""
        if self.cost is None or self.start is None or self.end is None or self.end < self.start:
            return None
        days = (min(self.end, period.end) - max(self.start, period.start)).days + 1
        return self.cost * days / ((self.end - self.start).days + 1) if days > 0 else None


@dataclass
class Line:
    product: Product | None
    amount: float | None
    quantity: float = 1.0
    list_price: float | None = None
    unit_cost: float | None = None
    total_cost: float | None = None
    currency: str | None = None
    has_own_list_price: bool = False


@dataclass
class State:
    """A deal at the end of a day. `kind` is open, won or lost."""

    kind: str
    stage: str
    amount: float | None
    probability: float | None
    expected: date | None


@dataclass
class Owners:
    """Who owned a record: first the one since its creation, then with the instant of each
    change."""

    changes: list[tuple[datetime | None, Person | None]]

    @property
    def first(self) -> Person | None:
        return self.changes[0][1]

    def at(self, moment: datetime) -> Person | None:
        """The owner at an instant; a change at that very instant has happened."""
        owner = self.first
        for since, who in self.changes[1:]:
            if since <= moment:
                owner = who
        return owner

    def on(self, day: date, zone: ZoneInfo) -> Person | None:
        """The owner at the end of a business day."""
        owner = self.first
        for since, who in self.changes[1:]:
            if since.astimezone(zone).date() <= day:
                owner = who
        return owner


@dataclass(eq=False)
class Deal:
    source: str
    id: str
    name: str | None
    stage: str
    outcome: str
    amount_cell: float | None
    amount: float | None
    probability: float | None
    close_date_cell: date | None
    created_at: datetime | None
    owners: Owners
    account: Account | None
    lead_source: str | None
    campaign: Campaign | None
    lines: list[Line]
    term_months: int | None
    contract: str | None
    has_history_source: bool
    # (instant, open/won/lost or None if unknown, stage, amount, probability, expected close date)
    history: list[tuple[datetime, State]]
    has_stage_history: bool
    zone: ZoneInfo
    as_of: date
    currency: str | None
    # In its own currency, as are the amounts of its states; `amount` of a closed deal is in the
    # reporting currency.
    original: float | None = None
    close_date: date | None = None
    closed_at: datetime | None = None
    was_never_open: bool = False

    @property
    def created_date(self) -> date | None:
        return self.created_at.astimezone(self.zone).date() if self.created_at else None

    def settle(self) -> None:
        """The close date of a closed deal: the table of kpis.md, row by row."""
        if self.outcome == OPEN:
            return
        fallback = min(self.close_date_cell, self.as_of) if self.close_date_cell else None
        if not self.has_stage_history:
            self.close_date = fallback
            return
        kinds = [state.kind for _, state in self.history]
        if kinds[-1] != self.outcome:
            self.close_date = fallback
            return
        begin = len(kinds) - 1
        while begin > 0 and kinds[begin - 1] == self.outcome:
            begin -= 1
        if begin == 0:
            # Entered after the fact: CloseDate; it was never in the pipeline.
            self.close_date, self.was_never_open = self.close_date_cell, True
            return
        self.closed_at = self.history[begin][0]
        self.close_date = self.closed_at.astimezone(self.zone).date()

    def day_of(self, moment: datetime) -> date:
        return moment.astimezone(self.zone).date()

    def state_without_history(self) -> State:
        """Open with the present values; a closed deal in the stage (none), without a
        probability."""
        if self.outcome == OPEN:
            return State(OPEN, self.stage, self.original, self.probability, self.close_date_cell)
        return State(OPEN, NONE, self.original, None, self.close_date_cell)

    @property
    def first_amount(self) -> float | None:
        """The first amount ever recorded, as history has it; without any history the present one.

        Where the history never has an amount it is the record's own, never the sum of its lines.
        """
        if not self.history:
            return self.original
        known = [state.amount for _, state in self.history if state.amount is not None]
        return known[0] if known else self.amount_cell

    def state_on(self, day: date) -> State | None:
        """The state at the end of a day; None where the deal did not exist or is not known."""
        present = self.state_without_history()
        if self.outcome != OPEN:
            if self.close_date is None:
                return None
            if self.close_date <= day:
                return State(self.outcome, self.stage, self.original, None, None)
            if self.was_never_open:
                return None
        if self.created_at is None:
            # Open on the as-of date only.
            if self.outcome != OPEN or day != self.as_of:
                return None
            return present
        if self.created_date > day:
            return None
        if not self.history:
            return present
        state = self.history[0][1]
        for moment, later in self.history:
            if moment.astimezone(self.zone).date() <= day:
                state = later
        ends_closed = self.history[-1][1].kind != OPEN
        if self.outcome == OPEN and ends_closed and state.kind != OPEN and day >= self.as_of:
            # The history ends closed, the record is open: it is open now.
            return present
        return state

    def is_open_at(self, moment: datetime) -> bool:
        """Whether the deal was open at an instant; a change at that very instant has happened."""
        if self.created_at is None or moment < self.created_at or self.was_never_open:
            return False
        if self.outcome != OPEN:
            if self.close_date is None or self.close_date < self.created_date:
                return False
            if self.closed_at is not None and moment >= self.closed_at:
                return False
            if self.closed_at is None and self.day_of(moment) > self.close_date:
                return False
        if not self.history:
            return True
        kind = self.history[0][1].kind
        for since, state in self.history:
            if since <= moment:
                kind = state.kind
        return kind == OPEN

    def owner_on(self, day: date) -> Person | None:
        return self.owners.on(day, self.zone)

    def state_at_start(self, period: Period) -> State | None:
        """The state at the start of the first day; a deal without creation date has none."""
        return None if self.created_at is None else self.state_on(day_before(period.start))

    def owner_at_start(self, period: Period) -> Person | None:
        return self.owner_on(day_before(period.start))

    @property
    def closer(self) -> Person | None:
        """Whoever owned it when it closed: at that instant if history tells it, else on that
        day."""
        if self.closed_at is not None:
            return self.owners.at(self.closed_at)
        return self.owner_on(self.close_date)

    @property
    def cycle_days(self) -> int | None:
        """Close date minus creation date; none for a deal closed before its creation."""
        if (
            self.created_at is None
            or self.close_date is None
            or self.close_date < self.created_date
        ):
            return None
        return (self.close_date - self.created_date).days


@dataclass(eq=False)
class Lead:
    source: str
    id: str
    status: str | None
    lead_source: str | None
    created_at: datetime
    created_date: date
    zone: ZoneInfo
    owners: Owners
    campaign: Campaign | None
    is_converted: bool
    converted_date: date | None
    converted_at: datetime | None
    contact: str | None
    deal: Deal | None
    names_referrer: bool
    qualified_cell: datetime | None
    statuses: list[tuple[datetime, str | None, str | None]]
    has_history_source: bool

    @property
    def conversion_date(self) -> date | None:
        """Definition: "A flag without its date counts", dated by the creation."""
        return (self.converted_date or self.created_date) if self.is_converted else None

    @property
    def converter(self) -> Person | None:
        """The owner at the conversion; where only its day is known, at the end of that day."""
        if self.converted_at is not None:
            return self.owners.at(self.converted_at)
        return self.owners.on(self.conversion_date, self.zone)

    def status_on(self, day: date) -> str | None:
        """The status at the end of a day, from history; else the present one since creation."""
        if not self.statuses:
            return self.status
        # What stood before the first change is its old value; flat history has none and holds its
        # first known status since the creation.
        first = self.statuses[0]
        status = first[1] if self.source != "flat" else first[2]
        for moment, _, later in self.statuses:
            if moment.astimezone(self.zone).date() <= day:
                status = later
        return status

    def qualification(self, qualified: set[str]) -> tuple[date, Person | None] | None:
        """The first day with a qualified status, and the owner then; on conversion at the
        latest."""
        found: list[tuple[date, int, Person | None]] = []
        if self.qualified_cell is not None:
            day = self.qualified_cell.astimezone(self.zone).date()
            found.append((day, 0, self.owners.at(self.qualified_cell)))
        elif self.statuses:
            _, old, new = self.statuses[0]
            if (old if self.source != "flat" else new) in qualified:
                found.append((self.created_date, 0, self.owners.at(self.created_at)))
            for moment, _, status in self.statuses:
                if status in qualified:
                    day = moment.astimezone(self.zone).date()
                    found.append((day, 0, self.owners.at(moment)))
        elif self.has_history_source and self.status in qualified:
            found.append((self.created_date, 0, self.owners.at(self.created_at)))
        if self.is_converted:
            found.append((self.conversion_date, 1, self.converter))
        if not found:
            return None
        day, _, owner = min(found, key=lambda item: item[:2])
        return day, owner

    @property
    def creator(self) -> Person | None:
        """The first rep who owned it; a queue or an integration user is none."""
        return next((who for _, who in self.owners.changes if who is not None), None)


@dataclass(eq=False)
class Activity:
    id: str
    type: str | None
    direction: str
    is_by_person: bool
    is_done: bool
    moment: datetime | None
    day: date | None
    due_date: date | None
    owner: Person | None
    who: str | None
    lead: str | None
    deal: str | None
    has_prospect: bool
    created_date: date | None

    @property
    def is_outbound_contact(self) -> bool:
        """A call, email or meeting that is outbound, done and by a person."""
        return (
            self.type in ("call", "email", "meeting")
            and self.direction == "outbound"
            and self.is_done
            and self.is_by_person
        )


@dataclass(eq=False)
class Contract:
    id: str
    account: Account | None
    start: date
    end: date
    term: float
    value: float | None
    deals: list[Deal] = field(default_factory=list)
    # In its own currency; the value is in the reporting one.
    original: float | None = None
    currency: str | None = None


@dataclass(eq=False)
class Subscription:
    account: Account | None
    start: date
    end: date | None
    # In its own currency.
    mrr: float
    currency: str | None

    def is_active(self, day: date) -> bool:
        return self.start <= day and (self.end is None or day <= self.end)


@dataclass(eq=False)
class Purchase:
    account: Account | None
    day: date
    amount: float | None


@dataclass(eq=False)
class Quote:
    day: date
    deal: Deal | None
    owner: Person | None


@dataclass(eq=False)
class Forecast:
    rep: Person
    kind: str
    start: date
    submitted: date
    amount: float


def is_same_person(earlier: Record, user: Record) -> bool:
    """Users of two sources with one email; two of one source are two people."""
    emails = (earlier["email"] or "").lower(), (user["email"] or "").lower()
    return earlier.source != user.source and emails[0] == emails[1] != ""


class Company:
    def __init__(self, landing: Path, config_path: Path | None) -> None:
        self.config = Config(config_path)
        self.zone, self.fiscal = self.config.zone, self.config.fiscal
        self.extracts = Extracts(landing, self.zone, self.config.earliest)
        self.as_of: date = self.config.as_of or self.extracts.newest_day()
        self.rates = Rates(self.extracts, self.config.reporting_currency, self.config.earliest)
        self.worth = self.rates.worth
        self.merged = {name: self.merges(name) for name in ("Account", "Lead", "Contact")}
        self.load_people()
        self.load_accounts()
        self.load_products()
        self.load_campaigns()
        self.load_deals()
        self.load_leads()
        self.load_activities()
        self.load_customers()
        self.load_quotas()
        self.load_quotes()
        self.load_plans()
        self.load_first_days()
        self.reps = [person for person in self.people if person.is_rep]
        self.find_periods()

    # -- cells ---------------------------------------------
    def day_of(self, moment: datetime | None) -> date | None:
        return moment.astimezone(self.zone).date() if moment else None

    def instant(self, text: str | None) -> datetime | None:
        return to_instant(text, self.zone, self.config.earliest)

    def date(self, text: str | None) -> date | None:
        return to_date(text, self.config.earliest)

    def kept(self, entity: str, records: list[Record]) -> list[Record]:
        """Without deleted, merged-away and excluded records, which are out of every metric."""
        return [
            r
            for r in records
            if not r.is_deleted
            and not sf_id(r["masterrecordid"])
            and not self.config.excludes(entity, r)
        ]

    def merges(self, name: str) -> dict[str, str]:
        """Merged-away records of a Salesforce object, each with what it was merged into."""
        return {
            f"{r.source}:{sf_id(r['id'])}": f"{r.source}:{sf_id(r['masterrecordid'])}"
            for r in self.extracts.salesforce(name)
            if sf_id(r["masterrecordid"])
        }

    def survivor(self, name: str, key: str) -> str:
        """The record at the end of a chain of merges."""
        while key in self.merged[name]:
            key = self.merged[name][key]
        return key

    # -- people ---------------------------------------------
    def load_people(self) -> None:
        self.people: list[Person] = []
        self.by_id: dict[str, Person] = {}
        self.by_email: dict[str, Person] = {}
        self.by_name: dict[str, Person] = {}
        self.users: dict[tuple[str, str], Person | None] = {}
        self.not_persons: set[tuple[str, str]] = set()
        roles = {
            (r.source, sf_id(r["id"])): r["name"] for r in self.extracts.salesforce("UserRole")
        }
        crm: list[tuple[Record, Person]] = []
        for user in sorted(self.extracts.salesforce("User"), key=lambda r: r.source):
            if user.is_deleted:
                continue
            key = (user.source, sf_id(user["id"]))
            name = " ".join(filter(None, [user["firstname"], user["lastname"]])) or user["username"]
            if user["usertype"] not in (None, "Standard"):
                self.not_persons.add(key)
                continue
            # One person in several sources: the first by name of source.
            earlier = [p for u, p in crm if is_same_person(u, user)]
            if earlier:
                self.users[key] = earlier[0]
                crm.append((user, earlier[0]))
                continue
            role = roles.get((user.source, sf_id(user["userroleid"])))
            person = Person(
                f"{user.source}:{key[1]}",
                name,
                False,
                [(None, role, user["division"], user["title"])],
            )
            self.users[key] = person
            crm.append((user, person))
        ids = {key[1]: person for key, person in reversed(self.users.items())}
        emails = {u["email"].lower(): p for u, p in reversed(crm) if u["email"]}
        names = {p.name: p for _, p in reversed(crm)}
        self.has_reps_extract = self.extracts.is_delivered("reps")
        assignments: dict[str, list[Record]] = {}
        for row in self.extracts.flat("reps"):
            if not row.is_deleted:
                assignments.setdefault(row["rep_id"], []).append(row)
        for rep_id, rows in assignments.items():
            rows.sort(key=lambda row: self.date(row["valid_from"]) or date.min)
            latest = rows[-1]
            email = (latest["email"] or "").lower()
            # By id, email or full name, in that order.
            person = ids.get(sf_id(rep_id)) or emails.get(email) or names.get(latest["name"])
            if person is None:
                person = Person(f"flat:{rep_id}", latest["name"], True, [])
            person.is_rep, person.name = True, latest["name"]
            person.assignments = [
                (self.date(row["valid_from"]), row["team"], row["region"], row["role"])
                for row in rows
            ]
            # Hire and leave dates are taken from the latest row.
            person.hire_date = self.date(latest["hire_date"])
            person.leave_date = self.date(latest["leave_date"])
            self.people.append(person)
            self.by_id.setdefault(rep_id, person)
            for row in rows:
                if row["email"]:
                    self.by_email.setdefault(row["email"].lower(), person)
                self.by_name.setdefault(row["name"], person)
        for user, person in crm:
            if person not in self.people:
                self.people.append(person)
            self.by_id.setdefault(sf_id(user["id"]), person)
            if user["email"]:
                self.by_email.setdefault(user["email"].lower(), person)
            name = " ".join(filter(None, [user["firstname"], user["lastname"]])) or user["username"]
            self.by_name.setdefault(name, person)

    def flat_rep(self, text: str | None) -> Person | None:
        """A rep named in a flat file: by id, email or full name, in that order, over all sources.

        Where neither reps nor users are delivered the rep is made from the name.
        """
        if text is None:
            return None
        found = (
            self.by_id.get(text)
            or self.by_id.get(sf_id(text))
            or self.by_email.get(text.lower())
            or self.by_name.get(text)
        )
        if found is None and not self.has_reps_extract and not self.users and not self.not_persons:
            found = Person(f"flat:{text}", text, True, [])
            self.people.append(found)
            self.by_id[text] = found
        return found

    def sf_rep(self, source: str, owner_id: str | None) -> Person | None:
        return self.users.get((source, sf_id(owner_id)))

    def sf_owners(self, record: Record, changes: list[Record]) -> Owners:
        """From field history, the rows whose values are ids; without any, the present owner."""
        id_rows = [c for c in changes if re.fullmatch(r"00[5G]\w{12}(\w{3})?", c["newvalue"] or "")]
        id_rows.sort(key=lambda c: (self.instant(c["createddate"]), sf_id(c["id"])))
        if not id_rows:
            return Owners([(None, self.sf_rep(record.source, record["ownerid"]))])
        owners: list = [(None, self.sf_rep(record.source, id_rows[0]["oldvalue"]))]
        for row in id_rows:
            owners.append(
                (self.instant(row["createddate"]), self.sf_rep(record.source, row["newvalue"]))
            )
        return Owners(owners)

    def flat_owners(self, record: Record, changes: list[Record]) -> Owners:
        """From history rows with a rep, the first of them since creation; else the present rep."""
        rows = [
            (self.instant(c["changed_at"]), self.flat_rep(c["rep"])) for c in changes if c["rep"]
        ]
        if not rows:
            return Owners([(None, self.flat_rep(record["rep"]))])
        rows.sort(key=lambda row: row[0])
        return Owners([(None, rows[0][1]), *rows[1:]])

    # -- accounts, products, campaigns ---------------------------------------------
    def load_accounts(self) -> None:
        self.accounts: dict[str, Account] = {}
        for r in self.extracts.salesforce("Account"):
            key = f"{r.source}:{sf_id(r['id'])}"
            country = r["billingcountry"]
            self.accounts[key] = Account(
                key,
                r["name"],
                self.config.regions.get(country, country),
                r["industry"],
                self.config.excludes("accounts", r),
                r.is_deleted,
                self.sf_rep(r.source, r["ownerid"]),
            )
        for r in self.extracts.flat("accounts"):
            key = f"flat:{r['account_id']}"
            country = self.config.regions.get(r["country"], r["country"])
            self.accounts[key] = Account(
                key,
                r["name"],
                r["region"] or country,
                r["segment"],
                self.config.excludes("accounts", r),
                r.is_deleted,
                self.flat_rep(r["rep"]),
            )
        self.accounts_delivered = self.extracts.is_delivered("Account", "accounts")

    def sf_account(self, source: str, text: str | None) -> Account | None:
        account = self.accounts.get(self.survivor("Account", f"{source}:{sf_id(text)}"))
        return None if account is None or account.is_deleted else account

    def find(self, table: dict, text: str | None, merged: str = ""):
        """A flat reference: an id in any source, else an exact name. "A merged-away id means the
        survivor", of the Salesforce object `merged`."""
        if text is None:
            return None
        sources = sorted({key.split(":", 1)[0] for key in table}, key=lambda s: (s != "flat", s))
        for source in sources:
            key = f"{source}:{text if source == 'flat' else sf_id(text)}"
            if merged:
                key = self.survivor(merged, key)
            if key in table:
                return table[key]
        return next((item for item in table.values() if item.name == text), None)

    def flat_account(self, text: str | None) -> Account | None:
        if text is None:
            return None
        if not self.accounts_delivered:
            return self.accounts.setdefault(
                f"flat:{text}", Account(f"flat:{text}", text, None, None)
            )
        living = {k: a for k, a in self.accounts.items() if not a.is_deleted}
        return self.find(living, text, "Account")

    def load_products(self) -> None:
        self.products: dict[str, Product] = {}
        for r in self.kept("products", self.extracts.salesforce("Product2")):
            key = f"{r.source}:{sf_id(r['id'])}"
            self.products[key] = Product(key, r["name"], r["family"], None, None)
        for r in self.kept("products", self.extracts.flat("products")):
            key = f"flat:{r['product_id']}"
            self.products[key] = Product(
                key, r["name"], r["family"], to_number(r["list_price"]), to_number(r["unit_cost"])
            )
        self.products_delivered = self.extracts.is_delivered("Product2", "products")
        self.entries = {
            (r.source, sf_id(r["id"])): sf_id(r["product2id"])
            for r in self.extracts.salesforce("PricebookEntry")
        }

    def flat_product(self, text: str | None) -> Product | None:
        if text is None:
            return None
        if not self.products_delivered:
            return self.products.setdefault(
                f"flat:{text}", Product(f"flat:{text}", text, None, None, None)
            )
        return self.find(self.products, text)

    def load_campaigns(self) -> None:
        self.campaigns: dict[str, Campaign] = {}
        for r in self.kept("campaigns", self.extracts.salesforce("Campaign")):
            key = f"{r.source}:{sf_id(r['id'])}"
            self.campaigns[key] = Campaign(
                key,
                r["name"],
                self.date(r["startdate"]),
                self.date(r["enddate"]),
                to_number(r["actualcost"]),
                r["currencyisocode"],
                None,
            )
        for r in self.kept("campaigns", self.extracts.flat("campaigns")):
            key = f"flat:{r['campaign_id']}"
            self.campaigns[key] = Campaign(
                key,
                r["name"],
                self.date(r["start_date"]),
                self.date(r["end_date"]),
                to_number(r["cost"]),
                r["currency"],
                r["lead_source"],
            )
        self.campaigns_delivered = self.extracts.is_delivered("Campaign", "campaigns")

    def flat_campaign(self, text: str | None) -> Campaign | None:
        if text is None:
            return None
        if not self.campaigns_delivered:
            key = f"flat:{text}"
            return self.campaigns.setdefault(key, Campaign(key, text, None, None, None, None, None))
        return self.find(self.campaigns, text)

    # -- deals ---------------------------------------------
    def load_deals(self) -> None:
        self.deals: list[Deal] = []
        self.deal_keys: dict[str, Deal] = {}
        self.history_sources = self.extracts.delivering("OpportunityHistory", "opportunity_history")
        self.read_lines()
        for r in self.kept("opportunities", self.extracts.salesforce("Opportunity")):
            self.add_deal(self.sf_deal(r))
        flat_rows = self.kept("opportunities", self.extracts.flat("opportunities"))
        for r in flat_rows:
            self.add_deal(self.flat_deal(r))

    def add_deal(self, deal: Deal) -> None:
        if deal.account is not None and deal.account.is_excluded:
            return
        if deal.amount is None and any(line.amount is not None for line in deal.lines):
            deal.amount = sum(line.amount for line in deal.lines if line.amount is not None)
        deal.original = deal.amount
        deal.settle()
        day = deal.close_date or self.as_of
        if deal.outcome != OPEN:
            deal.amount = self.worth(deal.amount, deal.currency, day)
        for line in deal.lines:
            currency = line.currency or deal.currency
            line.amount = self.worth(line.amount, currency, day)
            line.unit_cost = self.worth(line.unit_cost, currency, day)
            line.total_cost = self.worth(line.total_cost, currency, day)
            if line.has_own_list_price:
                line.list_price = self.worth(line.list_price, currency, day)
        self.deals.append(deal)
        self.deal_keys[deal.id] = deal

    def read_lines(self) -> None:
        """Lines by the deal they name: Salesforce by key, flat by the text of the reference."""
        self.lines: dict[str, list[Line]] = {}
        for r in self.kept("opportunity_lines", self.extracts.salesforce("OpportunityLineItem")):
            product_id = sf_id(r["product2id"])
            if product_id is None:
                product_id = self.entries.get((r.source, sf_id(r["pricebookentryid"])))
            product = self.products.get(f"{r.source}:{product_id}")
            discount = to_number(r["discount"])
            self.add_line(
                f"{r.source}:{sf_id(r['opportunityid'])}",
                product,
                r,
                to_number(r["totalprice"]),
                to_number(r["unitprice"]),
                to_number(r["listprice"]),
                None if discount is None else discount / 100,
            )
        for r in self.kept("opportunity_lines", self.extracts.flat("opportunity_lines")):
            deal = r["opportunity_id"]
            self.add_line(
                sf_id(deal) if re.fullmatch(r"006\w{12}", deal) else deal,
                self.flat_product(r["product_id"]),
                r,
                to_number(r["total_price"]),
                to_number(r["unit_price"]),
                to_number(r["list_price"]),
                to_number(r["discount"]),
            )

    def add_line(
        self,
        deal: str,
        product: Product | None,
        r: Record,
        total: float | None,
        price: float | None,
        list_price: float | None,
        discount: float | None,
    ) -> None:
        quantity = to_number(r["quantity"])
        quantity = 1.0 if quantity is None else quantity
        if total is None and price is not None:
            total = quantity * price * (1 - (discount or 0))
        has_own_list_price = list_price is not None
        if list_price is None and product is not None:
            list_price = product.list_price
        line = Line(
            product,
            total,
            quantity,
            list_price,
            to_number(r["unit_cost"]),
            to_number(r["total_cost"]),
            r["currencyisocode"],
            has_own_list_price,
        )
        self.lines.setdefault(deal, []).append(line)

    def grouped(self, records: list[Record], column: str) -> dict[str, list[Record]]:
        groups: dict[str, list[Record]] = {}
        for r in records:
            if r.is_deleted:
                continue
            key = r[column]
            groups.setdefault(key if r.source == "flat" else f"{r.source}:{sf_id(key)}", []).append(
                r
            )
        return groups

    def stage_kind(self, source: str, stage: str) -> str:
        """Open, won or lost: as the source's own records say, else by configuration or default."""
        return self.source_stages.get((source, stage)) or self.config.stages.get(stage, OPEN)

    def sf_deal(self, r: Record) -> Deal:
        if not hasattr(self, "sf_states"):
            self.sf_states = self.grouped(
                self.extracts.salesforce("OpportunityHistory"), "opportunityid"
            )
            changes = self.extracts.salesforce("OpportunityFieldHistory")
            changes = [c for c in changes if (c["field"] or "").lower() == "owner"]
            self.sf_owner_changes = self.grouped(changes, "opportunityid")
            self.source_stages = {}
            for record in self.extracts.salesforce("Opportunity"):
                won, closed = to_flag(record["iswon"]), to_flag(record["isclosed"])
                kind = WON if won else LOST if closed else OPEN
                self.source_stages[record.source, record["stagename"]] = kind
        key = f"{r.source}:{sf_id(r['id'])}"
        rows = self.sf_states.get(key, [])
        rows.sort(key=lambda h: (self.instant(h["createddate"]), sf_id(h["id"])))
        history = []
        for h in rows:
            probability = to_number(h["probability"])
            history.append(
                (
                    self.instant(h["createddate"]),
                    State(
                        self.stage_kind(r.source, h["stagename"]),
                        h["stagename"],
                        to_number(h["amount"]),
                        None if probability is None else probability / 100,
                        self.date(h["closedate"]),
                    ),
                )
            )
        won, closed = to_flag(r["iswon"]), to_flag(r["isclosed"])
        probability = to_number(r["probability"])
        return Deal(
            source=r.source,
            id=key,
            name=r["name"],
            stage=r["stagename"],
            outcome=WON if won else LOST if closed else OPEN,
            amount_cell=to_number(r["amount"]),
            amount=to_number(r["amount"]),
            probability=None if probability is None else probability / 100,
            close_date_cell=self.date(r["closedate"]),
            created_at=self.instant(r["createddate"]),
            owners=self.sf_owners(r, self.sf_owner_changes.get(key, [])),
            account=self.sf_account(r.source, r["accountid"]),
            lead_source=r["leadsource"],
            campaign=self.campaigns.get(f"{r.source}:{sf_id(r['campaignid'])}"),
            lines=self.lines.get(key, []) + self.lines.get(sf_id(r["id"]), []),
            term_months=None,
            contract=f"{r.source}:{sf_id(r['contractid'])}" if sf_id(r["contractid"]) else None,
            has_history_source=r.source in self.history_sources,
            history=history,
            has_stage_history=bool(history),
            zone=self.zone,
            as_of=self.as_of,
            currency=r["currencyisocode"],
        )

    def flat_deal(self, r: Record) -> Deal:
        if not hasattr(self, "flat_states"):
            self.flat_states = self.grouped(
                self.extracts.flat("opportunity_history"), "opportunity_id"
            )
        deal_id = r["opportunity_id"]
        rows = self.flat_states.get(deal_id, []) + self.flat_states.get(r["name"], [])
        rows.sort(key=lambda h: (self.instant(h["changed_at"]), h.order))
        outcome = self.config.stages.get(r["stage"], OPEN)
        amount, close_cell = to_number(r["amount"]), self.date(r["close_date"])
        probability = to_number(r["probability"])
        lines = self.lines.get(deal_id, []) + (self.lines.get(r["name"], []) if r["name"] else [])
        if not lines and r["product_id"]:
            # An opportunity with product_id and no lines is one line of that product.
            product = self.flat_product(r["product_id"])
            lines = [Line(product, amount, 1.0, product.list_price if product else None)]
        present_amount = amount
        if amount is None and any(line.amount is not None for line in lines):
            present_amount = sum(line.amount for line in lines if line.amount is not None)
        # Each column by itself: an empty cell is "as before", and what begins after the creation
        # holds its first known value since the creation. A column without history has its
        # present value.
        present = {
            "stage": r["stage"] if outcome == OPEN else NONE,
            "amount": present_amount,
            "probability": probability if outcome == OPEN else None,
            "close_date": close_cell,
        }
        columns = {}
        for column, parse in {
            "stage": lambda text: text,
            "amount": to_number,
            "probability": to_number,
            "close_date": self.date,
        }.items():
            values, known = [], None
            for row in rows:
                cell = parse(row[column])
                known = cell if cell is not None else known
                values.append(known)
            first = next((value for value in values if value is not None), present[column])
            columns[column] = [first if value is None else value for value in values]
        has_stage_history = any(row["stage"] for row in rows)
        history = []
        for n, row in enumerate(rows):
            if not any(
                row[c]
                for c in ("stage", "amount", "probability", "close_date", "forecast_category")
            ):
                continue
            stage = columns["stage"][n]
            kind = self.config.stages.get(stage, OPEN) if has_stage_history else OPEN
            history.append(
                (
                    self.instant(row["changed_at"]),
                    State(
                        kind,
                        stage,
                        columns["amount"][n],
                        columns["probability"][n],
                        columns["close_date"][n],
                    ),
                )
            )
        term = to_number(r["term_months"])
        return Deal(
            source="flat",
            id=f"flat:{deal_id}",
            name=r["name"],
            stage=r["stage"],
            outcome=outcome,
            amount_cell=amount,
            amount=amount,
            probability=probability,
            close_date_cell=close_cell,
            created_at=self.instant(r["created_at"]),
            owners=self.flat_owners(r, rows),
            account=self.flat_account(r["account_id"]),
            lead_source=r["lead_source"],
            campaign=self.flat_campaign(r["campaign_id"]),
            lines=lines,
            term_months=None if term is None else int(term),
            contract=None,
            has_history_source="flat" in self.history_sources,
            history=history,
            has_stage_history=has_stage_history,
            zone=self.zone,
            as_of=self.as_of,
            currency=r["currency"],
        )

    # -- leads ---------------------------------------------
    def load_leads(self) -> None:
        self.leads: list[Lead] = []
        self.lead_history_sources = self.extracts.delivering("LeadHistory", "lead_history")
        changes = self.grouped(self.extracts.salesforce("LeadHistory"), "leadid")
        members: dict[str, list[Record]] = {}
        for m in self.kept("campaign_members", self.extracts.salesforce("CampaignMember")):
            if sf_id(m["leadid"]):
                lead = self.survivor("Lead", f"{m.source}:{sf_id(m['leadid'])}")
                members.setdefault(lead, []).append(m)
        for r in self.kept("leads", self.extracts.salesforce("Lead")):
            key = f"{r.source}:{sf_id(r['id'])}"
            created = self.instant(r["createddate"])
            rows = changes.get(key, [])
            statuses = [c for c in rows if (c["field"] or "").lower() == "status"]
            statuses.sort(key=lambda c: (self.instant(c["createddate"]), sf_id(c["id"])))
            joined = sorted(
                members.get(key, []), key=lambda m: (self.instant(m["createddate"]), sf_id(m["id"]))
            )
            campaign = (
                joined and self.campaigns.get(f"{r.source}:{sf_id(joined[0]['campaignid'])}")
            ) or None
            contact = sf_id(r["convertedcontactid"])
            self.leads.append(
                Lead(
                    source=r.source,
                    id=key,
                    status=r["status"],
                    lead_source=r["leadsource"],
                    created_at=created,
                    created_date=self.day_of(created),
                    zone=self.zone,
                    owners=self.sf_owners(
                        r, [c for c in rows if (c["field"] or "").lower() == "owner"]
                    ),
                    campaign=campaign,
                    is_converted=bool(to_flag(r["isconverted"])),
                    converted_date=self.date(r["converteddate"]),
                    converted_at=None,
                    contact=self.survivor("Contact", f"{r.source}:{contact}") if contact else None,
                    deal=self.deal_keys.get(f"{r.source}:{sf_id(r['convertedopportunityid'])}"),
                    names_referrer=False,
                    qualified_cell=None,
                    statuses=[
                        (self.instant(c["createddate"]), c["oldvalue"], c["newvalue"])
                        for c in statuses
                    ],
                    has_history_source=r.source in self.lead_history_sources,
                )
            )
        flat_changes = self.grouped(self.extracts.flat("lead_history"), "lead_id")
        for r in self.kept("leads", self.extracts.flat("leads")):
            created = self.instant(r["created_at"])
            rows = sorted(
                flat_changes.get(r["lead_id"], []),
                key=lambda c: (self.instant(c["changed_at"]), c.order),
            )
            converted = self.instant(r["converted_at"])
            flag = to_flag(r["is_converted"])
            self.leads.append(
                Lead(
                    source="flat",
                    id=f"flat:{r['lead_id']}",
                    status=r["status"],
                    lead_source=r["lead_source"],
                    created_at=created,
                    created_date=self.day_of(created),
                    zone=self.zone,
                    owners=self.flat_owners(r, rows),
                    campaign=self.flat_campaign(r["campaign_id"]),
                    is_converted=flag if flag is not None else converted is not None,
                    converted_date=self.day_of(converted),
                    converted_at=converted,
                    contact=None,
                    deal=self.flat_deal_named(r["opportunity_id"]),
                    names_referrer=r["referred_by_account_id"] is not None,
                    qualified_cell=self.instant(r["qualified_at"]),
                    statuses=[
                        (self.instant(c["changed_at"]), None, c["status"])
                        for c in rows
                        if c["status"]
                    ],
                    has_history_source="flat" in self.lead_history_sources,
                )
            )

    def flat_deal_named(self, text: str | None) -> Deal | None:
        return self.find(self.deal_keys, text)

    # -- activities ---------------------------------------------
    def activity_type(self, theirs: str | None, otherwise: str | None) -> str | None:
        """The configuration's translation, else the type itself if it is one of ours, else the
        fallback."""
        if theirs in self.config.activity_types:
            return self.config.activity_types[theirs]
        if theirs is not None and theirs.lower() in ACTIVITY_TYPES:
            return theirs.lower()
        return otherwise

    def load_activities(self) -> None:
        self.activities: list[Activity] = []
        for r in self.kept("activities", self.extracts.salesforce("Task")):
            subtype = r["tasksubtype"]
            by_subtype = {
                "Call": "call",
                "Email": "email",
                "ListEmail": "email",
                "LinkedIn": "social",
            }
            direction = {"Inbound": "inbound", "Internal": "internal"}.get(
                r["calltype"], "outbound"
            )
            completed, due = self.instant(r["completeddatetime"]), self.date(r["activitydate"])
            created = self.instant(r["createddate"])
            moment, day = self.moment(completed, due, created)
            self.add_sf_activity(
                r,
                kind=self.activity_type(r["type"], by_subtype.get(subtype, "task")),
                direction=direction,
                is_by_person=subtype != "ListEmail",
                is_done=bool(to_flag(r["isclosed"])),
                moment=moment,
                day=day,
                due=due,
            )
        for r in self.kept("activities", self.extracts.salesforce("Event")):
            if to_flag(r["ischild"]):
                continue
            starts, on = self.instant(r["activitydatetime"]), self.date(r["activitydate"])
            moment, day = self.moment(starts, on, None)
            self.add_sf_activity(
                r,
                kind=self.activity_type(r["type"], "meeting"),
                direction="outbound",
                is_by_person=True,
                is_done=day is not None and day <= self.as_of,
                moment=moment,
                day=day,
                due=on,
            )
        lead_keys = {lead.id: _Named(lead.id) for lead in self.leads}
        for r in self.kept("activities", self.extracts.flat("activities")):
            done_at, created = self.instant(r["done_at"]), self.instant(r["created_at"])
            due = self.date(r["due_date"])
            moment, day = self.moment(done_at, due, created)
            lead = self.find(lead_keys, r["lead_id"], "Lead")
            deal = self.flat_deal_named(r["opportunity_id"])
            self.activities.append(
                Activity(
                    id=f"flat:{r['activity_id']}",
                    type=self.activity_type(r["type"], None),
                    direction=(r["direction"] or "outbound").lower(),
                    is_by_person=not to_flag(r["is_automated"]),
                    is_done=done_at is not None or bool(to_flag(r["is_done"])),
                    moment=moment,
                    day=day,
                    due_date=due,
                    owner=self.flat_rep(r["rep"]),
                    who=None,
                    lead=lead.name if lead else None,
                    deal=deal.id if deal else None,
                    has_prospect=bool(r["lead_id"] or r["account_id"] or r["opportunity_id"]),
                    created_date=self.day_of(created),
                )
            )

    def moment(
        self, instant: datetime | None, day: date | None, created: datetime | None
    ) -> tuple[datetime | None, date | None]:
        """The instant if there is one, else the day from its beginning, else the creation."""
        if instant is not None:
            return instant, self.day_of(instant)
        if day is not None:
            return start_of_day(day, self.zone), day
        return created, self.day_of(created)

    def add_sf_activity(
        self, r: Record, *, kind, direction, is_by_person, is_done, moment, day, due
    ) -> None:
        who, what = sf_id(r["whoid"]), sf_id(r["whatid"])
        if who:
            # "A loser's activities follow the survivor": of leads and of contacts.
            who = self.survivor("Contact", self.survivor("Lead", f"{r.source}:{who}"))
        creator = (r.source, sf_id(r["createdbyid"]))
        self.activities.append(
            Activity(
                id=f"{r.source}:{sf_id(r['id'])}",
                type=kind,
                direction=direction,
                is_by_person=is_by_person and creator not in self.not_persons,
                is_done=is_done,
                moment=moment,
                day=day,
                due_date=due,
                owner=self.sf_rep(r.source, r["ownerid"]),
                who=who,
                lead=who if who and who.split(":")[1].startswith("00Q") else None,
                deal=f"{r.source}:{what}" if what and what.startswith("006") else None,
                # WhoId is always a lead or a contact; WhatId may be many things.
                has_prospect=bool(
                    who or sf_id(r["accountid"]) or (what and what.startswith(("001", "006")))
                ),
                created_date=self.day_of(self.instant(r["createddate"])),
            )
        )

    # -- customers ---------------------------------------------
    def load_customers(self) -> None:
        won = [deal for deal in self.deals if deal.outcome == WON]
        self.contracts: list[Contract] = []
        has_contracts = self.extracts.is_delivered("Contract", "contracts")
        for r in self.kept("contracts", self.extracts.salesforce("Contract")):
            if (r["statuscode"] or r["status"]) != "Activated":
                continue
            key = f"{r.source}:{sf_id(r['id'])}"
            self.add_contract(
                key,
                self.sf_account(r.source, r["accountid"]),
                self.date(r["startdate"]),
                self.date(r["enddate"]),
                to_number(r["contractterm"]),
                None,
                None,
                [deal for deal in won if deal.contract == key],
            )
        for r in self.kept("contracts", self.extracts.flat("contracts")):
            if (r["status"] or "").lower() in ("draft", "in approval", "inapproval", "cancelled"):
                continue
            deal = self.flat_deal_named(r["opportunity_id"])
            self.add_contract(
                f"flat:{r['contract_id']}",
                self.flat_account(r["account_id"]),
                self.date(r["start_date"]),
                self.date(r["end_date"]),
                to_number(r["term_months"]),
                to_number(r["total_value"]),
                r["currency"],
                [deal] if deal is not None and deal.outcome == WON else [],
            )
        if not has_contracts:
            # Where no source delivers contracts, each won deal with a term is one.
            for deal in won:
                if deal.term_months and deal.close_date:
                    self.add_contract(
                        deal.id,
                        deal.account,
                        deal.close_date,
                        None,
                        deal.term_months,
                        None,
                        None,
                        [deal],
                    )
        has_subscriptions = self.extracts.is_delivered("subscriptions")
        self.subscriptions: list[Subscription] = []
        if has_subscriptions:
            for r in self.kept("subscriptions", self.extracts.flat("subscriptions")):
                account = self.flat_account(r["account_id"])
                if account is None or not account.is_excluded:
                    start, end = self.date(r["start_date"]), self.date(r["end_date"])
                    self.subscriptions.append(
                        Subscription(account, start, end, to_number(r["mrr"]), r["currency"])
                    )
        else:
            for contract in self.contracts:
                if contract.value is not None:
                    mrr = contract.original / contract.term
                    self.subscriptions.append(
                        Subscription(
                            contract.account, contract.start, contract.end, mrr, contract.currency
                        )
                    )
        self.purchases: list[Purchase] = []
        if self.extracts.is_delivered("Order", "purchases"):
            for r in self.kept("purchases", self.extracts.salesforce("Order")):
                if (r["statuscode"] or r["status"]) != "Activated":
                    continue
                day = self.day_of(self.instant(r["activateddate"])) or self.date(r["effectivedate"])
                account = self.sf_account(r.source, r["accountid"])
                amount = to_number(r["totalamount"])
                self.add_purchase(account, day, amount, r["currencyisocode"])
            for r in self.kept("purchases", self.extracts.flat("purchases")):
                day = self.day_of(self.instant(r["purchased_at"]))
                amount = to_number(r["amount"])
                self.add_purchase(self.flat_account(r["account_id"]), day, amount, r["currency"])
        else:
            for deal in won:
                # Its amount is in the reporting currency already.
                self.add_purchase(deal.account, deal.close_date, deal.amount, None)
        # A won deal with a term is a contract where no source delivers contracts.
        self.has_contracts = has_contracts or bool(self.contracts)
        self.has_recurring_source = self.has_contracts or has_subscriptions
        # Days as a customer, by account: (first, last or None).
        self.customer_spans: dict[Account, list[tuple[date, date | None]]] = {}
        if self.has_recurring_source:
            for s in self.subscriptions:
                if has_subscriptions and s.mrr > 0:
                    self.add_span(s.account, s.start, s.end)
            for contract in self.contracts:
                self.add_span(contract.account, contract.start, contract.end)
        else:
            for purchase in self.purchases:
                last = add_months(purchase.day, self.config.active_months)
                self.add_span(purchase.account, purchase.day, last)

    def acquisition_costs(self) -> dict[Period, tuple[float, int]]:
        """By period: sales and marketing cost, dated by its month, and the number of rows."""
        costs: dict[Period, tuple[float, int]] = {}
        for r in self.kept("costs", self.extracts.flat("costs")):
            if r["category"].lower() in ("sales", "marketing"):
                month = to_month(r["month"], self.config.earliest)
                for kind in self.periods:
                    for period in self.periods[kind]:
                        if month in period:
                            cost, count = costs.get(period, (0.0, 0))
                            amount = self.worth(to_number(r["amount"]), r["currency"], month)
                            costs[period] = cost + amount, count + 1
        if self.config.add_campaign_costs:
            for campaign in self.campaigns.values():
                for kind in self.periods:
                    for period in self.periods[kind]:
                        parts = self.campaign_costs(campaign, period)
                        if parts:
                            cost, count = costs.get(period, (0.0, 0))
                            costs[period] = cost + sum(parts), count + len(parts)
        return costs

    def campaign_costs(self, campaign: Campaign, period: Period) -> list[float]:
        """What a campaign cost in the months of a period, each at the rate of its first day, as
        any cost."""
        months = self.fiscal.periods("month", period.start, period.end)
        costs = [(month, campaign.cost_in(month)) for month in months]
        return [
            self.worth(cost, campaign.currency, month.start)
            for month, cost in costs
            if cost is not None
        ]

    def add_contract(self, key, account, start, end, term, original, currency, deals) -> None:
        if start is None or (account is not None and account.is_excluded):
            return
        term = term or 12
        if end is None:
            end = day_before(add_months(start, int(term)))
        priced = [deal for deal in deals if deal.original is not None]
        if original is None and len({deal.currency for deal in deals}) == 1 and priced:
            original, currency = sum(deal.original for deal in priced), deals[0].currency
        elif original is None and priced:
            # Of several currencies: added up in the reporting one, on the day that dates it.
            worths = [self.worth(deal.original, deal.currency, start) for deal in priced]
            original, currency = sum(worths), None
        value = self.worth(original, currency, start)
        contract = Contract(key, account, start, end, term, value, deals, original, currency)
        self.contracts.append(contract)

    def add_purchase(
        self, account: Account | None, day: date | None, amount: float | None, currency: str | None
    ) -> None:
        if day is not None and not (account is not None and account.is_excluded):
            self.purchases.append(Purchase(account, day, self.worth(amount, currency, day)))

    def add_span(self, account: Account | None, first: date, last: date | None) -> None:
        if account is not None and (last is None or first <= last):
            self.customer_spans.setdefault(account, []).append((first, last))

    def is_customer(self, account: Account, day: date) -> bool:
        return any(
            first <= day and (last is None or day <= last)
            for first, last in self.customer_spans.get(account, [])
        )

    def became_customer(self, account: Account) -> date:
        """The first day as a customer, ever."""
        return min(first for first, _ in self.customer_spans[account])

    # -- plans ---------------------------------------------
    def load_quotas(self) -> None:
        """Rep quotas by rep and month, spread evenly; the scopes' own quotas as given."""
        self.quotas: dict[tuple[Person, date], float] = {}
        self.own_quotas: dict[tuple[str, str, str, date], float] = {}
        # One quota for a scope and its months; a rep's quotas of fewer months go first.
        given: dict[tuple, dict] = {}
        for r in sorted(
            self.kept("quotas", self.extracts.flat("quotas")),
            key=lambda r: (-self.date(r["period_start"]).toordinal(), r["scope_id"]),
        ):
            scope, who = r["scope_type"].lower(), r["scope_id"]
            if scope not in ("company", "region", "team", "rep") or not to_number(r["amount"]):
                continue
            who = "company" if scope == "company" else self.flat_rep(who) if scope == "rep" else who
            first = self.date(r["period_start"]).replace(day=1)
            given.setdefault((scope, who, r["period_type"].lower(), first), r)
        finest: dict[tuple[Person, date], int] = {}
        for r in given.values():
            start = self.date(r["period_start"])
            kind, scope = r["period_type"].lower(), r["scope_type"].lower()
            if kind not in Fiscal.step:
                continue
            # Spread over its months, each at the rate of its first day.
            months = [add_months(start.replace(day=1), n) for n in range(Fiscal.step[kind])]
            share = to_number(r["amount"]) / len(months)
            amounts = {month: self.worth(share, r["currency"], month) for month in months}
            if scope != "rep":
                scope_id = "company" if scope == "company" else r["scope_id"]
                key = (scope, scope_id, kind, start.replace(day=1))
                self.own_quotas[key] = self.own_quotas.get(key, 0) + sum(amounts.values())
                continue
            rep = self.flat_rep(r["scope_id"])
            if rep is None:
                continue
            rep.is_rep = True
            for month in months:
                if len(months) < finest.get((rep, month), 13):
                    finest[rep, month] = len(months)
                    self.quotas[rep, month] = amounts[month]

    def load_first_days(self) -> None:
        """Who owned a deal or a lead is a rep; first days for reps without a hire date."""
        for deal in self.deals:
            self.own(deal.owners, deal.created_date or deal.close_date or self.as_of)
        for lead in self.leads:
            self.own(lead.owners, lead.created_date)
        for activity in self.activities:
            if activity.owner is not None:
                activity.owner.seen(activity.day)
                if not activity.owner.is_rep:
                    # A user who owns neither deals nor leads is no rep.
                    activity.owner = None

    def own(self, owners: Owners, created: date | None) -> None:
        for since, person in owners.changes:
            if person is not None:
                person.is_rep = True
                person.seen(self.day_of(since) or created)

    # -- quotes, forecasts, targets -------------------------------------------------
    def load_quotes(self) -> None:
        """Issued quotes. "Not of a deleted deal, in no status before issue"."""
        self.quotes: list[Quote] = []
        gone = self.gone_deals()
        for r in self.kept("quotes", self.extracts.salesforce("Quote")):
            key = f"{r.source}:{sf_id(r['opportunityid'])}"
            day = self.day_of(self.instant(r["createddate"]))
            owner = self.sf_rep(r.source, r["ownerid"])
            self.add_quote(r, key in gone, self.deal_keys.get(key), day, owner)
        for r in self.kept("quotes", self.extracts.flat("quotes")):
            deal = self.flat_deal_named(r["opportunity_id"])
            is_gone = deal is None and f"flat:{r['opportunity_id']}" in gone
            day = self.day_of(self.instant(r["issued_at"]))
            self.add_quote(r, is_gone, deal, day, self.flat_rep(r["rep"]))

    def gone_deals(self) -> set[str]:
        """Deals that were delivered once and are deleted or excluded now."""
        delivered = {
            f"{r.source}:{sf_id(r['id'])}" for r in self.extracts.salesforce("Opportunity")
        }
        delivered |= {f"flat:{r['opportunity_id']}" for r in self.extracts.flat("opportunities")}
        return delivered - set(self.deal_keys)

    def add_quote(self, r, is_gone: bool, deal: Deal | None, day: date, own: Person | None) -> None:
        status = r["status"]
        issued = self.config.quote_statuses.get(status)
        if issued is None:
            issued = (status or "").lower() not in NOT_ISSUED
        if issued and not is_gone:
            # The deal's owner on the day it was issued; without a deal its own rep.
            self.quotes.append(Quote(day, deal, deal.owner_on(day) if deal else own))

    def load_plans(self) -> None:
        self.forecasts: list[Forecast] = []
        for r in self.kept("forecasts", self.extracts.flat("forecasts")):
            rep, kind = self.flat_rep(r["rep"]), r["period_type"].lower()
            if rep is not None and kind in Fiscal.step:
                start, submitted = self.date(r["period_start"]), self.date(r["submitted_on"])
                amount = self.worth(to_number(r["amount"]), r["currency"], start)
                self.forecasts.append(Forecast(rep, kind, start, submitted, amount))
        # (kpi, scope_type, scope_id, period_type, period_start) -> target
        self.targets: dict[tuple[str, str, str, str, date], float] = {}
        for r in self.kept("targets", self.extracts.flat("targets")):
            scope_type, scope_id = r["scope_type"].lower(), r["scope_id"]
            if scope_type == "rep":
                named = self.flat_rep(scope_id)
                scope_id = named and named.scope_id
            elif scope_type == "product":
                named = self.flat_product(scope_id)
                scope_id = named and named.scope_id
            elif scope_type == "campaign":
                named = self.flat_campaign(scope_id)
                scope_id = named and named.scope_id
            elif scope_type == "customer":
                named = self.flat_account(scope_id)
                scope_id = named and named.scope_id
            elif scope_type == "company":
                scope_id = "company"
            if scope_id is not None:
                start, kind = self.date(r["period_start"]), r["period_type"].lower()
                key = (r["kpi"], scope_type, scope_id, kind, start)
                self.targets[key] = to_number(r["target"])

    # -- time ---------------------------------------------
    def find_periods(self) -> None:
        """From the first recorded event to the period that holds the as-of date."""
        events: list[date | None] = []
        for deal in self.deals:
            events += [deal.created_date, deal.close_date]
        events += [lead.created_date for lead in self.leads]
        events += [a.day for a in self.activities if a.is_done]
        events += [p.day for p in self.purchases]
        events += [c.start for c in self.contracts]
        events += [s.start for s in self.subscriptions]
        known = [event for event in events if event is not None]
        self.periods: dict[str, list[Period]] = {"month": [], "quarter": [], "year": []}
        if known and min(known) <= self.as_of:
            for kind in self.periods:
                self.periods[kind] = self.fiscal.periods(kind, min(known), self.as_of)

    def last_day(self, period: Period) -> date:
        """The last day of the period, or the as-of date."""
        return min(period.end, self.as_of)


@dataclass
class _Named:
    name: str
