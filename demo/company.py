"""The demo company as arrays: from leads to deals, contracts, renewals and churn."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from demo import clock, words
from demo import deals as selling
from demo.activities import make_activities
from demo.clock import DAY, HOUR, NEVER, NOW
from demo.deals import join, take
from demo.draws import Draws
from demo.leads import make_campaigns, make_leads
from demo.paperwork import add_paperwork
from demo.people import make_people
from demo.words import ADD_ON, NEW_BUSINESS, RENEWAL, WIN_BACK


def make_company(seed: int, scale: float, progress) -> SimpleNamespace:
    """Simulate the company up to :data:`demo.clock.NOW`; see the modules for the columns."""
    progress("people")
    people = make_people(Draws(seed, "people"), scale)
    campaigns = make_campaigns(Draws(seed, "campaigns"), scale)
    progress("leads")
    leads = make_leads(Draws(seed, "leads"), people, campaigns, scale)
    company = SimpleNamespace(scale=scale, people=people, campaigns=campaigns, leads=leads)
    progress("deals, contracts and renewals")
    _sell(company, Draws(seed, "deals"))
    progress("stage history and owners")
    draws = Draws(seed, "history")
    company.history = selling.walk(draws, people, company.deals)
    company.owners = selling.own(Draws(seed, "owners"), people, company.deals)
    _present(company)
    company.contacts = _contacts(Draws(seed, "contacts"), company)
    add_paperwork(Draws(seed, "paperwork"), company)
    progress("activities")
    company.activities = make_activities(Draws(seed, "activities"), company)
    return company


class _Accounts:
    """Accounts in the order in which they come up."""

    def __init__(self) -> None:
        self.created: list[np.ndarray] = []
        self.team: list[np.ndarray] = []
        self.count = 0

    def add(self, created, team) -> np.ndarray:
        """Numbers of new accounts, one for each element."""
        self.created.append(np.asarray(created, dtype=np.int64))
        self.team.append(np.asarray(team))
        self.count += len(created)
        return np.arange(self.count - len(created), self.count)


def _open_deals(draws: Draws, people, kind: int, created, team, account, **known):
    """A table of new deals of one kind, with the columns that :mod:`demo.deals` needs."""
    n = len(created)
    farmed = draws.chance(0.75, n)
    assignment = people.choose(draws, team, created // DAY, words.EXECUTIVE)
    if kind in (ADD_ON, RENEWAL):
        farmer = people.choose(draws, team, created // DAY, words.ACCOUNT_MANAGER)
        assignment = np.where(farmed, farmer, assignment)
    median = {NEW_BUSINESS: 55.0, ADD_ON: 36.0, RENEWAL: 40.0, WIN_BACK: 40.0}[kind]
    planned = np.full(n, kind == RENEWAL)
    columns = {
        "created": np.asarray(created, dtype=np.int64),
        "team": team,
        "account": account,
        "assignment": assignment,
        "kind": kind,
        "lead": -1,
        "campaign": -1,
        "source": words.NO_SOURCE,
        "due": 0,
        "renews": -1,
        "backlog": False,
        "belated": draws.chance(0.007, n) & ~planned,
        "belated_days": draws.whole(0, 18, n),
        "never_amount": draws.chance(0.03, n) & ~planned,
        "expected": selling.later_date(draws, created // DAY, median),
    }
    columns.update(known)
    return SimpleNamespace(**{k: np.broadcast_to(v, n).copy() for k, v in columns.items()})


def _sell(company: SimpleNamespace, draws: Draws) -> None:
    """Adds ``deals``, ``lines``, ``contracts``, ``subscriptions`` and ``accounts``."""
    people, leads, scale = company.people, company.leads, company.scale
    accounts = _Accounts()
    opening = _opening_contracts(draws, people, accounts, scale)

    # Converted leads: most make an account, some join that of an earlier one of the territory.
    converted = np.flatnonzero(leads.converted < NEVER)
    converted = converted[np.argsort(leads.converted[converted], kind="stable")]
    account = _accounts_for(
        draws, accounts, leads.converted[converted], leads.team[converted], 0.07
    )
    leads.account = np.full(leads.n, -1)
    leads.account[converted] = account
    with_deal = leads.with_deal[converted]
    from_leads = converted[with_deal]
    tables = [
        _open_deals(
            draws,
            people,
            NEW_BUSINESS,
            leads.converted[from_leads],
            leads.team[from_leads],
            account[with_deal],
            lead=from_leads,
            source=leads.source[from_leads],
            campaign=leads.campaign[from_leads],
            belated=False,
        )
    ]

    # Deals that reps found themselves; the first weeks bring those of the old system.
    n, old = round(1_640 * scale), round(150 * scale)
    backlog = np.arange(n + old) < old
    day = clock.FIRST_DAY + draws.pick(clock.demand_by_day(), n + old)
    day = np.where(backlog, clock.FIRST_DAY + draws.whole(0, 21, n + old), day)
    team = draws.pick(np.ones(len(people.team_names)), n + old)
    opens_at = people.opens_at[team]
    created = clock.office_moment(clock.workday(day), opens_at, draws.uniform(n + old))
    created = np.minimum(created, NOW - 2 * HOUR)
    order = np.argsort(created, kind="stable")
    created, team, backlog = created[order], team[order], backlog[order]
    account = _accounts_for(draws, accounts, created, team, 0.2)
    sources = [words.OUTBOUND, words.PARTNER, words.REFERRAL, words.TRADE_SHOW, words.NO_SOURCE]
    source = np.array(sources)[draws.pick([46, 21, 9, 10, 14], len(created))]
    shows = np.flatnonzero(company.campaigns.type == 0)
    latest = np.searchsorted(company.campaigns.first[shows], created // DAY, side="right") - 1
    campaign = np.where(
        (source == words.TRADE_SHOW) & (latest >= 0), shows[np.maximum(latest, 0)], -1
    )
    tables.append(
        _open_deals(
            draws,
            people,
            NEW_BUSINESS,
            created,
            team,
            account,
            source=source,
            campaign=campaign,
            backlog=backlog,
        )
    )
    deals = join(*tables)
    lines = _fresh_lines(draws, deals)
    selling.decide(draws, people, deals, lines)

    # Customers buy more.
    buyers = np.flatnonzero(deals.is_won)
    buyers = np.repeat(buyers, draws.count(0.95, len(buyers)))
    wait = np.floor(draws.exponential(300.0, len(buyers))).astype(np.int64) + 20
    day = clock.workday(deals.closed_at[buyers] // DAY + wait)
    # Summer and December are quiet here too.
    quiet = np.isin(clock.month_of(day) % 12, [6, 7, 11]) & draws.chance(0.35, len(day))
    keep = np.flatnonzero((day < clock.AS_OF) & ~quiet)
    buyers, day = buyers[keep], day[keep]
    team = deals.team[buyers]
    created = clock.office_moment(day, people.opens_at[team], draws.uniform(len(day)))
    more = _open_deals(draws, people, ADD_ON, created, team, deals.account[buyers])
    more_lines = _fresh_lines(draws, more)
    selling.decide(draws, people, more, more_lines)
    all_deals, all_lines = _append(None, None, deals, lines)
    all_deals, all_lines = _append(all_deals, all_lines, more, more_lines)

    # Contracts run out, are renewed or lost, and some of the lost come back.
    contracts, recurring = opening
    found, found_lines = _contracts_of(draws, all_deals, all_lines, 0, contracts)
    fresh = np.arange(len(contracts.start) + len(found.start))
    recurring = _stack_lines(recurring, found_lines, len(contracts.start))
    contracts = join(contracts, found)
    while len(fresh):
        known = len(all_deals.created)
        for make in (_renewals, _win_backs):
            born, born_lines = make(draws, people, fresh, contracts, recurring, all_deals)
            if born is None:
                continue
            selling.decide(draws, people, born, born_lines)
            all_deals, all_lines = _append(all_deals, all_lines, born, born_lines)
        found, found_lines = _contracts_of(draws, all_deals, all_lines, known, contracts)
        fresh = len(contracts.start) + np.arange(len(found.start))
        recurring = _stack_lines(recurring, found_lines, len(contracts.start))
        contracts = join(contracts, found)

    _in_order(company, all_deals, all_lines, contracts)
    company.accounts = SimpleNamespace(
        created=np.concatenate(accounts.created), team=np.concatenate(accounts.team)
    )
    _accounts_in_order(company)
    company.subscriptions = _subscriptions(draws, company)


def _accounts_for(draws: Draws, accounts: _Accounts, created, team, shared: float):
    """New accounts, but for a share of earlier ones of the same call and team."""
    n = len(created)
    old = draws.chance(shared, n)
    number = np.full(n, -1)
    number[~old] = accounts.add(created[~old], team[~old])
    place = draws.uniform(n)
    for one in np.unique(team[old]):
        ours = np.flatnonzero((team == one) & ~old)
        theirs = np.flatnonzero((team == one) & old)
        before = np.searchsorted(ours, theirs)
        has = before > 0
        pick = ours[np.floor(place[theirs[has]] * before[has]).astype(np.int64)]
        number[theirs[has]] = number[pick]
    left = number < 0
    number[left] = accounts.add(created[left], team[left])
    return number


def _fresh_lines(draws: Draws, deals):
    """Priced lines for new deals; recurring ones run for the deal's years."""
    n = len(deals.created)
    deals.years = draws.pick([62, 20, 18], n) + 1
    lines = selling.new_lines(draws, deals.kind, draws.lognormal(1.05, 0.4, n))
    recurs = selling.RECURS[lines.product]
    lines.seats = lines.quantity.copy()
    lines.quantity = np.where(recurs, lines.seats * deals.years[lines.deal], lines.quantity)
    selling.price(lines)
    return lines


def _append(deals, lines, more, more_lines):
    """Put deals and their lines below the others."""
    if deals is None:
        return more, more_lines
    lower = SimpleNamespace(**vars(more_lines))
    lower.deal = more_lines.deal + len(deals.created)
    return join(deals, more), join(lines, lower)


def _stack_lines(recurring, found, contracts: int):
    lower = SimpleNamespace(**vars(found))
    lower.contract = found.contract + contracts
    return join(recurring, lower)


def _opening_contracts(draws: Draws, people, accounts: _Accounts, scale: float):
    """Customers whose contracts came with the migration, on the first day."""
    n = round(150 * scale)
    team = draws.pick(np.ones(len(people.team_names)), n)
    loaded = clock.FIRST_DAY * DAY + HOUR + np.arange(n) // 50
    months = draws.whole(1, 19, n)
    start = np.full(n, clock.FIRST_DAY)
    contracts = SimpleNamespace(
        deal=np.full(n, -1),
        account=accounts.add(loaded, team),
        team=team,
        start=start,
        months=months,
        end=clock.add_months(start, months) - 1,
        signed=loaded,
        monthly=np.zeros(n, dtype=np.int64),
    )
    lines = draws.pick([50, 35, 15], n) + 1
    contract = np.repeat(np.arange(n), lines)
    weights = np.array([product[5] for product in words.PRODUCTS]) * selling.RECURS
    recurring = SimpleNamespace(
        contract=contract,
        product=draws.pick(weights, len(contract)),
        seats=np.maximum(np.floor(draws.lognormal(2.2, 0.8, len(contract))), 1).astype(np.int64),
        rebate=0.1 * draws.uniform(len(contract)),
    )
    recurring.quantity = recurring.seats
    selling.price(recurring)
    yearly = np.bincount(contract, weights=recurring.total, minlength=n)
    contracts.monthly = np.round(yearly / 12).astype(np.int64)
    recurring = SimpleNamespace(
        **{k: getattr(recurring, k) for k in ("contract", "product", "seats", "rebate")}
    )
    return contracts, recurring


def _contracts_of(draws: Draws, deals, lines, known: int, contracts):
    """Contracts of the won deals from ``known`` on that sold something recurring."""
    lines = take(lines, np.flatnonzero(selling.RECURS[lines.product]))
    mask = np.zeros(len(deals.created), dtype=bool)
    mask[lines.deal] = True
    deal = np.flatnonzero(mask & deals.is_won)
    deal = deal[deal >= known]
    n = len(deal)
    closed = deals.closed_at[deal] // DAY
    soon = closed + draws.whole(3, 25, n)
    next_month = clock.first_of_month(clock.month_of(closed) + 1)
    start = np.where(draws.chance(0.55, n), next_month, soon)
    renews = deals.renews[deal]
    is_renewal = deals.kind[deal] == RENEWAL
    start = np.where(is_renewal, contracts.end[np.maximum(renews, 0)] + 1, start)
    months = deals.years[deal] * 12
    found = SimpleNamespace(
        deal=deal,
        account=deals.account[deal],
        team=deals.team[deal],
        start=start,
        months=months,
        end=clock.add_months(start, months) - 1,
        signed=deals.closed_at[deal],
        monthly=np.zeros(n, dtype=np.int64),
    )
    position = np.full(len(deals.created), -1)
    position[deal] = np.arange(n)
    ours = np.flatnonzero(position[lines.deal] >= 0)
    recurring = SimpleNamespace(
        contract=position[lines.deal[ours]],
        product=lines.product[ours],
        seats=lines.seats[ours],
        rebate=lines.rebate[ours],
    )
    return found, recurring


def _again(draws: Draws, recurring, contract, change, years):
    """Lines for deals that continue contracts: the same products, more or fewer seats."""
    order = np.argsort(recurring.contract, kind="stable")
    bounds = np.searchsorted(recurring.contract[order], contract)
    counts = np.searchsorted(recurring.contract[order], contract, side="right") - bounds
    deal = np.repeat(np.arange(len(contract)), counts)
    inside = np.arange(len(deal)) - np.repeat(np.cumsum(counts) - counts, counts)
    row = order[bounds[deal] + inside]
    seats = np.maximum(np.round(recurring.seats[row] * change[deal]), 1).astype(np.int64)
    rebate = np.clip(recurring.rebate[row] + 0.08 * draws.uniform(len(row)) - 0.05, 0, 0.3)
    lines = SimpleNamespace(
        deal=deal,
        product=recurring.product[row],
        quantity=seats * years[deal],
        rebate=rebate,
        seats=seats,
    )
    selling.price(lines)
    return lines


def _renewals(draws: Draws, people, fresh, contracts, recurring, deals):
    """Renewal deals of contracts that near their end."""
    created_day = clock.workday(contracts.end[fresh] - draws.whole(55, 100, len(fresh)))
    created_day = np.maximum(created_day, clock.workday(contracts.signed[fresh] // DAY + 1))
    which = np.flatnonzero((created_day < clock.AS_OF) & (created_day < contracts.end[fresh]))
    if not len(which):
        return None, None
    contract, created_day = fresh[which], created_day[which]
    n = len(contract)
    team = contracts.team[contract]
    created = clock.office_moment(created_day, people.opens_at[team], draws.uniform(n))
    born = _open_deals(
        draws,
        people,
        RENEWAL,
        created,
        team,
        contracts.account[contract],
        renews=contract,
        due=contracts.end[contract],
        expected=contracts.end[contract],
    )
    born.years = draws.pick([70, 18, 12], n) + 1
    habit = draws.pick([38, 47, 15], n)
    grown = 1.15 + 0.45 * draws.uniform(n)
    shrunk = 0.45 + 0.4 * draws.uniform(n)
    change = np.where(habit == 0, 1.0, np.where(habit == 1, grown, shrunk))
    return born, _again(draws, recurring, contract, change, born.years)


def _win_backs(draws: Draws, people, fresh, contracts, recurring, deals):
    """Deals with customers who had left."""
    is_fresh = np.zeros(len(contracts.start), dtype=bool)
    is_fresh[fresh] = True
    lost = (deals.kind == RENEWAL) & deals.is_closed & ~deals.is_won
    lost &= is_fresh[np.maximum(deals.renews, 0)]
    lost = np.flatnonzero(lost)
    lost = lost[draws.chance(0.45, len(lost))]
    day = clock.workday(deals.due[lost] + draws.whole(45, 330, len(lost)))
    lost, day = lost[day < clock.AS_OF], day[day < clock.AS_OF]
    if not len(lost):
        return None, None
    n = len(lost)
    team = deals.team[lost]
    created = clock.office_moment(day, people.opens_at[team], draws.uniform(n))
    born = _open_deals(draws, people, WIN_BACK, created, team, deals.account[lost])
    born.years = np.ones(n, dtype=np.int64)
    change = 0.6 + 0.5 * draws.uniform(n)
    return born, _again(draws, recurring, deals.renews[lost], change, born.years)


def _in_order(company, deals, lines, contracts) -> None:
    """Number deals by creation and contracts by signature, as their ids will be."""
    order = np.argsort(deals.created, kind="stable")
    number = np.empty(len(order), dtype=np.int64)
    number[order] = np.arange(len(order))
    deals = take(deals, order)
    lines.deal = number[lines.deal]
    lines = take(lines, np.argsort(lines.deal, kind="stable"))
    by_signature = np.argsort(contracts.signed, kind="stable")
    contracts = take(contracts, by_signature)
    company.contract_number = np.empty(len(by_signature), dtype=np.int64)
    company.contract_number[by_signature] = np.arange(len(by_signature))
    contracts.deal = np.where(contracts.deal >= 0, number[contracts.deal], -1)
    deals.contract = np.full(len(order), -1)
    of_deal = np.flatnonzero(contracts.deal >= 0)
    deals.contract[contracts.deal[of_deal]] = of_deal
    company.deals, company.lines, company.contracts = deals, lines, contracts


def _accounts_in_order(company) -> None:
    accounts = company.accounts
    order = np.argsort(accounts.created, kind="stable")
    number = np.empty(len(order), dtype=np.int64)
    number[order] = np.arange(len(order))
    company.accounts = take(accounts, order)
    company.deals.account = number[company.deals.account]
    company.contracts.account = number[company.contracts.account]
    leads = company.leads
    leads.account = np.where(leads.account >= 0, number[leads.account], -1)


def _subscriptions(draws: Draws, company) -> SimpleNamespace:
    """What the billing system holds: one subscription per active contract, and trials.

    Columns: ``account``, ``start``, ``end`` (-1: none), ``mrr`` in cents.
    """
    contracts, lines, deals = company.contracts, company.lines, company.deals
    recurs = selling.RECURS[lines.product]
    n = len(deals.created)
    value = np.bincount(lines.deal[recurs], weights=lines.total[recurs], minlength=n)
    months = np.maximum(contracts.months, 1)
    mrr = np.round(value[np.maximum(contracts.deal, 0)] / months).astype(np.int64)
    opening = contracts.deal < 0
    mrr = np.where(opening, contracts.monthly, mrr)
    # Recent ones are still drafts or with the lawyers.
    young = contracts.signed > NOW - 25 * DAY
    contracts.status = np.where(young & ~opening, draws.pick([20, 25, 55], len(months)), 2)
    active = (contracts.status == 2) & (contracts.start <= clock.AS_OF + 45)
    which = np.flatnonzero(active)
    # Where nobody has cancelled yet the end stays open.
    open_end = (contracts.end[which] > clock.AS_OF) & draws.chance(0.6, len(which))
    table = SimpleNamespace(
        account=contracts.account[which],
        start=contracts.start[which],
        end=np.where(open_end, -1, contracts.end[which]),
        mrr=mrr[which],
    )
    prospects = np.flatnonzero(deals.kind == NEW_BUSINESS)
    trial = prospects[draws.chance(0.03, len(prospects))]
    start = clock.workday(deals.created[trial] // DAY + draws.whole(5, 25, len(trial)))
    keep = start < clock.AS_OF - 30
    trials = SimpleNamespace(
        account=deals.account[trial][keep],
        start=start[keep],
        end=start[keep] + 29,
        mrr=np.zeros(keep.sum(), dtype=np.int64),
    )
    table = join(table, trials)
    return take(table, np.lexsort((table.account, table.start)))


def _present(company) -> None:
    """The present record of each deal, read from its history."""
    deals, history = company.deals, company.history
    last = np.flatnonzero(history.last)
    deals.stage = history.stage[last]
    deals.amount = history.amount[last]
    deals.probability = history.probability[last]
    deals.close_day = history.close_day[last]
    deals.changed = history.at[last]
    staged = np.where(history.stage_set, np.arange(len(history.at)), 0)
    deals.stage_changed = history.at[np.maximum.accumulate(staged)[last]]
    ends = np.r_[company.owners.record[1:] != company.owners.record[:-1], True]
    deals.owner_row = np.flatnonzero(ends)


def _contacts(draws: Draws, company) -> SimpleNamespace:
    """Contacts: one per converted lead and at least one per account, by creation.

    Adds ``contact`` to the leads (-1: none) and ``contact``, the first one, to the accounts.
    """
    leads, accounts = company.leads, company.accounts
    n = len(accounts.created)
    converted = np.flatnonzero(leads.converted < NEVER)
    has = np.zeros(n, dtype=bool)
    has[leads.account[converted]] = True
    missing = np.flatnonzero(~has)
    extra = np.flatnonzero(draws.chance(0.45, n))
    later = accounts.created[extra] + draws.whole(DAY, 90 * DAY, len(extra))
    later = clock.to_office(later, company.people.opens_at[accounts.team[extra]])
    extra, later = extra[later < NOW], later[later < NOW]
    account = np.concatenate([leads.account[converted], missing, extra])
    created = np.concatenate([leads.converted[converted], accounts.created[missing] + 40, later])
    lead = np.concatenate([converted, np.full(len(missing) + len(extra), -1)])
    order = np.argsort(created, kind="stable")
    contacts = SimpleNamespace(account=account[order], created=created[order], lead=lead[order])
    leads.contact = np.full(leads.n, -1)
    of_lead = np.flatnonzero(contacts.lead >= 0)
    leads.contact[contacts.lead[of_lead]] = of_lead
    first = np.full(n, len(created))
    np.minimum.at(first, contacts.account, np.arange(len(created)))
    accounts.contact = first
    return contacts
