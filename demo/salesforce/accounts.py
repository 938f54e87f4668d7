"""Account and Contact."""

# One column of the file a line, or several that belong together.
# fmt: off

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from demo import words
from demo.clock import DAY, NOW
from demo.draws import Draws
from demo.files import Files, sql_list
from demo.salesforce.common import audit


def write_accounts(company: SimpleNamespace, draws: Draws, files: Files) -> None:
    """Write accounts and the people there."""
    accounts, contacts = company.accounts, company.contacts
    n = len(accounts.created)
    employees = np.floor(draws.lognormal(260.0, 1.3, n)).astype(np.int64) + 4
    revenue = np.round(employees * draws.lognormal(1.9, 0.4, n)).astype(np.int64)
    files.write(
        "Account",
        {
            "n": np.arange(n), "customer": accounts.is_customer, "country": accounts.country,
            "owner": accounts.owner, "industry": draws.pick(words.INDUSTRY_WEIGHTS, n),
            "employees": employees, "revenue": np.where(draws.chance(0.7, n), revenue, -1),
            "created": accounts.created, "zip": draws.whole(10_000, 99_999, n),
            "changed": np.minimum(accounts.created + draws.whole(0, 200 * DAY, n), NOW),
        },
        {
            "Id": "account_id(n)", "IsDeleted": "0", "MasterRecordId": "account_id(-1)",
            "Name": "company_name(n)",
            "Type": "case when customer then 'Customer' else 'Prospect' end",
            "ParentId": "account_id(-1)",
            "BillingStreet": "(n % 180 + 1) || ' ' || place_name(n + 40000) || ' Street'",
            "BillingCity": "place_name(n * 3 + 9000)", "BillingState": "''",
            "BillingPostalCode": "zip", "BillingCountry": "country",
            "Industry": f"pick({sql_list(words.INDUSTRIES)}, industry)",
            "AnnualRevenue": "case when revenue >= 0 then hundred_thousands(revenue) end",
            "NumberOfEmployees": "employees", "OwnerId": "user_id(owner)",
            **audit("user_id(owner)", "created", "changed"),
            "AccountSource": "''",
        },
    )
    n = len(contacts.account)
    source = company.leads.source[np.maximum(contacts.lead, 0)]
    files.write(
        "Contact",
        {
            "n": np.arange(n), "account": contacts.account, "created": contacts.created,
            "owner": accounts.owner[contacts.account], "title": draws.whole(0, 8, n),
            # A contact is called as the lead that it was.
            "person": np.where(contacts.lead >= 0, contacts.lead, 50_000_000 + np.arange(n)),
            "source": np.where(contacts.lead >= 0, source, words.NO_SOURCE),
        },
        {
            "Id": "contact_id(n)", "IsDeleted": "0", "MasterRecordId": "contact_id(-1)",
            "AccountId": "account_id(account)",
            "LastName": "last_name(person)", "FirstName": "first_name(person)",
            "Phone": "'+00 555 ' || (400000 + n)",
            "Email": "email(first_name(person), last_name(person), account)",
            "Title": f"pick({sql_list(words.JOB_TITLES)}, title)",
            "LeadSource": f"pick({sql_list(words.LEAD_SOURCES)}, source)",
            "OwnerId": "user_id(owner)",
            **audit("user_id(owner)", "created"),
        },
    )
