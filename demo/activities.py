"""Calls, emails, meetings, demos, onboarding and tasks of the whole company."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from demo import clock, words
from demo.clock import DAY, HOUR, NEVER, NOW
from demo.deals import join, owner_at, take
from demo.draws import Draws

CALL, EMAIL, TASK, MEETING, DEMO, ONBOARDING = range(6)
OUTBOUND, INBOUND, INTERNAL = range(3)

# The columns of activities and what they hold when nothing else is said.
_COLUMNS = {
    "kind": CALL,
    "at": 0,
    "owner": 0,
    "lead": -1,
    "contact": -1,
    "deal": -1,
    "account": -1,
    "direction": OUTBOUND,
    "automated": False,
    "due": -1,
    "done": True,
    "logged": NEVER,
    "minutes": 0,
    "copy": False,
}


def _rows(n: int, **values) -> SimpleNamespace:
    """``n`` activities; a column that is not named has its default.

    ``at`` is when it was done, or planned for; ``logged`` when the record was made (default:
    the same moment); ``due`` the due day of a task, ``copy`` a meeting in a second calendar.
    """
    columns = {}
    for name, default in _COLUMNS.items():
        value = values.get(name, default)
        kind = bool if isinstance(default, bool) else np.int64
        columns[name] = np.broadcast_to(np.asarray(value, dtype=kind), n).copy()
    return SimpleNamespace(**columns)


def make_activities(draws: Draws, company: SimpleNamespace) -> SimpleNamespace:
    """All activities in the order in which they were recorded."""
    parts = [_on_leads(draws, company)]
    parts += _automated(draws, company)
    parts += _on_deals(draws, company)
    parts += [_onboarding(draws, company), _on_customers(draws, company)]
    table = join(*[part for part in parts if len(part.at)])
    table.logged = np.where(table.logged < NEVER, table.logged, table.at)
    return take(table, np.argsort(table.logged, kind="stable"))


def _minutes(draws: Draws, kind) -> np.ndarray:
    """Calls take minutes, meetings half hours."""
    call = np.clip(draws.lognormal(6.0, 0.9, len(kind)), 0.4, 75)
    meeting = 30 * (1 + draws.pick([45, 40, 15], len(kind)))
    return np.where(kind == CALL, np.round(call * 60), meeting).astype(np.int64)


def _on_leads(draws: Draws, company) -> SimpleNamespace:
    """The first response, the follow-ups, and calls that come in."""
    people, leads = company.people, company.leads
    answered = np.flatnonzero(leads.response < NEVER)
    more = draws.count(1.9, len(answered))
    lead = np.repeat(answered, more + 1)
    place = np.arange(len(lead)) - np.repeat(np.cumsum(more + 1) - more - 1, more + 1)
    gap = np.floor(draws.lognormal(2.3 * DAY, 0.8, len(lead))).astype(np.int64)
    gap[place == 0] = 0
    total = np.cumsum(gap)
    total -= np.repeat(total[place == 0], more + 1)
    opens_at = people.opens_at[leads.team[lead]]
    at = leads.response[lead] + total
    at = np.where(place == 0, at, clock.next_office_moment(at, opens_at, draws.uniform(len(lead))))
    until = np.minimum(np.minimum(leads.converted, leads.closed), NOW)
    owner = leads.owners.owner[owner_at(leads.owners, lead, at)]
    # Leads to be nurtured are not handed on, so nobody follows up when their owner leaves.
    present = at // DAY <= people.rep_left[owner]
    keep = np.flatnonzero((place == 0) | ((at < until[lead]) & present))
    lead, place, at, owner = lead[keep], place[keep], at[keep], owner[keep]
    n = len(lead)
    kind = np.where(draws.chance(0.54, n), CALL, EMAIL)
    direction = np.where((place > 0) & (kind == CALL) & draws.chance(0.12, n), INBOUND, OUTBOUND)
    return _rows(
        n,
        kind=kind,
        at=at,
        owner=owner,
        lead=lead,
        contact=leads.contact[lead],
        account=leads.account[lead],
        direction=direction,
        minutes=_minutes(draws, kind),
    )


def _automated(draws: Draws, company) -> list[SimpleNamespace]:
    """Receipts that the marketing integration logs, and mass emails."""
    leads = company.leads
    receipt = np.flatnonzero(leads.inbound & draws.chance(0.5, leads.n))
    parts = []
    mailed = np.repeat(np.arange(leads.n), draws.count(0.45, leads.n))
    wait = np.floor(draws.exponential(40.0, len(mailed))).astype(np.int64) + 3
    at = leads.created[mailed] // DAY + wait
    at = clock.workday(at) * DAY + 9 * HOUR + mailed % 600
    for lead, moment in ((receipt, leads.created[receipt] + 45), (mailed, at)):
        keep = moment < NOW
        lead, moment = lead[keep], moment[keep]
        owner = leads.owners.owner[owner_at(leads.owners, lead, moment)]
        known = (owner >= 0) & (leads.converted[lead] > moment)
        lead, moment, owner = lead[known], moment[known], owner[known]
        parts.append(
            _rows(
                len(lead),
                kind=EMAIL,
                at=moment,
                owner=owner,
                lead=lead,
                automated=True,
                contact=leads.contact[lead],
                account=leads.account[lead],
            )
        )
    return parts


def _on_deals(draws: Draws, company) -> list[SimpleNamespace]:
    """The work on each deal while it was open, and what is planned on the open ones."""
    people, deals, owners = company.people, company.deals, company.owners
    ends = np.minimum(deals.closed, NOW)
    days = (ends - deals.created) / DAY
    busy = np.where(deals.kind == words.RENEWAL, 0.5, 1.0)
    skill = people.rep_skill[people.rep[deals.assignment]]
    # Worked hard in the beginning, less as it drags on; winners get more attention.
    mean = busy * (1.8 + 0.75 * np.sqrt(np.maximum(days, 0)) * (0.7 + 0.3 * skill))
    mean = np.where(deals.won, mean * 1.2, mean)
    mean = np.where(deals.belated | (days < 0.3), 0, mean)
    deal = np.repeat(np.arange(len(days)), draws.count(mean, len(days)))
    n = len(deal)
    opens_at = people.opens_at[deals.team[deal]]
    begins = clock.from_office(deals.created[deal], opens_at)
    until = clock.from_office(np.maximum(ends, deals.created)[deal], opens_at)
    span = np.maximum(until - begins, 0)
    at = clock.to_office(begins + np.floor(draws.uniform(n) * span).astype(np.int64), opens_at)
    at = np.clip(at, deals.created[deal] + 120, np.maximum(ends[deal] - 60, 0))
    row = owner_at(owners, deal, at)
    kept = np.flatnonzero((owners.record[np.maximum(row, 0)] == deal) & (row >= 0))
    deal, at, row = deal[kept], at[kept], row[kept]
    n = len(deal)
    owner = owners.owner[row]
    contact = company.accounts.contact[deals.account[deal]]
    account = deals.account[deal]

    kind = np.array([CALL, EMAIL, TASK, MEETING, DEMO])[draws.pick([34, 30, 15, 15, 6], n)]
    calls = kind == CALL
    direction = np.where(calls & draws.chance(0.24, n), INBOUND, OUTBOUND)
    among_us = calls & (direction == OUTBOUND) & draws.chance(0.04, n)
    direction = np.where(among_us, INTERNAL, direction)
    task = kind == TASK
    meets = kind >= MEETING
    # A meeting is entered before it takes place, a task before it is due.
    ahead = np.floor(draws.exponential(5.0 * DAY, n)).astype(np.int64) + HOUR
    logged = np.where(meets, np.maximum(at - ahead, deals.created[deal] + 60), at)
    work = _rows(
        n,
        kind=kind,
        at=at,
        direction=direction,
        logged=logged,
        minutes=_minutes(draws, kind),
        owner=owner,
        deal=deal,
        account=account,
        contact=np.where(draws.chance(0.8, n), contact, -1),
    )
    _tasks(draws, people, work, np.flatnonzero(task))
    parts = [work]

    # Most calls that come in are answered within a day or two.
    asked = np.flatnonzero((direction == INBOUND) & draws.chance(0.85, n))
    wait = np.floor(draws.lognormal(3.2 * HOUR, 1.1, len(asked))).astype(np.int64) + 300
    reply = clock.next_office_moment(
        at[asked] + wait, people.opens_at[deals.team[deal[asked]]], draws.uniform(len(asked))
    )
    fits = reply < ends[deal[asked]]
    asked, reply = asked[fits], reply[fits]
    kind = np.where(draws.chance(0.6, len(asked)), EMAIL, CALL)
    parts.append(
        _rows(
            len(asked),
            kind=kind,
            at=reply,
            deal=deal[asked],
            owner=owners.owner[owner_at(owners, deal[asked], reply)],
            contact=contact[asked],
            account=account[asked],
            minutes=_minutes(draws, kind),
        )
    )

    # A colleague's calendar holds a copy of some meetings.
    shared = np.flatnonzero(meets & draws.chance(0.16, n))
    team = deals.team[deal[shared]]
    guest = people.rep[people.choose(draws, team, at[shared] // DAY, words.MANAGER)]
    copies = take(work, shared)
    copies.owner, copies.copy = guest, np.ones(len(shared), dtype=bool)
    parts.append(take(copies, np.flatnonzero(guest != owner[shared])))

    # Planned meetings and tasks on the open deals.
    live = np.flatnonzero(~deals.is_closed)
    live = np.repeat(live, draws.count(0.7, len(live)))
    n = len(live)
    kind = np.array([TASK, MEETING, DEMO])[draws.pick([60, 30, 10], n)]
    day = clock.workday(clock.AS_OF + 1 + np.floor(draws.exponential(12.0, n)).astype(np.int64))
    opens_at = people.opens_at[deals.team[live]]
    made = clock.to_office(NOW - draws.whole(2 * HOUR, 12 * DAY, n), opens_at)
    made = np.maximum(made, deals.created[live] + 90)
    owner = owners.owner[deals.owner_row[live]]
    parts.append(
        _rows(
            n,
            kind=kind,
            at=clock.office_moment(day, opens_at, draws.uniform(n)),
            owner=owner,
            deal=live,
            account=deals.account[live],
            logged=np.minimum(made, NOW - 60),
            contact=company.accounts.contact[deals.account[live]],
            done=False,
            due=np.where(kind == TASK, day, -1),
            minutes=_minutes(draws, kind),
        )
    )
    return parts


def _tasks(draws: Draws, people, work: SimpleNamespace, rows: np.ndarray) -> None:
    """Turn the rows into tasks entered at their moment: due dates, and done in time or not."""
    n = len(rows)
    made = work.at[rows]
    due = clock.workday(made // DAY + 1 + np.floor(draws.exponential(8.0, n)).astype(np.int64))
    diligence = np.clip(people.rep_diligence[work.owner[rows]], 0.4, 2.2)
    late = draws.lognormal(1.0, 0.9, n) / diligence - 2.2
    done_day = np.maximum(due + np.round(late * 3).astype(np.int64), made // DAY)
    done_day = clock.workday(done_day)
    moment = np.maximum(done_day * DAY + made % DAY, made + 900)
    forgotten = draws.chance(np.clip(0.1 / diligence, 0.02, 0.3), n)
    # Nobody finishes anything after leaving.
    gone = moment // DAY > people.rep_left[work.owner[rows]]
    done = ~forgotten & ~gone & (moment <= NOW)
    work.logged[rows] = made
    work.due[rows] = due
    work.done[rows] = done
    work.at[rows] = np.where(done, moment, due * DAY)


def _onboarding(draws: Draws, company) -> SimpleNamespace:
    """Onboarding calls with new subscribers."""
    people, deals, contracts = company.people, company.deals, company.contracts
    bought = np.flatnonzero(contracts.deal >= 0)
    bought = bought[deals.kind[contracts.deal[bought]] != words.RENEWAL]
    which = np.repeat(bought, draws.whole(1, 4, len(bought)))
    n = len(which)
    deal = contracts.deal[which]
    day = clock.workday(contracts.signed[which] // DAY + draws.whole(2, 50, n))
    opens_at = people.opens_at[contracts.team[which]]
    at = clock.office_moment(day, opens_at, draws.uniform(n))
    keep = at < NOW + 10 * DAY
    deal, which, at, n = deal[keep], which[keep], at[keep], int(keep.sum())
    team = contracts.team[which]
    today = np.minimum(at // DAY, clock.AS_OF)
    host = people.rep[people.choose(draws, team, today, words.ACCOUNT_MANAGER)]
    kind = np.full(n, ONBOARDING)
    return _rows(
        n,
        kind=kind,
        at=at,
        owner=host,
        deal=deal,
        account=deals.account[deal],
        contact=company.accounts.contact[deals.account[deal]],
        done=at <= NOW,
        logged=np.minimum(at - DAY, NOW - 60),
        minutes=_minutes(draws, kind),
    )


def _on_customers(draws: Draws, company) -> SimpleNamespace:
    """What account managers do with customers between deals."""
    people, contracts = company.people, company.contracts
    first = contracts.start
    last = np.minimum(contracts.end, clock.AS_OF - 1)
    months = np.maximum(last - first, 0) / 30.4
    which = np.repeat(np.arange(len(first)), draws.count(0.62 * months, len(first)))
    n = len(which)
    span = last[which] - first[which]
    day = clock.workday(first[which] + np.floor(draws.uniform(n) * span).astype(np.int64))
    day = np.minimum(day, clock.AS_OF)
    team = contracts.team[which]
    opens_at = people.opens_at[team]
    owner = people.rep[people.choose(draws, team, day, words.ACCOUNT_MANAGER)]
    kind = np.array([CALL, EMAIL, TASK, MEETING])[draws.pick([36, 34, 20, 10], n)]
    at = np.minimum(clock.office_moment(day, opens_at, draws.uniform(n)), NOW - 300)
    account = contracts.account[which]
    inbound = (kind == CALL) & draws.chance(0.25, n)
    table = _rows(
        n,
        kind=kind,
        at=at,
        owner=owner,
        account=account,
        contact=company.accounts.contact[account],
        direction=np.where(inbound, INBOUND, OUTBOUND),
        logged=np.where(kind == MEETING, at - 2 * DAY, at),
        minutes=_minutes(draws, kind),
    )
    _tasks(draws, people, table, np.flatnonzero(kind == TASK))
    return table
