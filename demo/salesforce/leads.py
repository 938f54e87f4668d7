"""Lead, LeadHistory, Campaign and CampaignMember."""

# One column of the file a line, or several that belong together.
# fmt: off

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from demo import clock, words
from demo.clock import DAY, HOUR, NEVER, NOW
from demo.deals import owner_at
from demo.draws import Draws
from demo.files import Files, sql_list
from demo.leads import INTEGRATION
from demo.salesforce.common import Users, audit, history_rows


def write_leads(company: SimpleNamespace, users: Users, draws: Draws, files: Files) -> None:
    """Write campaigns with their members, and leads with their history."""
    _campaigns(company, users, files)
    _leads(company, users, draws, files)
    _history(company, users, files)


def _campaigns(company: SimpleNamespace, users: Users, files: Files) -> None:
    campaigns, members, leads = company.campaigns, company.members, company.leads
    n = len(campaigns.name)
    made = np.maximum((campaigns.first - 20) * DAY, clock.FIRST_DAY * DAY + HOUR + np.arange(n))
    files.write(
        "Campaign",
        {
            "n": np.arange(n), "name": np.array(campaigns.name, dtype=object),
            "type": campaigns.type, "first": campaigns.first, "last": campaigns.last,
            "cost": np.where(campaigns.first <= clock.AS_OF, campaigns.cost, -1),
            "budget": campaigns.cost // 100_000 * 100_000 + 100_000,
            "made": np.minimum(made, NOW - 60),
            "leads": np.bincount(leads.campaign[leads.campaign >= 0], minlength=n),
        },
        {
            "Id": "campaign_id(n)", "IsDeleted": "0", "Name": "name",
            "ParentId": "campaign_id(-1)",
            "Type": f"pick({sql_list(words.CAMPAIGN_TYPES)}, type)",
            "Status": f"case when last < {clock.AS_OF} then 'Completed'"
            f" when first <= {clock.AS_OF} then 'In Progress' else 'Planned' end",
            "StartDate": "midnight(first)", "EndDate": "midnight(last)",
            "BudgetedCost": "money(budget)", "ActualCost": "money(cost)",
            "NumberOfLeads": "leads", "OwnerId": f"user_id({users.admin})",
            **audit(f"user_id({users.admin})", "made"),
        },
    )
    files.write(
        "CampaignMember",
        {
            "n": np.arange(len(members.lead)), "campaign": members.campaign, "lead": members.lead,
            "contact": leads.contact[members.lead], "made": members.at,
            "responded": members.responded,
        },
        {
            "Id": "campaign_member_id(n)", "IsDeleted": "0", "CampaignId": "campaign_id(campaign)",
            "LeadId": "lead_id(lead)", "ContactId": "contact_id(contact)",
            "Status": "case when responded then 'Responded' else 'Sent' end",
            "HasResponded": "responded::int",
            **audit(f"user_id({users.integration})", "made"),
            "FirstRespondedDate": "case when responded then midnight(made // 86400) end",
        },
    )


def _leads(company: SimpleNamespace, users: Users, draws: Draws, files: Files) -> None:
    leads, deals, owners = company.leads, company.deals, company.leads.owners
    n = leads.n
    first = np.r_[True, owners.record[1:] != owners.record[:-1]]
    last = np.r_[first[1:], True]
    present = np.full(n, INTEGRATION)
    present[owners.record[last]] = owners.owner[last]
    changed = np.maximum(leads.created, 0)
    np.maximum.at(changed, owners.record, owners.since)
    np.maximum.at(changed, leads.statuses.lead, leads.statuses.at)
    converted = leads.converted < NEVER
    country = np.array([c[0] for c in company.people.team_countries], dtype=object)[leads.team]
    country[converted] = company.accounts.country[leads.account[converted]]
    deal = np.full(n, -1)
    with_lead = np.flatnonzero(deals.lead >= 0)
    deal[deals.lead[with_lead]] = with_lead
    files.write(
        "Lead",
        {
            "n": np.arange(n), "deleted": leads.is_deleted, "country": country,
            "company": np.where(converted, leads.account, np.arange(n) + 60_000),
            "title": draws.whole(0, 8, n), "source": leads.source, "status": leads.status,
            "industry": draws.pick(words.INDUSTRY_WEIGHTS, n), "employees": draws.whole(5, 900, n),
            "rating": np.where(draws.chance(0.4, n), draws.whole(0, 3, n), 3), "owner": present,
            "converted": converted,
            "converted_day": np.where(converted, leads.converted // DAY, -1),
            "account": leads.account, "contact": leads.contact, "deal": deal,
            "created": leads.created, "changed": changed, "maker": _makers(company, users),
        },
        {
            "Id": "lead_id(n)", "IsDeleted": "deleted::int", "MasterRecordId": "lead_id(-1)",
            "LastName": "last_name(n)", "FirstName": "first_name(n)",
            "Title": f"pick({sql_list(words.JOB_TITLES)}, title)",
            "Company": "company_name(company)", "State": "''", "Country": "country",
            "Phone": "'+00 555 ' || (700000 + n)",
            "Email": "email(first_name(n), last_name(n), company)",
            "LeadSource": f"pick({sql_list(words.LEAD_SOURCES)}, source)",
            "Status": f"pick({sql_list(words.LEAD_STATUSES)}, status)",
            "Industry": f"pick({sql_list(words.INDUSTRIES)}, industry)",
            "Rating": "pick(['Hot', 'Warm', 'Cold', ''], rating)",
            "NumberOfEmployees": "employees", "OwnerId": users.lead_owner("owner"),
            "IsConverted": "converted::int", "ConvertedDate": "midnight(converted_day)",
            "ConvertedAccountId": "account_id(account)",
            "ConvertedContactId": "contact_id(contact)",
            "ConvertedOpportunityId": "opportunity_id(deal)",
            **audit("user_id(maker)", "created", "changed"),
        },
    )


def _makers(company: SimpleNamespace, users: Users) -> np.ndarray:
    """Who created each lead: the integration what came in, else the first owner."""
    leads, owners = company.leads, company.leads.owners
    first = np.r_[True, owners.record[1:] != owners.record[:-1]]
    maker = np.full(leads.n, users.integration)
    maker[owners.record[first]] = owners.owner[first]
    return np.where(leads.inbound | (maker < 0), users.integration, maker)


def _history(company: SimpleNamespace, users: Users, files: Files) -> None:
    leads, owners, statuses = company.leads, company.leads.owners, company.leads.statuses
    change = np.flatnonzero(np.r_[False, owners.record[1:] == owners.record[:-1]])
    lead, moment = owners.record[change], owners.since[change]
    old, new = owners.owner[change - 1], owners.owner[change]
    names = np.array(words.LEAD_STATUSES, dtype=object)
    converted = np.flatnonzero(leads.converted < NEVER)
    # Owner changes come twice: with names and with ids.
    rows = history_rows([
        {"kind": 0, "record": np.arange(leads.n), "happened": leads.created},
        {"kind": 1, "record": lead, "happened": moment,
         "old_text": users.names_of(old), "new_text": users.names_of(new)},
        {"kind": 2, "record": lead, "happened": moment, "old": old, "new": new},
        {"kind": 3, "record": statuses.lead, "happened": statuses.at,
         "old_text": names[statuses.old], "new_text": names[statuses.new]},
        {"kind": 4, "record": converted, "happened": leads.converted[converted]},
    ])
    actor = owners.owner[owner_at(owners, rows["record"], rows["happened"])]
    rows["actor"] = np.where(actor >= 0, actor, users.integration)
    files.write(
        "LeadHistory",
        rows,
        {
            "Id": "lead_history_id(n)", "IsDeleted": "0", "LeadId": "lead_id(record)",
            "CreatedById": "user_id(actor)", "CreatedDate": "moment(happened)",
            "Field": "pick(['created', 'Owner', 'Owner', 'Status', 'leadConverted'], kind)",
            "DataType": "pick(['Text', 'Text', 'EntityId', 'DynamicEnum', 'Text'], kind)",
            "OldValue": f"case when kind = 2 then {users.lead_owner('old')} else old_text end",
            "NewValue": f"case when kind = 2 then {users.lead_owner('new')} else new_text end",
        },
    )
