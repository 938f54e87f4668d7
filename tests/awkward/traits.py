"""What a company may have besides: merged records, several currencies, a second org.

Each trait changes the rows that a company was built of, by chances of its own, so that the
company of a seed is the same without it.
"""

from __future__ import annotations

import random
from copy import deepcopy
from datetime import date, timedelta
from typing import TYPE_CHECKING

from tests.awkward.formats import EMPTY_ID, sf_date, sf_flag, sf_instant

if TYPE_CHECKING:
    from tests.awkward.company import Company

Rows = dict[str, list[dict]]
# Objects of which a second org has a copy, under the same ids.
SHARED = {"User", "UserRole", "Account", "Contact", "Product2", "PricebookEntry", "Campaign"}
SHARED |= {"CurrencyType", "DatedConversionRate"}


# -- merged records ---------------------------------------------
def merge_records(company: Company, rng: random.Random) -> None:
    """Accounts, leads and contacts that were merged away, in chains too; what belonged to a
    survivor names the loser. Records that came back from the recycle bin."""
    for name, prefix in (("Account", "001"), ("Lead", "00Q"), ("Contact", "003")):
        losers = add_losers(company, rng, name, prefix)
        for loser, survivor in losers:
            hand_over(company, rng, survivor, loser)
        if name == "Contact":
            answer_contacts(company, rng, losers)
    for rows in company.sf.values():
        for row in rows:
            if row.get("IsDeleted") == "0" and not row.get("_vanished") and rng.random() < 0.05:
                row["_before"] = row.get("_before", {}) | {"IsDeleted": "1"}


def add_losers(
    company: Company, rng: random.Random, name: str, prefix: str
) -> list[tuple[str, str]]:
    """Adds losers, and returns the ids of loser and survivor."""
    rows = company.sf[name]
    pairs = []
    for _ in range(min(len(rows), max(4, len(rows) // 4))):
        # Among the rows are losers of before: a chain.
        survivor = rng.choice(rows[-8:] if rng.random() < 0.3 else rows)
        loser_id = company.ids.new(prefix)
        loser = {key: value for key, value in survivor.items() if key != "_before"} | {
            "Id": loser_id,
            "IsDeleted": "1",
            "MasterRecordId": survivor["Id"],
        }
        if "Name" in loser:
            loser |= {"Name": f"{loser['Name']} (old)", "BillingCountry": "Japan"}
        if rng.random() < 0.5:
            # Before the merge.
            loser["_before"] = {"IsDeleted": "0", "MasterRecordId": EMPTY_ID}
            loser["_vanished"] = False
        elif rng.random() < 0.3:
            # Purged from the recycle bin since; an earlier delivery told where it went.
            loser["_vanished"] = True
        rows.append(loser)
        pairs.append((loser_id, survivor["Id"]))
        if name == "Lead":
            add_history_of_loser(company, loser)
    return pairs


def add_history_of_loser(company: Company, loser: dict) -> None:
    """Which is no history of the survivor."""
    company.add(
        "LeadHistory",
        {
            "Id": company.ids.new("017"),
            "IsDeleted": "0",
            "LeadId": loser["Id"],
            "CreatedDate": loser["CreatedDate"],
            "Field": "Status",
            "DataType": "EnumOrId",
            "OldValue": "Open",
            "NewValue": "Sales Qualified",
            "_vanished": loser["_vanished"],
        },
        loser["_since"],
    )


def answer_contacts(company: Company, rng: random.Random, losers: list[tuple[str, str]]) -> None:
    """Quick answers to leads that became a contact, of which the answer names another record."""
    for loser, survivor in losers:
        leads = [r for r in company.sf["Lead"] if r["ConvertedContactId"] in (loser, survivor)]
        for lead in leads:
            other = loser if lead["ConvertedContactId"] == survivor else survivor
            call = {
                "Id": company.ids.new("00T"),
                "WhoId": rng.choice([other, other, loser]),
                "OwnerId": lead["OwnerId"],
                "IsDeleted": "0",
                "IsClosed": "1",
                "Status": "Completed",
                "TaskSubtype": "Call",
                "CompletedDateTime": lead["CreatedDate"],
                "CreatedDate": lead["CreatedDate"],
            }
            company.add("Task", call, lead["_since"])


def hand_over(company: Company, rng: random.Random, survivor: str, loser: str) -> None:
    """Lets some of what names the survivor name the loser."""
    for name, rows in company.sf.items():
        for row in rows:
            for column, value in row.items():
                is_reference = column.endswith("Id") and column not in ("Id", "MasterRecordId")
                if is_reference and value == survivor and name != "LeadHistory":
                    row[column] = loser if rng.random() < 0.4 else value
    for rows in company.flat.values():
        for row in rows:
            for column, value in row.items():
                if value == survivor:
                    row[column] = loser if rng.random() < 0.4 else value


# -- short ids ---------------------------------------------
def shorten_ids(company: Company, rng: random.Random) -> None:
    """Flat files that name CRM records by the 15 characters that reports show."""
    known = {row["Id"] for rows in company.sf.values() for row in rows if len(row["Id"]) == 18}
    for rows in company.flat.values():
        for row in rows:
            for column, value in row.items():
                if value in known and column != "rep_id" and rng.random() < 0.5:
                    row[column] = value[:15]


# -- currencies ---------------------------------------------
CURRENCIES = ["USD", "EUR", "JPY", "GBP"]
TYPICAL = {"USD": 1.0, "EUR": 0.9, "JPY": 150.0, "GBP": 0.8}
WITH_CURRENCY = [
    # Deals before what belongs to them.
    *("Opportunity", "OpportunityLineItem", "Quote", "Contract", "Order", "Campaign", "User"),
    "Account",
]
FLAT_WITH_CURRENCY = [
    *("opportunities", "quotes", "contracts", "purchases", "subscriptions", "campaigns"),
    *("quotas", "forecasts", "costs", "product_costs"),
]


def add_currencies(company: Company, rng: random.Random) -> None:
    """Amounts in four currencies, with the rates of the CRM, of finance, or of both."""
    reporting = rng.choice(["USD", "USD", "EUR"])
    if reporting != "USD" or rng.random() < 0.5:
        company.config["settings"]["reporting_currency"] = reporting
    corporate = rng.choice([reporting, "EUR", "GBP"])
    from_crm = company.has_sf and rng.random() < 0.8
    days = rate_days(company, rng)
    if from_crm:
        add_crm_rates(company, rng, corporate, days)
    for currency in CURRENCIES:
        if currency != reporting and (not from_crm or rng.random() < 0.25):
            for day in [date(1995, 1, 1), *days[:3]]:
                company.flat["fx_rates"].append(
                    {
                        "currency": currency,
                        "from_date": day.isoformat(),
                        "rate": rate_text(currency, reporting, rng),
                    }
                )
    deals = {}
    for name in WITH_CURRENCY:
        for row in company.sf[name]:
            owner = row.get("OpportunityId")
            row["CurrencyIsoCode"] = deals[owner] if owner in deals else rng.choice(CURRENCIES)
            if name == "Opportunity":
                deals[row["Id"]] = row["CurrencyIsoCode"]
    for name in FLAT_WITH_CURRENCY:
        for row in company.flat[name]:
            row["currency"] = rng.choice([*CURRENCIES, ""])


def rate_days(company: Company, rng: random.Random) -> list[date]:
    """Days on which rates change: the edges of months, and any day."""
    days = {company.day().replace(day=1) for _ in range(3)}
    days |= {day - timedelta(days=1) for day in days}
    return sorted(days | {company.first_day + timedelta(days=rng.randrange(400))})


def rate_text(currency: str, base: str, rng: random.Random) -> str:
    return f"{TYPICAL[currency] / TYPICAL[base] * rng.uniform(0.7, 1.4):.6f}"


def add_crm_rates(company: Company, rng: random.Random, corporate: str, days: list[date]) -> None:
    for currency in CURRENCIES:
        company.add(
            "CurrencyType",
            {
                "Id": company.ids.new("01L"),
                "IsoCode": currency,
                "ConversionRate": "1"
                if currency == corporate
                else rate_text(currency, corporate, rng),
                "IsCorporate": sf_flag(currency == corporate),
                "IsActive": sf_flag(rng.random() < 0.9),
            },
        )
    if rng.random() < 0.3:
        return
    for currency in CURRENCIES:
        if currency == corporate or rng.random() < 0.2:
            continue
        # The first rates begin before any date that is read.
        begins = rng.choice([["0000-12-30"], ["1970-01-01"], ["0000-12-30", "1980-01-01"]])
        begins = [f"{day} 00:00:00" for day in begins]
        for begin in [*begins, *(sf_date(day) for day in days if rng.random() < 0.7)]:
            company.add(
                "DatedConversionRate",
                {
                    "Id": company.ids.new("04w"),
                    "IsoCode": currency,
                    "StartDate": begin,
                    "NextStartDate": "",
                    "ConversionRate": rate_text(currency, corporate, rng),
                    "SystemModstamp": sf_instant(company.end),
                },
            )


# -- a second org ---------------------------------------------
def split_orgs(sf: Rows, rng: random.Random) -> tuple[Rows, Rows]:
    """Two orgs of what one had: people, accounts and products in both, under the same ids and
    partly under other names; deals and leads with all their parts in one of them."""
    first: Rows = {name: [] for name in sf}
    second: Rows = {name: [] for name in sf}
    place: dict[str, int] = {}
    for name in ("Opportunity", "Lead"):
        for row in sf[name]:
            place[row["Id"]] = rng.randrange(2)
    for name, rows in sf.items():
        for row in rows:
            if name in SHARED:
                copy = deepcopy(row)
                only = rng.random() if name == "User" else 1
                if only > 0.12:
                    first[name].append(row)
                if only < 0.05 or only > 0.2:
                    second[name].append(copy)
                if name in ("Account", "Product2") and rng.random() < 0.7:
                    copy["Name"] += " (EMEA)"
                if name == "User":
                    copy |= {"Division": "EMEA", "Title": rng.choice(["AE", "SDR"])}
                continue
            parents = [row.get(c) for c in ("Id", "OpportunityId", "LeadId", "WhoId", "WhatId")]
            known = [place[parent] for parent in parents if parent in place]
            org = known[0] if known else rng.randrange(2)
            (second if org else first)[name].append(row)
    return first, second
