"""Campaigns and leads: arrival, assignment, response, qualification, conversion."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from demo import clock, words
from demo.clock import DAY, HOUR, NEVER, NOW
from demo.draws import Draws
from demo.people import People

# Owners are reps by number; a queue of a region and the marketing integration are none.
INTEGRATION = -2
QUEUE = -10  # minus the region's number


def make_campaigns(draws: Draws, scale: float) -> SimpleNamespace:
    """Trade shows each quarter, a webinar a month, advertising each half year, mailings.

    Arrays: ``type``, ``name``, ``first`` and ``last`` day, ``cost`` in cents, by first day.
    """
    rows = []
    for month in range(int(clock.month_of(clock.FIRST_DAY)), int(clock.month_of(clock.AS_OF)) + 2):
        first = int(clock.first_of_month(month))
        year, in_year = month // 12 + 1970, month % 12
        topic = words.WEBINARS[month % len(words.WEBINARS)]
        rows.append((1, f"Webinar {topic} {year}-{in_year + 1:02d}", first, first + 12, 2_400))
        if in_year in (2, 4, 8, 10):
            show = words.TRADE_SHOWS[(2, 4, 8, 10).index(in_year)]
            rows.append((0, f"{show} {year}", first + 7, first + 10, 46_000))
        if in_year % 6 == 5:
            year_of_ads, half = divmod(month + 1, 12)
            name = f"Search and Display H{1 + half // 6} {year_of_ads + 1970}"
            length = int(clock.add_months(first, 6)) - first
            rows.append((2, name, first, first + length - 1, 96_000))
        if in_year % 3 == 1:
            rows.append((3, f"Newsletter {year}-{in_year + 1:02d}", first + 3, first + 33, 1_900))
    rows.sort(key=lambda row: row[2])
    kind, name, first, last, cost = zip(*rows, strict=True)
    spread = 0.8 + 0.4 * draws.uniform(len(rows))
    return SimpleNamespace(
        type=np.array(kind),
        name=list(name),
        first=np.array(first),
        last=np.array(last),
        cost=np.round(np.array(cost) * spread * max(scale, 0.1) / 50).astype(np.int64) * 5_000,
    )


def make_leads(draws: Draws, people: People, campaigns, scale: float) -> SimpleNamespace:
    """One element per lead, by creation; moments that never come are :data:`NEVER`."""
    n = round(6_000 * scale)
    demand = clock.demand_by_day()
    day = clock.FIRST_DAY + np.sort(draws.pick(demand, n))
    # New teams get fewer leads than the old ones: territories differ in size.
    size = 0.75 + 0.5 * draws.uniform(len(people.team_names))
    team = draws.pick(size, n)
    opens_at = people.opens_at[team]
    source = draws.pick(words.LEAD_SOURCE_WEIGHTS, n)
    inbound = np.isin(source, [words.WEB, words.ADS, words.WEBINAR, words.EMAIL])

    # Forms are filled in at any hour, more by day; everything else is typed in by people.
    at_desk = ~inbound | draws.chance(0.62, n)
    any_hour = day * DAY + np.floor(draws.uniform(n) * DAY).astype(np.int64)
    office = clock.office_moment(clock.workday(day), opens_at, draws.uniform(n))
    created = np.minimum(np.where(at_desk, office, any_hour), NOW - HOUR)
    order = np.argsort(created, kind="stable")
    created, team, source, inbound = (a[order] for a in (created, team, source, inbound))
    opens_at = people.opens_at[team]
    created_day = created // DAY

    campaign = np.full(n, -1)
    for kind, of_source in enumerate([words.TRADE_SHOW, words.WEBINAR, words.ADS, words.EMAIL]):
        ours = np.flatnonzero(campaigns.type == kind)
        theirs = np.flatnonzero((source == of_source) & draws.chance(0.87, n))
        latest = np.searchsorted(campaigns.first[ours], created_day[theirs], side="right") - 1
        campaign[theirs] = np.where(latest >= 0, ours[np.maximum(latest, 0)], -1)

    # Assignment: inbound leads wait in the queue of their region until a rep gets them.
    rep = people.choose(draws, team, created_day, words.SDR)
    queued = inbound & draws.chance(0.72, n)
    integrated = inbound & ~queued & draws.chance(0.2, n)
    lag = draws.lognormal(1_500.0, 1.2, n).astype(np.int64) + 40
    picked_up = clock.next_office_moment(created + lag, opens_at, draws.uniform(n))
    assigned = np.where(queued | integrated, picked_up, created)
    assigned = np.where((queued & draws.chance(0.035, n)), NEVER, assigned)
    late = assigned < NEVER
    rep[late] = _still_employed(draws, people, rep, team, assigned)[late]

    # Response: minutes to days, by the diligence of the rep and the warmth of the lead.
    warm = np.where(np.isin(source, [words.REFERRAL, words.WEB, words.PARTNER]), 0.7, 1.2)
    median = 4_200 * warm / people.rep_diligence[people.rep[rep]]
    delay = draws.lognormal(median, 1.55, n).astype(np.int64) + 150
    answered = draws.chance(0.91, n) & (assigned < NEVER)
    response = clock.next_office_moment(assigned + delay, opens_at, draws.uniform(n))
    response = np.where(answered, response, NEVER)

    skill = people.rep_skill[people.rep[rep]]
    fast = np.where(response - created < 4 * HOUR, 1.15, 0.9)
    quality = np.array(words.LEAD_QUALITY)[source]
    converts = draws.chance(np.clip(0.27 * quality * fast * (0.5 + 0.5 * skill), 0, 0.8), n)
    fate = draws.pick([9, 52, 17, 22], n)  # qualified in vain, closed, nurtured, left lying
    direct = draws.chance(0.14, n)

    def later(moment, days: float, spread: float):
        wait = draws.lognormal(days * DAY, spread, n).astype(np.int64) + HOUR
        then = clock.next_office_moment(moment + wait, opens_at, draws.uniform(n))
        return np.where(moment < NEVER, then, NEVER)

    nurtured = np.where(~converts & (fate == 2), later(response, 9, 0.7), NEVER)
    qualified = later(response, 4.5, 0.8)
    converted = np.where(converts, later(qualified, 3, 0.9), NEVER)
    closed_after = np.where(fate == 0, later(qualified, 12, 0.8), later(response, 16, 0.8))
    closes = ~converts & (fate <= 1)
    closed = np.where(closes, closed_after, NEVER)
    qualified = np.where((converts & ~direct) | (~converts & (fate == 0)), qualified, NEVER)
    # Nobody called: some are closed in a clean-up months later.
    swept = ~answered & draws.chance(0.35, n)
    closed = np.where(swept, clock.to_office(created + later_days(draws, n), opens_at), closed)
    for moments in (assigned, response, nurtured, qualified, converted, closed):
        moments[moments >= NOW] = NEVER

    leads = SimpleNamespace(
        n=n,
        created=created,
        team=team,
        source=source,
        campaign=campaign,
        assignment=rep,
        queued=queued,
        integrated=integrated,
        assigned=assigned,
        response=response,
        nurtured=nurtured,
        qualified=qualified,
        converted=converted,
        closed=closed,
        inbound=inbound,
    )
    _own(draws, people, leads)
    _walk(leads)
    # An account that came before: colleagues of an earlier lead fill in a form too.
    leads.with_deal = (converted < NEVER) & draws.chance(0.93, n)
    return leads


def later_days(draws: Draws, n: int) -> np.ndarray:
    """One to four months, in seconds."""
    return draws.whole(30 * DAY, 120 * DAY, n)


def _still_employed(draws, people, rep, team, assigned):
    """The rep chosen at creation, or another where that one had left before the assignment."""
    day = np.minimum(assigned // DAY, clock.AS_OF)
    gone = people.end[rep] < day
    kept = rep.copy()
    kept[gone] = people.choose(draws, team[gone], day[gone], words.SDR)
    return kept


def _own(draws: Draws, people: People, leads: SimpleNamespace) -> None:
    """Adds ``owners``: lead, since and owner (a rep, a queue or the integration), sorted."""
    done = np.minimum(np.minimum(leads.converted, leads.closed), NOW)
    # An executive takes over most qualified leads.
    taken = (leads.qualified < NEVER) & draws.chance(0.55, leads.n)
    done_by_first = np.where(taken, leads.qualified, np.minimum(done, leads.nurtured))
    owned = np.flatnonzero(leads.assigned < NEVER)
    lead, since, owner = people.hand_over(
        draws, leads.assignment[owned], words.SDR, leads.assigned[owned], done_by_first[owned]
    )
    parts = [(owned[lead], since, people.rep[owner], owner)]
    taken = np.flatnonzero(taken)
    day = leads.qualified[taken] // DAY
    second = people.choose(draws, leads.team[taken], day, words.EXECUTIVE)
    lead, since, owner = people.hand_over(
        draws, second, words.EXECUTIVE, leads.qualified[taken], done[taken]
    )
    parts.append((taken[lead], since, people.rep[owner], owner))
    waiting = np.flatnonzero(leads.queued | leads.integrated)
    region = people.team_region[leads.team[waiting]]
    holder = np.where(leads.queued[waiting], QUEUE - region, INTEGRATION)
    parts.append((waiting, leads.created[waiting], holder, np.full(len(waiting), -1)))
    lead, since, owner, assignment = (np.concatenate(part) for part in zip(*parts, strict=True))
    order = np.lexsort((since, lead))
    lead, since, owner, assignment = (a[order] for a in (lead, since, owner, assignment))
    # The same person again is no change of owner.
    same = np.r_[False, (lead[1:] == lead[:-1]) & (owner[1:] == owner[:-1])]
    leads.owners = SimpleNamespace(
        record=lead[~same], since=since[~same], owner=owner[~same], assignment=assignment[~same]
    )


def _walk(leads: SimpleNamespace) -> None:
    """Adds ``statuses`` (lead, at, old, new; sorted) and the present ``status``."""
    steps = [
        (words.WORKING, leads.response),
        (words.NURTURING, leads.nurtured),
        (words.QUALIFIED, leads.qualified),
        (words.CONVERTED, leads.converted),
        (words.NOT_CONVERTED, leads.closed),
    ]
    lead = np.concatenate([np.flatnonzero(at < NEVER) for _, at in steps])
    at = np.concatenate([at[at < NEVER] for _, at in steps])
    new = np.concatenate([np.full((at < NEVER).sum(), status) for status, at in steps])
    order = np.lexsort((new, at, lead))
    lead, at, new = lead[order], at[order], new[order]
    first = np.r_[True, lead[1:] != lead[:-1]]
    old = np.where(first, words.OPEN, np.r_[words.OPEN, new[:-1]])
    leads.statuses = SimpleNamespace(lead=lead, at=at, old=old, new=new)
    leads.status = np.full(leads.n, words.OPEN)
    last = np.r_[lead[1:] != lead[:-1], True]
    leads.status[lead[last]] = new[last]
