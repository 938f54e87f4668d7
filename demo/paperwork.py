"""What accompanies leads and deals: memberships, quotes, orders, owners, the recycle bin."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from demo import clock, words
from demo.clock import DAY, HOUR, NEVER, NOW
from demo.deals import owner_at, take
from demo.draws import Draws

# Statuses of quotes, in the order of Salesforce's list.
REJECTED, PRESENTED, ACCEPTED, DENIED = 4, 5, 6, 7


def add_paperwork(draws: Draws, company: SimpleNamespace) -> None:
    """Adds ``members``, ``quotes`` and ``orders``, and what records carry at present.

    Those are ``owner``, ``country`` and ``is_customer`` of accounts, ``owner`` of contracts,
    and ``is_deleted`` of leads and deals.
    """
    _accounts(draws, company)
    _recycle_bin(draws, company)
    company.members = _members(draws, company)
    company.quotes = _quotes(draws, company)
    company.orders = _orders(draws, company)
    contracts, owners = company.contracts, company.owners
    seller = owners.owner[owner_at(owners, np.maximum(contracts.deal, 0), contracts.signed)]
    farmer = company.accounts.owner[contracts.account]
    contracts.owner = np.where(contracts.deal >= 0, seller, farmer)


def _accounts(draws: Draws, company: SimpleNamespace) -> None:
    """Present owners: the accounts of those who left were shared out long ago."""
    people, accounts = company.people, company.accounts
    n = len(accounts.created)
    accounts.is_customer = np.zeros(n, dtype=bool)
    accounts.is_customer[company.contracts.account] = True
    accounts.is_customer[company.deals.account[company.deals.is_won]] = True
    today = np.full(n, clock.AS_OF)
    hunter = people.choose(draws, accounts.team, today, words.EXECUTIVE)
    farmer = people.choose(draws, accounts.team, today, words.ACCOUNT_MANAGER)
    farmed = accounts.is_customer & draws.chance(0.7, n)
    accounts.owner = people.rep[np.where(farmed, farmer, hunter)]
    choices = np.array([len(countries) for countries in people.team_countries])[accounts.team]
    place = np.floor(draws.uniform(n) * choices).astype(np.int64)
    most = max(len(countries) for countries in people.team_countries)
    names = [c + [""] * (most - len(c)) for c in people.team_countries]
    accounts.country = np.array(names, dtype=object)[accounts.team, place]


def _recycle_bin(draws: Draws, company: SimpleNamespace) -> None:
    """Spam leads and duplicate deals of the last two weeks, deleted and not yet purged."""
    leads, deals = company.leads, company.deals
    recent = leads.created > NOW - 16 * DAY
    untouched = (leads.status == words.OPEN) & (leads.response == NEVER)
    leads.is_deleted = recent & untouched & draws.chance(0.15, leads.n)
    leads.is_deleted[np.flatnonzero(untouched)[-1:]] = True
    young = (deals.created > NOW - 15 * DAY) & (deals.stage < words.WON)
    typed = (deals.kind == words.NEW_BUSINESS) & (deals.lead < 0)
    deals.is_deleted = young & typed & draws.chance(0.12, len(deals.created))
    deals.is_deleted[np.flatnonzero((deals.stage < words.WON) & typed)[-1:]] = True


def _members(draws: Draws, company: SimpleNamespace) -> SimpleNamespace:
    """Campaign members by creation: ``campaign``, ``lead``, ``at``, ``responded``."""
    campaigns, leads = company.campaigns, company.leads
    # The first membership made the lead known; some come to later campaigns too.
    first = np.flatnonzero(leads.campaign >= 0)
    again = np.flatnonzero(draws.chance(0.14, leads.n))
    moment = leads.created[again] + draws.whole(10 * DAY, 200 * DAY, len(again))
    later = np.searchsorted(campaigns.first, moment // DAY, side="right") - 1
    fits = (moment < NOW) & (later >= 0) & (later != leads.campaign[again])
    lead = np.concatenate([first, again[fits]])
    members = SimpleNamespace(
        campaign=np.concatenate([leads.campaign[first], later[fits]]),
        lead=lead,
        at=np.concatenate([leads.created[first] + 5, moment[fits]]),
        responded=draws.chance(0.7, len(lead)),
    )
    return take(members, np.argsort(members.at, kind="stable"))


def _quotes(draws: Draws, company: SimpleNamespace) -> SimpleNamespace:
    """Quotes of the deals that came as far as a proposal, the last one decided."""
    deals, history, owners = company.deals, company.history, company.owners
    offered = history.stage_set & np.isin(history.stage, [words.PROPOSAL, words.NEGOTIATION])
    offered &= history.amount >= 0
    row = np.flatnonzero(offered & draws.chance(0.82, len(history.at)))
    quotes = SimpleNamespace(
        deal=history.deal[row],
        total=history.amount[row],
        at=history.at[row] + draws.whole(60, 2 * HOUR, len(row)),
    )
    in_time = quotes.at < np.minimum(deals.closed_at[quotes.deal], NOW) - 60
    quotes = take(quotes, np.flatnonzero(in_time))
    quotes = take(quotes, np.argsort(quotes.at, kind="stable"))
    deal, n = quotes.deal, len(quotes.deal)
    latest = np.full(len(deals.created), -1)
    latest[deal] = np.arange(n)
    pending = draws.pick([14, 8, 8, 10, 0, 60], n)
    refused = np.where(draws.chance(0.55, n), DENIED, PRESENTED)
    decided = np.where(deals.is_won[deal], ACCEPTED, refused)
    status = np.where(deals.is_closed[deal], decided, pending)
    replaced = np.where(draws.chance(0.12, n), REJECTED, PRESENTED)
    quotes.status = np.where(latest[deal] == np.arange(n), status, replaced)
    quotes.owner = owners.owner[owner_at(owners, deal, quotes.at)]
    deals.synced_quote = np.where(draws.chance(0.6, len(latest)), latest, -1)
    return quotes


def _orders(draws: Draws, company: SimpleNamespace) -> SimpleNamespace:
    """An order for each won deal with an amount, entered and activated within days."""
    deals, owners = company.deals, company.owners
    won = np.flatnonzero(deals.is_won & (deals.amount >= 0))
    won = won[np.argsort(deals.closed_at[won], kind="stable")]
    made = deals.closed_at[won] + draws.whole(600, 30 * HOUR, len(won))
    won, made = won[made < NOW], made[made < NOW]
    n = len(won)
    ready = made + draws.whole(1_800, 6 * DAY, n)
    ready = np.where(draws.chance(0.975, n) & (ready < NOW), ready, NEVER)
    return SimpleNamespace(
        deal=won,
        made=made,
        effective=clock.workday(made // DAY + draws.whole(0, 4, n)),
        activated=ready,
        owner=owners.owner[owner_at(owners, won, deals.closed_at[won])],
    )
