"""Deals: what is sold, who wins, and the walk through the stages as history recorded it."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from demo import clock, words
from demo.clock import DAY, HOUR, NEVER, NOW
from demo.draws import Draws
from demo.people import People
from demo.words import LOST, NEGOTIATION, NEW_BUSINESS, PROPOSAL, RENEWAL, WON

_LIST_PRICE = np.array([product[3] * 100 for product in words.PRODUCTS])
_WEIGHT = np.array([product[5] for product in words.PRODUCTS], dtype=float)
RECURS = np.array([product[6] for product in words.PRODUCTS])


def join(*tables: SimpleNamespace) -> SimpleNamespace:
    """Tables of the same columns, one below the other."""
    names = vars(tables[0])
    return SimpleNamespace(**{k: np.concatenate([getattr(t, k) for t in tables]) for k in names})


def take(table: SimpleNamespace, rows) -> SimpleNamespace:
    """The given rows of a table."""
    return SimpleNamespace(**{k: v[rows] for k, v in vars(table).items()})


def price(table: SimpleNamespace) -> None:
    """Fill a table of lines: list price, unit price, discount and total, in cents.

    Needs ``product``, ``quantity`` and ``rebate`` (share off the list price). Some reps
    enter the discount as such, others a lower unit price.
    """
    listed = _LIST_PRICE[table.product]
    percent = np.round(table.rebate * 200) / 2
    lowered = (table.product + table.quantity) % 3 == 0
    table.list_price = listed
    table.unit_price = np.where(
        lowered, np.round(listed * (1 - percent / 100) / 100) * 100, listed
    ).astype(np.int64)
    table.discount = np.where(lowered, 0.0, percent)
    total = table.unit_price * table.quantity * (1 - table.discount / 100)
    table.total = np.round(total).astype(np.int64)


def new_lines(draws: Draws, kind: np.ndarray, appetite: np.ndarray) -> SimpleNamespace:
    """Lines for deals that are no renewals; ``deal`` is the position of the deal."""
    n = len(kind)
    extra = draws.pick([22, 40, 24, 14], n)
    deal = np.repeat(np.arange(n), extra + 1)
    place = np.arange(len(deal)) - np.repeat(np.cumsum(extra + 1) - extra - 1, extra + 1)
    lead_line = (place == 0) & (kind[deal] == NEW_BUSINESS) & draws.chance(0.93, len(deal))
    instruments = ~RECURS & (_LIST_PRICE > 100_000)
    product = np.where(
        lead_line,
        draws.pick(_WEIGHT * instruments, len(deal)),
        draws.pick(_WEIGHT * np.where(RECURS, 2.0, 1.0), len(deal)),
    )
    # The cheaper, the more of it: deals differ less than prices do.
    cheap = np.sqrt(np.clip(1_000_000 / _LIST_PRICE[product], 0.2, 16))
    size = draws.lognormal(0.8, 0.5, len(deal)) * cheap * np.sqrt(cheap)
    quantity = np.maximum(np.floor(size * appetite[deal] + 0.5), 1).astype(np.int64)
    rebate = np.where(draws.chance(0.62, len(deal)), draws.lognormal(0.07, 0.6, len(deal)), 0)
    lines = SimpleNamespace(
        deal=deal, product=product, quantity=quantity, rebate=np.minimum(rebate, 0.3)
    )
    return lines


def decide(draws: Draws, people: People, deals: SimpleNamespace, lines) -> None:
    """How each deal ends, whatever the as-of date: adds outcome and moments to ``deals``.

    Needs ``created``, ``team``, ``assignment``, ``kind``, ``source``, ``backlog`` (came with
    the migration), ``belated`` (entered after the fact) and ``due`` (the day on which the
    contract ends, of renewals).
    """
    n = len(deals.created)
    # Lines of a contract count in years; a deal without lines keeps this as its amount.
    deals.total = np.bincount(lines.deal, weights=lines.total, minlength=n).astype(np.int64)
    skill = people.rep_skill[people.rep[deals.assignment]]
    base = np.array([0.165, 0.32, 0.82, 0.45])[deals.kind]
    years = (deals.created / DAY - clock.FIRST_DAY) / 365
    effort = np.where(deals.kind == RENEWAL, 1.0, skill * np.sqrt(skill))
    effort = effort * np.array(words.DEAL_QUALITY)[deals.source] * (0.97 + 0.05 * years)
    large = np.clip(deals.total / 6_000_000, 0, 3)
    chance = base * np.where(deals.kind == RENEWAL, 1.0, effort * (1.08 - 0.1 * large))
    won = draws.chance(np.clip(chance, 0.02, 0.93), n) | deals.belated

    opens_at = people.opens_at[deals.team]
    size = np.clip(np.sqrt(np.maximum(deals.total, 1) / 2_500_000), 0.6, 2.2)
    pace = np.array([1.0, 0.62, 1.0, 0.6])[deals.kind] * (1.12 - 0.12 * skill)
    won_days = draws.lognormal(52 * size * pace, 0.55, n)
    lost_days = draws.lognormal(66 * size * pace, 0.8, n)
    # Nobody dares to close them.
    lost_days = np.where(draws.chance(0.05, n), lost_days + draws.whole(120, 400, n), lost_days)
    days = np.clip(np.where(won, won_days, lost_days), 2.5, 640)
    days = np.where(deals.backlog, days * 0.75 + 2, days)
    day = deals.created // DAY + np.round(days).astype(np.int64)
    renewal_day = deals.due + np.where(won, draws.whole(-28, 4, n), draws.whole(-12, 14, n))
    day = np.where(deals.kind == RENEWAL, renewal_day, day)

    # The quarter's end draws deals near, the year's most of all, and those that would be
    # won just after it; what was not won is cleaned up afterwards.
    end = clock.quarter_end(day)
    last = clock.quarter_end(np.maximum(end - 100, deals.created // DAY))
    year_end = clock.month_of(end) % 12 == 11
    sells = won & (deals.kind != RENEWAL) & (end > clock.FIRST_DAY + 60)
    near = sells & (end - day < 45) & draws.chance(np.where(year_end, 0.65, 0.45), n)
    just_missed = sells & ~near & (day - last < np.where(clock.month_of(last) % 12 == 11, 32, 18))
    just_missed &= (last > deals.created // DAY + 5) & (last < day) & draws.chance(0.5, n)
    rushed = np.where(just_missed, last, end) - np.floor(draws.exponential(4.0, n)).astype(np.int64)
    after = (end - day < 25) & ~won & draws.chance(0.3, n)
    tidied = end + draws.whole(2, 14, n)
    day = np.where(near | just_missed, np.maximum(rushed, deals.created // DAY + 2), day)
    day = np.where(after, tidied, day)
    day = np.maximum(clock.workday_before(day), clock.workday(deals.created // DAY + 1))
    closed = clock.office_moment(day, opens_at, draws.uniform(n))
    closed = np.where(deals.belated, deals.created, closed)

    # A few come back: lost ones called again, won ones whose order was withdrawn.
    can_reopen = (deals.kind != RENEWAL) & ~deals.belated
    again = can_reopen & draws.chance(np.where(won, 0.025, 0.04), n)
    pause = draws.lognormal(np.where(won, 6.0, 24.0), 0.6, n)
    second = draws.lognormal(np.where(won, 12.0, 26.0), 0.6, n)
    pause_end = clock.workday(closed // DAY + 1 + np.round(pause).astype(np.int64))
    reopened = clock.office_moment(pause_end, opens_at, draws.uniform(n))
    second_end = clock.workday(pause_end + 1 + np.round(second).astype(np.int64))
    closed_again = clock.office_moment(second_end, opens_at, draws.uniform(n))
    deals.reopened = np.where(again, reopened, NEVER)
    deals.closed_again = np.where(again, closed_again, NEVER)
    deals.closed = closed
    deals.won = won
    deals.won_again = draws.chance(np.where(won, 0.85, 0.4), n)

    # The present state.
    first = closed <= NOW
    back = deals.reopened <= NOW
    twice = deals.closed_again <= NOW
    deals.is_closed = (first & ~back) | twice
    deals.is_won = deals.is_closed & np.where(back, deals.won_again, won)
    last = np.where(back, deals.closed_again, closed)
    deals.closed_at = np.where(deals.is_closed, last, NEVER)


def own(draws: Draws, people: People, deals: SimpleNamespace) -> SimpleNamespace:
    """Owners of deals over time: record, since, assignment; sorted by record and moment."""
    n = len(deals.created)
    ends = np.minimum(deals.closed_at, NOW)
    # Some developers open the deal themselves and pass it on in the days after.
    fresh = (deals.lead >= 0) & draws.chance(0.14, n)
    passed = deals.created + draws.lognormal(1.4 * DAY, 0.7, n).astype(np.int64)
    passed = clock.next_office_moment(passed, people.opens_at[deals.team], draws.uniform(n))
    fresh &= passed < ends - HOUR
    opened_by = np.flatnonzero(fresh)
    developer = people.choose(
        draws, deals.team[fresh], deals.created[fresh] // DAY, words.SDR, until=passed[fresh] // DAY
    )
    begins = np.where(fresh, passed, deals.created)
    parts = [(opened_by, deals.created[opened_by], developer)]
    # Territories are redrawn now and then.
    moved = deals.created + np.floor((ends - deals.created) * draws.uniform(n)).astype(np.int64)
    moved = clock.to_office(moved, people.opens_at[deals.team])
    redrawn = draws.chance(0.035, n) & (moved > begins + DAY) & (moved < ends - DAY)
    colleague = people.choose(draws, deals.team[redrawn], moved[redrawn] // DAY, words.EXECUTIVE)
    parts.append(
        _shift(
            people.hand_over(draws, colleague, words.EXECUTIVE, moved[redrawn], ends[redrawn]),
            np.flatnonzero(redrawn),
        )
    )
    until = np.where(redrawn, moved, ends)
    parts.append(people.hand_over(draws, deals.assignment, words.EXECUTIVE, begins, until))
    record, since, assignment = (np.concatenate(part) for part in zip(*parts, strict=True))
    order = np.lexsort((since, record))
    record, since, assignment = record[order], since[order], assignment[order]
    owner = people.rep[assignment]
    same = np.r_[False, (record[1:] == record[:-1]) & (owner[1:] == owner[:-1])]
    return SimpleNamespace(
        record=record[~same], since=since[~same], owner=owner[~same], assignment=assignment[~same]
    )


def _shift(owners, positions):
    record, since, assignment = owners
    return positions[record], since, assignment


def owner_at(owners: SimpleNamespace, record, moment) -> np.ndarray:
    """Position in ``owners`` of the owner of each record at each moment."""
    keys = owners.record * NEVER + owners.since
    return np.searchsorted(keys, record * NEVER + moment, side="right") - 1


def walk(draws: Draws, people: People, deals: SimpleNamespace) -> SimpleNamespace:
    """The history of all deals, one element per recorded state, by deal and moment.

    Columns: ``deal``, ``at``, ``stage``, ``amount`` (cents, -1: none), ``probability``,
    ``close_day``, and ``stage_set``: whether the stage changed there; ``first`` and ``last``
    mark a deal's first and last state.
    """
    parts = [_stages(draws, people, deals), _second_life(draws, deals)]
    parts += _revisions(draws, people, deals)
    events = join(*parts)
    del parts
    keep = events.at <= NOW
    events = take(events, np.flatnonzero(keep))
    # Lines are entered with the proposal, mostly.
    offered = np.isin(events.stage, [PROPOSAL, NEGOTIATION, WON])
    offered = np.bincount(events.deal[offered], minlength=len(deals.created)) > 0
    wanted = draws.chance(np.where(deals.is_won, 0.95, 0.8), len(deals.created))
    deals.has_lines = offered & wanted & ~deals.never_amount
    order = np.lexsort((events.priority, events.at, events.deal))
    events = take(events, order)
    # Two changes never share a second.
    while True:
        clash = np.r_[False, (events.deal[1:] == events.deal[:-1]) & (np.diff(events.at) <= 0)]
        if not clash.any():
            break
        events.at[clash] = events.at[np.flatnonzero(clash) - 1] + 1

    def carried(values, known):
        rows = np.where(known, np.arange(len(known)), 0)
        return values[np.maximum.accumulate(rows)]

    first = np.r_[True, events.deal[1:] != events.deal[:-1]]
    last = np.r_[events.deal[1:] != events.deal[:-1], True]
    stage_set = events.stage >= 0
    amount_set = (events.amount >= 0) | first
    # The lines add up to the present amount, so its last change leads to their total.
    last_set = np.where(amount_set, np.arange(len(first)), 0)
    rows = np.maximum.accumulate(last_set)[last]
    to_total = deals.has_lines[events.deal[rows]] & (events.amount[rows] >= 0)
    events.amount[rows[to_total]] = deals.total[events.deal[rows[to_total]]]
    probability = np.where(
        stage_set, np.array(words.STAGE_PROBABILITIES)[events.stage], events.probability
    )
    history = SimpleNamespace(
        deal=events.deal,
        at=events.at,
        stage=carried(events.stage, stage_set),
        stage_set=stage_set,
        amount=carried(events.amount, amount_set),
        probability=carried(probability, stage_set | (events.probability >= 0)),
        close_day=carried(events.close_day, events.close_day >= 0),
    )
    # A date pushed to the same day, or an opinion confirmed, is no change.
    changed = first.copy()
    for column in (history.stage, history.amount, history.probability, history.close_day):
        changed[1:] |= column[1:] != column[:-1]
    history = take(history, np.flatnonzero(changed))
    history.first = np.r_[True, history.deal[1:] != history.deal[:-1]]
    history.last = np.r_[history.first[1:], True]
    return history


def _event(deal, at, stage=-1, amount=-1, probability=-1, close_day=-1, priority=0):
    """Recorded changes; -1 is "as before"."""
    n = len(deal)

    def column(value) -> np.ndarray:
        return np.broadcast_to(np.asarray(value, dtype=np.int64), n).copy()

    return SimpleNamespace(
        deal=column(deal),
        at=column(at),
        stage=column(stage),
        amount=column(amount),
        probability=column(probability),
        close_day=column(close_day),
        priority=column(priority),
    )


def _rounded(cents, to: int = 50_000) -> np.ndarray:
    """What people type: whole hundreds."""
    return np.maximum(np.round(cents / to), 1).astype(np.int64) * to


def _stages(draws: Draws, people: People, deals: SimpleNamespace) -> SimpleNamespace:
    """Creation, the stages on the way with the amounts set there, and the close."""
    n = len(deals.created)
    entry = draws.pick([52, 36, 12], n)
    entry = np.where(deals.backlog, draws.pick([15, 25, 25, 20, 15], n), entry)
    entry = np.where(deals.kind == RENEWAL, 3, entry)
    exit_of_lost = draws.pick([7, 16, 23, 17, 24, 13], n)
    final = np.where(deals.won, NEGOTIATION, np.maximum(exit_of_lost, entry))
    # Each stage has three places: the stage, a step back, and the stage once more.
    regress_at = np.where(draws.chance(0.09, n), entry + 1 + draws.whole(0, 4, n), 99)
    stage = np.repeat(np.arange(6), 3)
    stage[1::3] -= 1
    skipped = draws.uniform(n * 6).reshape(n, 6) < 0.11
    length = draws.exponential(1.0, n * 18).reshape(n, 18)
    length *= np.array([0.7, 1.0, 1.3, 1.0, 1.4, 0.9])[stage] + 0.15
    here = np.arange(6)[None, :]
    visits = (here >= entry[:, None]) & (here <= final[:, None])
    visits &= ~skipped | (here == entry[:, None]) | (here == final[:, None])
    active = np.repeat(visits, 3, axis=1)
    back = visits & (here == regress_at[:, None])
    active[:, 1::3] = back
    active[:, 2::3] = back
    active[deals.belated] = False
    length *= active
    length[:, 1::3] *= 0.6
    share = np.cumsum(length, axis=1)
    with np.errstate(invalid="ignore"):
        share = (share - length) / share[:, -1:]
    opens_at = people.opens_at[deals.team]
    begins = clock.from_office(deals.created, opens_at)
    span = np.maximum(clock.from_office(deals.closed, opens_at) - begins, 0)
    deal, place = np.nonzero(active)
    moment = begins[deal] + np.floor(share[deal, place] * span[deal]).astype(np.int64)
    at = clock.to_office(moment, opens_at[deal])
    reached = stage[place]
    first = np.r_[True, deal[1:] != deal[:-1]]
    at[first] = deals.created[deal[first]]
    # Rounding could put a change on the second of the close.
    at = np.where(first, at, np.clip(at, deals.created[deal] + 60, deals.closed[deal] - 30))

    guess = draws.lognormal(1.06, 0.3, n)
    named = ~draws.chance(0.12, n) & ~deals.never_amount
    quote = 1 + np.where(draws.chance(0.45, n), 0.0, 0.14 * draws.uniform(n))
    estimate = np.where(named, _rounded(deals.total * guess), -1)
    revised = _rounded(deals.total * (0.5 + 0.5 * guess))
    quoted = np.round(deals.total * quote).astype(np.int64)
    negotiated = np.where(draws.chance(0.6, n), deals.total, quoted)
    amount = np.where(reached == 2, np.where((deal % 3 == 0) | ~named[deal], revised[deal], -1), -1)
    amount = np.where(reached == PROPOSAL, quoted[deal], amount)
    amount = np.where(reached == NEGOTIATION, negotiated[deal], amount)
    amount = np.where(first, estimate[deal], amount)
    amount = np.where(deals.never_amount[deal], -1, amount)
    close_day = np.where(first, deals.expected[deal], -1)
    way = _event(deal, at, reached, amount, close_day=close_day)

    everyone = np.arange(n)
    # Sometimes the amount is corrected days after the close.
    corrected = deals.won & draws.chance(0.025, n) & (deals.reopened == NEVER)
    wrong = _rounded(deals.total * 1.04, 100)
    final_amount = np.where(corrected, wrong, deals.total)
    final_amount = np.where(deals.won & ~deals.never_amount, final_amount, -1)
    day = deals.closed // DAY
    day = np.where(deals.belated, np.maximum(day - deals.belated_days, clock.FIRST_DAY), day)
    close = _event(
        everyone, deals.closed, np.where(deals.won, WON, LOST), final_amount, close_day=day
    )
    which = np.flatnonzero(corrected & ~deals.never_amount)
    days_after = clock.workday(deals.closed[which] // DAY + draws.whole(1, 7, len(which)))
    moment = clock.office_moment(days_after, opens_at[which], draws.uniform(len(which)))
    moment = np.maximum(moment, deals.closed[which] + HOUR)
    return join(way, close, _event(which, moment, amount=deals.total[which]))


def _second_life(draws: Draws, deals: SimpleNamespace) -> SimpleNamespace:
    """Reopening and the second close."""
    which = np.flatnonzero(deals.reopened < NEVER)
    n = len(which)
    stage = np.where(deals.won[which] | draws.chance(0.5, n), NEGOTIATION, PROPOSAL)
    expected = clock.month_end(deals.reopened[which] // DAY + 20)
    amount = np.where(deals.never_amount[which], -1, deals.total[which])
    back = _event(which, deals.reopened[which], stage, amount, close_day=expected)
    again = _event(
        which,
        deals.closed_again[which],
        np.where(deals.won_again[which], WON, LOST),
        close_day=deals.closed_again[which] // DAY,
    )
    return join(back, again)


def _revisions(draws: Draws, people: People, deals: SimpleNamespace) -> list[SimpleNamespace]:
    """Between the stages: expected close dates pushed and pulled, probabilities overridden."""
    n = len(deals.created)
    opens_at = people.opens_at[deals.team]
    limit = np.minimum(deals.closed, NOW + DAY) - HOUR
    expected = deals.expected.copy()
    latest = deals.created.copy()
    parts = []

    pulls = np.flatnonzero(draws.chance(0.09, n) & ~deals.belated)
    span = np.minimum(limit[pulls], expected[pulls] * DAY) - deals.created[pulls]
    share = 0.3 + 0.4 * draws.uniform(len(pulls))
    moment = deals.created[pulls] + np.floor(share * span).astype(np.int64)
    moment = clock.to_office(moment, opens_at[pulls])
    sooner = (moment // DAY + expected[pulls]) // 2
    fits = (expected[pulls] - moment // DAY > 14) & (moment < limit[pulls])
    fits &= moment > deals.created[pulls] + HOUR
    pulls, moment, sooner = pulls[fits], moment[fits], sooner[fits]
    expected[pulls], latest[pulls] = sooner, moment
    parts.append(_event(pulls, moment, close_day=sooner, priority=1))

    # Reps push the date when it comes near or has passed; the careless stop doing so.
    diligence = people.rep_diligence[people.rep[deals.assignment]]
    active = np.flatnonzero(~deals.belated)
    for _ in range(14):
        m = len(active)
        lag = draws.exponential(7 / np.clip(diligence[active], 0.5, 2), m) - 4
        day = clock.workday(np.floor(expected[active] + lag).astype(np.int64))
        day = np.maximum(day, clock.workday(latest[active] // DAY + 1))
        moment = clock.office_moment(day, opens_at[active], draws.uniform(m))
        pushed = (moment < limit[active]) & draws.chance(0.92, m)
        active, moment = active[pushed], moment[pushed]
        if not len(active):
            break
        expected[active] = later_date(draws, moment // DAY, 30.0)
        latest[active] = moment
        parts.append(_event(active, moment, close_day=expected[active], priority=1))

    override = np.flatnonzero(draws.chance(0.07, n) & ~deals.belated)
    span = limit[override] - deals.created[override]
    moment = deals.created[override] + np.floor(
        (0.2 + 0.7 * draws.uniform(len(override))) * span
    ).astype(np.int64)
    moment = clock.to_office(moment, opens_at[override])
    fits = (moment < limit[override]) & (moment > deals.created[override] + HOUR)
    override, moment = override[fits], moment[fits]
    opinion = 5 * draws.whole(2, 18, len(override))
    parts.append(_event(override, moment, probability=opinion, priority=2))
    return parts


def later_date(draws: Draws, day, days) -> np.ndarray:
    """An expected close date some time after ``day``, often the end of a month or quarter."""
    n = len(day)
    guess = day + 3 + np.round(draws.lognormal(days, 0.5, n)).astype(np.int64)
    habit = draws.pick([45, 30, 25], n)
    guess = np.where(habit == 1, clock.month_end(guess), guess)
    return np.where(habit == 2, clock.quarter_end(guess), guess)
