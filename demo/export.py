"""Writes the company as extracts: a Salesforce weekly Data Export and flat files.

Every column is an SQL expression over the simulated arrays, so that DuckDB renders and
writes millions of rows without Python touching one.
"""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import duckdb
import numpy as np

from demo import activities as work
from demo import clock, planning, words
from demo.clock import DAY, NEVER, NOW
from demo.deals import owner_at
from demo.draws import Draws
from demo.leads import INTEGRATION

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_CHECKSUM = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_NO_RECORD = "000000000000000AAA"

# Key prefix of each object, and the number that its first record has.
_KEYS = {
    "account": ("001", 4_100), "contact": ("003", 7_300), "user": ("005", 120),
    "opportunity": ("006", 2_900), "opportunity_history": ("008", 51_000),
    "field_history": ("017", 90_000), "user_role": ("00E", 40), "queue": ("00G", 9),
    "opportunity_line": ("00k", 11_000), "lead": ("00Q", 6_000), "task": ("00T", 33_000),
    "event": ("00U", 8_000), "campaign_member": ("00v", 5_000), "product": ("01t", 300),
    "pricebook": ("01s", 5), "pricebook_entry": ("01u", 600), "quote": ("0Q0", 1_700),
    "campaign": ("701", 70), "contract": ("800", 1_300), "sales_order": ("801", 2_200),
    "order_line": ("802", 6_400), "lead_history": ("017", 4_000_000_000), "profile": ("00e", 11),
}  # fmt: skip


def write_extracts(company: SimpleNamespace, seed: int, out_dir: Path, progress) -> None:
    """Write both deliveries below ``out_dir``; each appears under its name when complete."""
    deliveries = [out_dir / source / "full" / clock.DELIVERY for source in ("salesforce", "flat")]
    parts = [folder.with_name(folder.name + ".part") for folder in deliveries]
    for folder in parts:
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.iterdir():
            old.unlink()
    with duckdb.connect() as con:
        con.execute("set TimeZone = 'UTC'")
        for statement in _macros():
            con.execute(statement)
        progress("Salesforce export")
        _Salesforce(company, Draws(seed, "export"), _Files(con, parts[0])).write()
        progress("flat extracts")
        _write_flat(company, Draws(seed, "plans"), _Files(con, parts[1]))
    for part, folder in zip(parts, deliveries, strict=True):
        if folder.exists():
            for old in folder.iterdir():
                old.unlink()
            folder.rmdir()
        part.rename(folder)


class _Files:
    """One delivery folder; writes an object from arrays and SQL expressions."""

    def __init__(self, con: duckdb.DuckDBPyConnection, folder: Path) -> None:
        self._con = con
        self._folder = folder

    def write(self, name: str, arrays: dict, columns: dict[str, str], options: str = "") -> None:
        """Write ``name``.csv with the header of ``columns``; no value is an empty cell."""
        cells = ", ".join(
            f"coalesce(({expression})::varchar, '') as \"{column}\""
            for column, expression in columns.items()
        )
        path = str(self._folder / f"{name}.csv").replace("'", "''")
        self._con.register("records", arrays)
        self._con.execute(f"copy (select {cells} from records) to '{path}' (header {options})")
        self._con.unregister("records")


def _sql_list(values) -> str:
    return "[" + ", ".join("'" + str(value).replace("'", "''") + "'" for value in values) + "]"


def _macros() -> list[str]:
    """SQL macros: ids with their checksum, moments, days, amounts, and words by number."""
    letters = [f"substr('{_DIGITS}', (n // {62**k} % 62 + 1)::int, 1)" for k in range(6)]
    capital = [f"(n // {62**k} % 62 between 10 and 35)::int" for k in range(6)]
    last_five = " + ".join(f"{capital[k]} * {1 << (4 - k)}" for k in range(5))
    body = " || ".join(reversed(letters))
    found = [
        f"create macro id_of(head, check_1, n) as head || {body} || check_1"
        f" || substr('{_CHECKSUM}', 1 + 16 * {capital[5]}, 1)"
        f" || substr('{_CHECKSUM}', 1 + {last_five}, 1)"
    ]
    for name, (prefix, first) in _KEYS.items():
        head = prefix + "Vd0000"
        bits = sum(1 << place for place, letter in enumerate(head[:5]) if letter.isupper())
        found.append(
            f"create macro {name}_id(n) as case when n >= 0 then"
            f" id_of('{head}', '{_CHECKSUM[bits]}', n::bigint + {first}) else '{_NO_RECORD}' end"
        )
    found += [
        "create macro moment(n) as case when n between 0 and 99999999999"
        " then make_timestamp(n::bigint * 1000000)::varchar end",
        "create macro day(n) as case when n >= 0 then (date '1970-01-01' + n::int)::varchar end",
        "create macro midnight(n) as day(n) || ' 00:00:00'",
        "create macro money(c) as case when c < 0 then null when c % 100 = 0"
        " then (c // 100)::varchar else (c::decimal(20, 0) / 100)::decimal(20, 2)::varchar end",
        "create macro number(x) as rtrim(rtrim(x::decimal(18, 2)::varchar, '0'), '.')",
        # From ten million on the export writes numbers in scientific notation.
        "create macro mantissa(x) as regexp_replace(rtrim(x::decimal(18, 6)::varchar, '0'),"
        " '[.]$', '.0')",
        "create macro hundred_thousands(n) as case"
        " when n >= 10000 then mantissa(n / 10000) || 'E9'"
        " when n >= 1000 then mantissa(n / 1000) || 'E8'"
        " when n >= 100 then mantissa(n / 100) || 'E7'"
        " else (n * 100000)::varchar end",
        "create macro pick(words, n) as words[n::bigint % len(words) + 1]",
        f"create macro first_name(n) as pick({_sql_list(words.FIRST_NAMES)}, n * 31 + 7)",
        f"create macro last_name(n) as pick({_sql_list(words.LAST_NAMES)}, n * 89 + n // 134)",
    ]
    stems, heads, tails = (
        _sql_list(w) for w in (words.ACCOUNT_STEMS, words.ACCOUNT_HEADS, words.ACCOUNT_TAILS)
    )
    names = len(words.ACCOUNT_STEMS) * len(words.ACCOUNT_HEADS) * len(words.ACCOUNT_TAILS)
    scattered = f"((n::bigint * 48271 + 977) % {names})"
    stem = f"pick({stems}, {scattered})"
    head = f"pick({heads}, {scattered} // {len(words.ACCOUNT_STEMS)})"
    tail = f"pick({tails}, {scattered} // {len(words.ACCOUNT_STEMS) * len(words.ACCOUNT_HEADS)})"
    found.append(f"create macro place_name(n) as {stem} || {head}")
    found.append(
        f"create macro company_name(n) as place_name(n) || ' ' || {tail}"
        f" || case when n >= {names} then ' ' || (n // {names} + 1) else '' end"
    )
    return found


class _Salesforce:
    """The weekly Data Export: columns in the order of the API, every cell quoted."""

    def __init__(self, company: SimpleNamespace, draws: Draws, files: _Files) -> None:
        self.company = company
        self.draws = draws
        self.files = files
        people = company.people
        self.reps = len(people.rep_names)
        # Three users who are no reps come after them.
        self.integration, self.admin, self.chief = self.reps, self.reps + 1, self.reps + 2
        names = [f"{first} {last}" for first, last in people.rep_names]
        names += ["Marketing Integration", "Sam Operations", "Robin Castellane"]
        self.user_names = np.array(names, dtype=object)
        self.countries = [sorted(set(c)) for c in people.team_countries]

    def put(self, name: str, arrays: dict, columns: dict[str, str]) -> None:
        self.files.write(name, arrays, columns, ", force_quote *")

    def write(self) -> None:
        self._users()
        self._products()
        self._campaigns()
        self._accounts()
        self._leads()
        self._deals()
        self._contracts()
        self._activities()

    def _users(self) -> None:
        people = self.company.people
        latest = np.full(self.reps, -1)
        order = np.argsort(people.start, kind="stable")
        latest[people.rep[order]] = order
        manager_of_team = np.full(len(people.team_names), -1)
        heads = order[people.role[order] == words.MANAGER]
        manager_of_team[people.team[heads]] = people.rep[heads]
        team, role = people.team[latest], people.role[latest]
        manager = np.where(role == words.MANAGER, self.chief, manager_of_team[team])
        left = people.rep_left
        first = [a for a, _ in people.rep_names] + ["", "Sam", "Robin"]
        last = [b for _, b in people.rep_names] + ["Marketing Integration", "Operations", "Castellane"]
        # Salesforce keeps the case in which an address was typed.
        email = [
            e if n % 9 else e.replace(e[0], e[0].upper(), 1) for n, e in enumerate(people.rep_emails)
        ]
        others = ["integration", "sam.operations", "robin.castellane"]
        email += [f"{name}@{words.MAIL_DOMAIN}" for name in others]
        roles = [*words.ROLES, "Integration", "Sales Operations", "Chief Revenue Officer"]
        early = clock.day_number("2023-11-20") * DAY
        created = np.maximum(people.rep_hired * DAY + 6 * 3600, early)
        login = np.where(left < clock.AS_OF, left * DAY + 15 * 3600, NOW - 3600 * (1 + left % 7))
        region = people.team_region[team]
        self.put(
            "User",
            {
                "n": np.arange(self.reps + 3),
                "first": np.array(first, dtype=object),
                "last": np.array(last, dtype=object),
                "email": np.array(email, dtype=object),
                "team": np.r_[team, -1, -1, -1],
                "region": np.r_[region, 0, 0, 0],
                "role": np.r_[role, 4, 5, 6],
                "manager": np.r_[manager, -1, self.chief, -1],
                "active": np.r_[left >= clock.AS_OF, True, True, True],
                "created": np.r_[created, early, early, early],
                "login": np.r_[login, NOW - 60, NOW - 7200, NOW - 9000],
            },
            {
                "Id": "user_id(n)",
                "Username": "lower(email) || '.crm'",
                "LastName": "last",
                "FirstName": "first",
                "CompanyName": f"'{words.COMPANY_NAME}'",
                "Division": f"case when role < 4 then pick({_sql_list(words.REGIONS)}, region) end",
                "Department": "case when role < 4 then 'Sales' when role = 4 then '' else 'Revenue' end",
                "Title": f"pick({_sql_list(roles)}, role)",
                "Email": "email",
                "Alias": "lower(substr(last, 1, 5)) || n % 100",
                "IsActive": "active::int",
                "TimeZoneSidKey": f"pick({_sql_list(words.TIME_ZONES)}, region)",
                "UserRoleId": "user_role_id(team)",
                "LocaleSidKey": "'en_US'",
                "EmailEncodingKey": "'UTF-8'",
                "ProfileId": "profile_id(case when role = 4 then 1 else 0 end)",
                "UserType": "case when role = 4 then 'AutomatedProcess' else 'Standard' end",
                "LanguageLocaleKey": "'en_US'",
                "EmployeeNumber": f"case when n < {self.reps} then 'E' || (1001 + n) end",
                "ManagerId": "user_id(manager)",
                "LastLoginDate": "moment(login)",
                "CreatedDate": "moment(created)",
                "CreatedById": f"user_id({self.admin})",
                "LastModifiedDate": "moment(greatest(created, least(login, created + 8640000)))",
                "LastModifiedById": f"user_id({self.admin})",
                "SystemModstamp": "moment(greatest(created, login))",
                "ForecastEnabled": "(role in (1, 2, 3))::int",
            },
        )
        self.put(
            "UserRole",
            {"n": np.arange(len(people.team_names)), "name": np.array(people.team_names, dtype=object)},
            {
                "Id": "user_role_id(n)",
                "Name": "name",
                "ParentRoleId": "user_role_id(-1)",
                "RollupDescription": "name",
                "OpportunityAccessForAccountOwner": "'Edit'",
                "CaseAccessForAccountOwner": "'None'",
                "ContactAccessForAccountOwner": "'Edit'",
                "LastModifiedDate": f"moment({early})",
                "LastModifiedById": f"user_id({self.admin})",
                "SystemModstamp": f"moment({early})",
                "DeveloperName": "replace(name, ' ', '_')",
            },
        )

    def _products(self) -> None:
        names, codes, families, prices, *_ = zip(*words.PRODUCTS, strict=True)
        made = clock.FIRST_DAY * DAY + 1800
        arrays = {
            "n": np.arange(len(names)),
            "name": np.array(names, dtype=object),
            "code": np.array(codes, dtype=object),
            "family": np.array(families, dtype=object),
            "price": np.array(prices) * 100,
        }
        audit = _audit(f"user_id({self.admin})", f"{made} + n")
        self.put(
            "Product2",
            arrays,
            {
                "Id": "product_id(n)", "Name": "name", "ProductCode": "code",
                "Description": "''", "IsActive": "1", **audit, "Family": "family",
                "IsDeleted": "0", "IsArchived": "0",
            },
        )  # fmt: skip
        self.put(
            "PricebookEntry",
            arrays,
            {
                "Id": "pricebook_entry_id(n)", "Name": "name", "Pricebook2Id": "pricebook_id(0)",
                "Product2Id": "product_id(n)", "UnitPrice": "money(price)", "IsActive": "1",
                "UseStandardPrice": "0", **audit, "ProductCode": "code", "IsDeleted": "0",
                "IsArchived": "0",
            },
        )  # fmt: skip

    def _campaigns(self) -> None:
        company = self.company
        campaigns, leads = company.campaigns, company.leads
        n = len(campaigns.name)
        made = campaigns.first * DAY - 20 * DAY
        made = np.maximum(made, clock.FIRST_DAY * DAY + 3600 + np.arange(n))
        counted = np.bincount(leads.campaign[leads.campaign >= 0], minlength=n)
        self.put(
            "Campaign",
            {
                "n": np.arange(n), "name": np.array(campaigns.name, dtype=object),
                "type": campaigns.type, "first": campaigns.first, "last": campaigns.last,
                "cost": np.where(campaigns.first <= clock.AS_OF, campaigns.cost, -1),
                "budget": campaigns.cost // 100_000 * 100_000 + 100_000, "made": np.minimum(made, NOW - 60),
                "leads": counted,
            },
            {
                "Id": "campaign_id(n)", "IsDeleted": "0", "Name": "name", "ParentId": "campaign_id(-1)",
                "Type": f"pick({_sql_list(words.CAMPAIGN_TYPES)}, type)",
                "Status": f"case when last < {clock.AS_OF} then 'Completed'"
                f" when first <= {clock.AS_OF} then 'In Progress' else 'Planned' end",
                "StartDate": "midnight(first)", "EndDate": "midnight(last)", "ExpectedRevenue": "''",
                "BudgetedCost": "money(budget)", "ActualCost": "money(cost)",
                "IsActive": f"(first <= {clock.AS_OF} and last >= {clock.AS_OF})::int",
                "NumberOfLeads": "leads", "OwnerId": f"user_id({self.admin})",
                **_audit(f"user_id({self.admin})", "made"),
            },
        )  # fmt: skip
        # The first membership made the lead known; some come to later campaigns too.
        first = np.flatnonzero(leads.campaign >= 0)
        again = np.flatnonzero(self.draws.chance(0.14, leads.n))
        wait = self.draws.whole(10 * DAY, 200 * DAY, len(again))
        moment = leads.created[again] + wait
        later = np.searchsorted(campaigns.first, moment // DAY, side="right") - 1
        keep = (moment < NOW) & (later >= 0) & (later != leads.campaign[again])
        lead = np.concatenate([first, again[keep]])
        at = np.concatenate([leads.created[first] + 5, moment[keep]])
        campaign = np.concatenate([leads.campaign[first], later[keep]])
        order = np.argsort(at, kind="stable")
        lead, at, campaign = lead[order], at[order], campaign[order]
        self.put(
            "CampaignMember",
            {
                "n": np.arange(len(lead)), "campaign": campaign, "lead": lead,
                "contact": leads.contact[lead], "happened": at, "responded": self.draws.chance(0.7, len(lead)),
            },
            {
                "Id": "campaign_member_id(n)", "IsDeleted": "0", "CampaignId": "campaign_id(campaign)",
                "LeadId": "lead_id(lead)", "ContactId": "contact_id(contact)",
                "Status": "case when responded then 'Responded' else 'Sent' end",
                "HasResponded": "responded::int",
                **_audit(f"user_id({self.integration})", "happened"),
                "FirstRespondedDate": "case when responded then midnight(happened // 86400) end",
            },
        )  # fmt: skip

    def _accounts(self) -> None:
        company, draws = self.company, self.draws
        people, accounts, contacts = company.people, company.accounts, company.contacts
        n = len(accounts.created)
        team = accounts.team
        # The present owner; the accounts of leavers were shared out with their deals.
        is_customer = np.zeros(n, dtype=bool)
        is_customer[company.contracts.account] = True
        is_customer[company.deals.account[company.deals.is_won]] = True
        today = np.full(n, clock.AS_OF)
        hunter = people.choose(draws, team, today, words.EXECUTIVE)
        farmer = people.choose(draws, team, today, words.ACCOUNT_MANAGER)
        owner = people.rep[np.where(is_customer & draws.chance(0.7, n), farmer, hunter)]
        self.account_owner = owner
        country = np.array([len(c) for c in people.team_countries])[team]
        country = np.floor(draws.uniform(n) * country).astype(np.int64)
        names = np.array(
            [c + [""] * (5 - len(c)) for c in people.team_countries], dtype=object
        )[team, country]
        employees = np.floor(draws.lognormal(260.0, 1.3, n)).astype(np.int64) + 4
        revenue = np.round(employees * draws.lognormal(1.9, 0.4, n)).astype(np.int64)
        changed = np.minimum(accounts.created + draws.whole(0, 200 * DAY, n), NOW)
        self.account_country = names
        self.put(
            "Account",
            {
                "n": np.arange(n), "customer": is_customer, "country": names, "owner": owner,
                "industry": draws.pick(words.INDUSTRY_WEIGHTS, n), "employees": employees,
                "revenue": np.where(draws.chance(0.7, n), revenue, -1),
                "created": accounts.created, "changed": changed, "zip": draws.whole(10_000, 99_999, n),
            },
            {
                "Id": "account_id(n)", "IsDeleted": "0", "MasterRecordId": "account_id(-1)",
                "Name": "company_name(n)",
                "Type": "case when customer then 'Customer' else 'Prospect' end",
                "ParentId": "account_id(-1)",
                "BillingStreet": "(n % 180 + 1) || ' ' || place_name(n + 40000) || ' Street'",
                "BillingCity": "place_name(n * 3 + 9000)", "BillingState": "''",
                "BillingPostalCode": "zip", "BillingCountry": "country",
                "Phone": "'+00 555 ' || (100000 + n)", "Website": "''",
                "Industry": f"pick({_sql_list(words.INDUSTRIES)}, industry)",
                "AnnualRevenue": "case when revenue >= 0 then hundred_thousands(revenue) end",
                "NumberOfEmployees": "employees", "OwnerId": "user_id(owner)",
                **_audit("user_id(owner)", "created", "changed"),
                "LastActivityDate": "''", "AccountSource": "''",
            },
        )  # fmt: skip
        m = len(contacts.account)
        self.put(
            "Contact",
            {
                "n": np.arange(m), "account": contacts.account, "created": contacts.created,
                "owner": owner[contacts.account], "person": self._person_of(contacts.lead, m),
                "title": draws.whole(0, 8, m),
                "source": np.where(
                    contacts.lead >= 0, company.leads.source[np.maximum(contacts.lead, 0)], 8
                ),
            },
            {
                "Id": "contact_id(n)", "IsDeleted": "0", "MasterRecordId": "contact_id(-1)",
                "AccountId": "account_id(account)", "LastName": "last_name(person)",
                "FirstName": "first_name(person)", "Salutation": "''",
                "Phone": "'+00 555 ' || (400000 + n)",
                "Email": "lower(first_name(person) || '.' || last_name(person) || '@'"
                " || place_name(account) || '.example')",
                "Title": f"pick({_sql_list(words.JOB_TITLES)}, title)",
                "LeadSource": f"pick({_sql_list(words.LEAD_SOURCES)}, source)",
                "OwnerId": "user_id(owner)", "HasOptedOutOfEmail": "(n % 23 = 0)::int",
                **_audit("user_id(owner)", "created"), "IsEmailBounced": "0",
            },
        )  # fmt: skip

    def _person_of(self, lead: np.ndarray, n: int) -> np.ndarray:
        """The number behind a name: a contact is called as the lead that it was."""
        return np.where(lead >= 0, lead, 50_000_000 + np.arange(n))

    def _leads(self) -> None:
        company, draws = self.company, self.draws
        leads, people = company.leads, company.people
        owners, statuses = leads.owners, leads.statuses
        n = leads.n
        last = np.r_[owners.record[1:] != owners.record[:-1], True]
        present = np.full(n, INTEGRATION)
        present[owners.record[last]] = owners.owner[last]
        first = np.r_[True, owners.record[1:] != owners.record[:-1]]
        initial = np.full(n, INTEGRATION)
        initial[owners.record[first]] = owners.owner[first]
        maker = np.where(leads.inbound, self.integration, np.where(initial >= 0, initial, self.admin))
        changed = np.maximum(leads.created, leads.assigned * (leads.assigned < NEVER))
        np.maximum.at(changed, owners.record, owners.since)
        np.maximum.at(changed, statuses.lead, statuses.at)
        converted = leads.converted < NEVER
        country = np.array([c[0] for c in people.team_countries], dtype=object)[leads.team]
        country[converted] = self.account_country[leads.account[converted]]
        deal = np.full(n, -1)
        of_lead = np.flatnonzero(company.deals.lead >= 0)
        deal[company.deals.lead[of_lead]] = of_lead
        # Spam of the last days, still in the recycle bin.
        spam = (leads.created > NOW - 16 * DAY) & (leads.status == words.OPEN) & draws.chance(0.12, n)
        rating = np.where(draws.chance(0.4, n), draws.whole(0, 3, n), 3)
        self.put(
            "Lead",
            {
                "n": np.arange(n), "deleted": spam, "country": country, "status": leads.status,
                "company": np.where(converted, leads.account, np.arange(n) + 60_000),
                "source": leads.source, "rating": rating, "converted": converted,
                "converted_day": np.where(converted, leads.converted // DAY, -1),
                "account": leads.account, "contact": leads.contact, "deal": deal, "owner": present,
                "industry": draws.pick(words.INDUSTRY_WEIGHTS, n), "created": leads.created,
                "maker": maker, "changed": np.minimum(changed, NOW), "title": draws.whole(0, 8, n),
                "employees": draws.whole(5, 900, n),
            },
            {
                "Id": "lead_id(n)", "IsDeleted": "deleted::int", "MasterRecordId": "lead_id(-1)",
                "LastName": "last_name(n)", "FirstName": "first_name(n)", "Salutation": "''",
                "Title": f"pick({_sql_list(words.JOB_TITLES)}, title)",
                "Company": "company_name(company)", "State": "''", "Country": "country",
                "Phone": "'+00 555 ' || (700000 + n)",
                "Email": "lower(first_name(n) || '.' || last_name(n) || '@' || place_name(company)"
                " || '.example')",
                "LeadSource": f"pick({_sql_list(words.LEAD_SOURCES)}, source)",
                "Status": f"pick({_sql_list(words.LEAD_STATUSES)}, status)",
                "Industry": f"pick({_sql_list(words.INDUSTRIES)}, industry)",
                "Rating": "pick(['Hot', 'Warm', 'Cold', ''], rating)",
                "NumberOfEmployees": "employees", "OwnerId": self._owner("owner"),
                "HasOptedOutOfEmail": "(n % 31 = 0)::int", "IsConverted": "converted::int",
                "ConvertedDate": "midnight(converted_day)",
                "ConvertedAccountId": "account_id(account)",
                "ConvertedContactId": "contact_id(contact)",
                "ConvertedOpportunityId": "opportunity_id(deal)",
                "IsUnreadByOwner": "(status = 0)::int",
                **_audit("user_id(maker)", "created", "changed"),
            },
        )  # fmt: skip
        self._lead_history(maker)

    def _owner(self, column: str) -> str:
        """The id of an owner of a lead: a user, a queue or the integration."""
        return (
            f"case when {column} <= -10 then queue_id(-10 - {column}) when {column} = {INTEGRATION}"
            f" then user_id({self.integration}) else user_id({column}) end"
        )

    def _owner_names(self, owners: np.ndarray) -> np.ndarray:
        """Names as field history shows them."""
        queues = [f"{region} Leads" for region in words.REGIONS]
        names = np.array([*self.user_names, *queues], dtype=object)
        number = np.where(owners == INTEGRATION, self.integration, owners)
        return names[np.where(owners <= -10, len(self.user_names) - 10 - owners, number)]

    def _lead_history(self, maker: np.ndarray) -> None:
        leads = self.company.leads
        owners, statuses = leads.owners, leads.statuses
        change = np.flatnonzero(np.r_[False, owners.record[1:] == owners.record[:-1]])
        lead, at = owners.record[change], owners.since[change]
        old, new = owners.owner[change - 1], owners.owner[change]
        converted = np.flatnonzero(leads.converted < NEVER)
        everyone = np.arange(leads.n)
        none = np.full(1, "", dtype=object)
        status_names = np.array(words.LEAD_STATUSES, dtype=object)
        # Kind: 0 created, 1 owner by name, 2 owner by id, 3 status, 4 converted.
        blocks = [
            (everyone, leads.created, 0, none, none, -1, -1, maker),
            (lead, at, 1, self._owner_names(old), self._owner_names(new), -1, -1, None),
            (lead, at, 2, none, none, old, new, None),
            (statuses.lead, statuses.at, 3, status_names[statuses.old], status_names[statuses.new],
             -1, -1, None),
            (converted, leads.converted[converted], 4, none, none, -1, -1, None),
        ]  # fmt: skip
        table = _stack(blocks, ["record", "happened", "kind", "old_text", "new_text", "old", "new"])
        actor = leads.owners.owner[owner_at(owners, table["record"], table["happened"])]
        table["actor"] = np.where(actor >= 0, actor, self.integration)
        self.put(
            "LeadHistory",
            table,
            {
                "Id": "lead_history_id(n)", "IsDeleted": "0", "LeadId": "lead_id(record)",
                "CreatedById": "user_id(actor)", "CreatedDate": "moment(happened)",
                "Field": "pick(['created', 'Owner', 'Owner', 'Status', 'leadConverted'], kind)",
                "DataType": "pick(['Text', 'Text', 'EntityId', 'DynamicEnum', 'Text'], kind)",
                "OldValue": f"case when kind = 2 then {self._owner('old')} else old_text end",
                "NewValue": f"case when kind = 2 then {self._owner('new')} else new_text end",
            },
        )  # fmt: skip

    def _deals(self) -> None:
        company, draws = self.company, self.draws
        deals, history, owners, people = company.deals, company.history, company.owners, company.people
        n = len(deals.created)
        owner = owners.owner[deals.owner_row]
        first = np.r_[True, owners.record[1:] != owners.record[:-1]]
        maker = owners.owner[first]
        activities = company.activities
        touched = np.full(n, -1)
        past = (activities.deal >= 0) & activities.done & (activities.at <= NOW)
        np.maximum.at(touched, activities.deal[past], activities.at[past] // DAY)
        changed = np.maximum(deals.changed, owners.since[deals.owner_row])
        lost = deals.stage == words.LOST
        reason = np.where(lost & draws.chance(0.9, n), draws.pick([24, 21, 14, 19, 10, 6, 6], n), -1)
        open_ = deals.stage < words.WON
        step = np.where(open_ & draws.chance(0.7, n), draws.whole(0, len(words.NEXT_STEPS), n), -1)
        # A few duplicates entered lately are in the recycle bin.
        duplicate = open_ & (deals.created > NOW - 14 * DAY) & (deals.kind == 0)
        duplicate &= (deals.lead < 0) & draws.chance(0.12, n)
        self.duplicate = duplicate
        self.quotes = self._make_quotes()
        synced = np.full(n, -1)
        synced[self.quotes["deal"]] = self.quotes["n"]
        synced = np.where(draws.chance(0.6, n), synced, -1)
        contract = np.where(deals.is_won, deals.contract, -1)
        stages = _sql_list(words.STAGES)
        self.put(
            "Opportunity",
            {
                "n": np.arange(n), "deleted": duplicate, "account": deals.account, "stage": deals.stage,
                "amount": deals.amount, "probability": deals.probability, "close": deals.close_day,
                "kind": deals.kind, "source": deals.source, "campaign": deals.campaign, "owner": owner,
                "created": deals.created, "maker": maker, "changed": np.minimum(changed, NOW),
                "touched": touched, "staged": deals.stage_changed, "synced": synced,
                "contract": contract, "step": step, "reason": reason, "lines": deals.has_lines,
            },
            {
                "Id": "opportunity_id(n)", "IsDeleted": "deleted::int",
                "AccountId": "account_id(account)", "IsPrivate": "0",
                "Name": f"company_name(account) || ' - ' || pick({_sql_list(words.DEAL_TYPES)}, kind)",
                "Description": "''", "StageName": f"pick({stages}, stage)", "Amount": "money(amount)",
                "Probability": "probability",
                "ExpectedRevenue": "case when amount >= 0 then money(amount * probability // 100) end",
                "TotalOpportunityQuantity": "''", "CloseDate": "midnight(close)",
                "Type": f"pick({_sql_list(words.DEAL_TYPES)}, kind)",
                "NextStep": f"case when step >= 0 then pick({_sql_list(words.NEXT_STEPS)}, step) end",
                "LeadSource": f"pick({_sql_list(words.LEAD_SOURCES)}, source)",
                "IsClosed": "(stage >= 6)::int", "IsWon": "(stage = 6)::int",
                "ForecastCategory": f"pick({_sql_list(words.FORECAST_CATEGORIES)}, stage)",
                "ForecastCategoryName": f"pick({_sql_list(words.FORECAST_CATEGORY_NAMES)}, stage)",
                "CampaignId": "campaign_id(campaign)", "HasOpportunityLineItem": "lines::int",
                "Pricebook2Id": "pricebook_id(case when lines then 0 else -1 end)",
                "OwnerId": "user_id(owner)",
                **_audit("user_id(maker)", "created", "changed"),
                "LastActivityDate": "midnight(touched)",
                "LastStageChangeDate": "moment(staged)",
                "FiscalQuarter": "quarter(date '1970-01-01' + close::int)",
                "FiscalYear": "year(date '1970-01-01' + close::int)",
                "ContractId": "contract_id(contract)", "SyncedQuoteId": "quote_id(synced)",
                "Loss_Reason__c": "case when reason >= 0 then"
                f" pick({_sql_list(words.LOSS_REASONS)}, reason) end",
            },
        )  # fmt: skip

        before = np.where(history.first, -1, np.r_[-1, history.amount[:-1]])
        order = np.argsort(history.at, kind="stable")
        before_close = np.where(history.first, -1, np.r_[-1, history.close_day[:-1]])
        actor = owners.owner[owner_at(owners, history.deal, history.at)]
        self.put(
            "OpportunityHistory",
            {
                "n": np.arange(len(order)), "deal": history.deal[order], "happened": history.at[order],
                "stage": history.stage[order], "amount": history.amount[order],
                "probability": history.probability[order], "close": history.close_day[order],
                "before": before[order], "before_close": before_close[order], "actor": actor[order],
                "deleted": duplicate[history.deal[order]],
            },
            {
                "Id": "opportunity_history_id(n)", "OpportunityId": "opportunity_id(deal)",
                "CreatedById": "user_id(actor)", "CreatedDate": "moment(happened)",
                "StageName": f"pick({stages}, stage)", "Amount": "money(amount)",
                "ExpectedRevenue": "case when amount >= 0 then money(amount * probability // 100) end",
                "CloseDate": "midnight(close)", "Probability": "probability",
                "ForecastCategory": f"pick({_sql_list(words.FORECAST_CATEGORIES)}, stage)",
                "SystemModstamp": "moment(happened)", "IsDeleted": "deleted::int",
                "PrevAmount": "money(before)", "PrevCloseDate": "midnight(before_close)",
            },
        )  # fmt: skip

        change = np.flatnonzero(~first)
        deal, at = owners.record[change], owners.since[change]
        old, new = owners.owner[change - 1], owners.owner[change]
        none = np.full(1, "", dtype=object)
        table = _stack(
            [
                (np.arange(n), deals.created, 0, none, none, -1, -1, maker),
                (deal, at, 1, self.user_names[old], self.user_names[new], -1, -1, None),
                (deal, at, 2, none, none, old, new, None),
            ],
            ["record", "happened", "kind", "old_text", "new_text", "old", "new"],
        )
        table["actor"] = owners.owner[owner_at(owners, table["record"], table["happened"])]
        self.put(
            "OpportunityFieldHistory",
            table,
            {
                "Id": "field_history_id(n)", "IsDeleted": "0", "OpportunityId": "opportunity_id(record)",
                "CreatedById": "user_id(actor)", "CreatedDate": "moment(happened)",
                "Field": "pick(['created', 'Owner', 'Owner'], kind)",
                "DataType": "pick(['Text', 'Text', 'EntityId'], kind)",
                "OldValue": "case when kind = 2 then user_id(old) else old_text end",
                "NewValue": "case when kind = 2 then user_id(new) else new_text end",
            },
        )  # fmt: skip

        lines = company.lines
        sold = np.flatnonzero(deals.has_lines[lines.deal])
        deal = lines.deal[sold]
        added = history.at[np.searchsorted(history.deal, deal, side="left")]
        proposal = np.full(n, -1)
        offered = np.flatnonzero(history.stage_set & (history.stage >= words.PROPOSAL))
        proposal[history.deal[offered][::-1]] = history.at[offered][::-1]
        added = np.where(proposal[deal] >= 0, proposal[deal], added)
        self.put(
            "OpportunityLineItem",
            {
                "n": np.arange(len(sold)), "deal": deal, "product": lines.product[sold],
                "quantity": lines.quantity[sold], "unit": lines.unit_price[sold],
                "listed": lines.list_price[sold], "discount": lines.discount[sold],
                "total": lines.total[sold], "added": added, "owner": owner[deal],
                "deleted": duplicate[deal],
            },
            {
                "Id": "opportunity_line_id(n)", "OpportunityId": "opportunity_id(deal)",
                "SortOrder": "''", "PricebookEntryId": "pricebook_entry_id(product)",
                "Product2Id": "product_id(product)", "Quantity": "quantity",
                "Discount": "case when discount > 0 then number(discount) end",
                "TotalPrice": "money(total)", "UnitPrice": "money(unit)", "ListPrice": "money(listed)",
                "ServiceDate": "''", "Description": "''", **_audit("user_id(owner)", "added"),
                "IsDeleted": "deleted::int",
            },
        )  # fmt: skip
        quotes = self.quotes
        self.put(
            "Quote",
            {**quotes, "deleted": duplicate[quotes["deal"]], "account": deals.account[quotes["deal"]]},
            {
                "Id": "quote_id(n)", "OwnerId": "user_id(owner)", "IsDeleted": "deleted::int",
                "Name": "'Quote ' || (n + 1)", **_audit("user_id(owner)", "happened"),
                "OpportunityId": "opportunity_id(deal)", "Pricebook2Id": "pricebook_id(0)",
                "QuoteNumber": "lpad((n + 1)::varchar, 8, '0')",
                "Status": "pick(['Draft', 'Needs Review', 'In Review', 'Approved', 'Rejected',"
                " 'Presented', 'Accepted', 'Denied'], status)",
                "ExpirationDate": "midnight(happened // 86400 + 30)", "Subtotal": "money(total)",
                "TotalPrice": "money(total)", "GrandTotal": "money(total)",
                "AccountId": "account_id(account)",
            },
        )  # fmt: skip

    def _make_quotes(self) -> dict[str, np.ndarray]:
        """Quotes of the deals that came as far as a proposal, the last one decided."""
        company, draws = self.company, self.draws
        deals, history, owners = company.deals, company.history, company.owners
        offered = history.stage_set & np.isin(history.stage, [words.PROPOSAL, words.NEGOTIATION])
        offered &= history.amount >= 0
        row = np.flatnonzero(offered & draws.chance(0.82, len(history.at)))
        deal, total = history.deal[row], history.amount[row]
        at = history.at[row] + draws.whole(60, 5 * 3600, len(row))
        closed = np.minimum(deals.closed_at[deal], NOW)
        keep = at < closed - 60
        deal, total, at = deal[keep], total[keep], at[keep]
        order = np.argsort(at, kind="stable")
        deal, total, at = deal[order], total[order], at[order]
        n = len(deal)
        latest = np.full(len(deals.created), -1)
        latest[deal] = np.arange(n)
        is_last = latest[deal] == np.arange(n)
        # Draft, Needs Review, In Review, Approved, Rejected, Presented, Accepted, Denied
        pending = draws.pick([14, 8, 8, 10, 0, 60, 0, 0], n)
        refused = np.where(draws.chance(0.55, n), 7, 5)
        status = np.where(deals.is_won[deal], 6, np.where(deals.is_closed[deal], refused, pending))
        status = np.where(is_last, status, np.where(draws.chance(0.12, n), 4, 5))
        return {
            "n": np.arange(n), "deal": deal, "total": total, "happened": at, "status": status,
            "owner": owners.owner[owner_at(owners, deal, at)],
        }  # fmt: skip

    def _contracts(self) -> None:
        company, draws = self.company, self.draws
        contracts, deals, owners = company.contracts, company.deals, company.owners
        n = len(contracts.start)
        deal = contracts.deal
        seller = owners.owner[owner_at(owners, np.maximum(deal, 0), contracts.signed)]
        owner = np.where(deal >= 0, seller, self.account_owner[contracts.account])
        made = contracts.signed
        active_at = np.where(contracts.status == 2, np.minimum(made + DAY // 2, NOW - 30), NEVER)
        self.put(
            "Contract",
            {
                "n": np.arange(n), "account": contracts.account, "start": contracts.start,
                "end": contracts.end, "months": contracts.months, "status": contracts.status,
                "owner": owner, "made": made, "active_at": active_at,
            },
            {
                "Id": "contract_id(n)", "AccountId": "account_id(account)",
                "Pricebook2Id": "pricebook_id(-1)", "OwnerExpirationNotice": "''",
                "StartDate": "midnight(start)", "EndDate": 'midnight("end")',
                "ContractTerm": "months", "OwnerId": "user_id(owner)",
                "Status": "pick(['Draft', 'In Approval Process', 'Activated'], status)",
                "ActivatedById": "case when status = 2 then user_id(owner) else user_id(-1) end",
                "ActivatedDate": "moment(active_at)",
                "StatusCode": "pick(['Draft', 'InApproval', 'Activated'], status)",
                "IsDeleted": "0", "ContractNumber": "lpad((n + 100)::varchar, 8, '0')",
                **_audit("user_id(owner)", "made"),
            },
        )  # fmt: skip

        won = np.flatnonzero(deals.is_won & (deals.amount >= 0))
        won = won[np.argsort(deals.closed_at[won], kind="stable")]
        m = len(won)
        made = deals.closed_at[won] + draws.whole(600, 30 * 3600, m)
        kept = made < NOW
        won, made = won[kept], made[kept]
        m = len(won)
        effective = clock.workday(made // DAY + draws.whole(0, 4, m))
        ready = np.where(draws.chance(0.975, m), made + draws.whole(1800, 6 * DAY, m), NEVER)
        active = ready < NOW
        owner = owners.owner[owner_at(owners, won, deals.closed_at[won])]
        self.put(
            "Order",
            {
                "n": np.arange(m), "deal": won, "account": deals.account[won], "owner": owner,
                "contract": deals.contract[won], "effective": effective, "active": active,
                "active_at": np.where(active, ready, NEVER), "total": deals.amount[won], "made": made,
            },
            {
                "Id": "sales_order_id(n)", "OwnerId": "user_id(owner)",
                "ContractId": "contract_id(contract)", "AccountId": "account_id(account)",
                "Pricebook2Id": "pricebook_id(0)", "OpportunityId": "opportunity_id(deal)",
                "EffectiveDate": "midnight(effective)", "EndDate": "''", "IsReductionOrder": "0",
                "Status": "case when active then 'Activated' else 'Draft' end",
                "ActivatedDate": "moment(active_at)",
                "ActivatedById": "case when active then user_id(owner) else user_id(-1) end",
                "StatusCode": "case when active then 'Activated' else 'Draft' end",
                "OrderNumber": "lpad((n + 100)::varchar, 8, '0')", "TotalAmount": "money(total)",
                **_audit("user_id(owner)", "made"), "IsDeleted": "0",
            },
        )  # fmt: skip
        lines = company.lines
        number = np.full(len(deals.created), -1)
        number[won] = np.arange(m)
        sold = np.flatnonzero((number[lines.deal] >= 0) & deals.has_lines[lines.deal])
        sold = sold[np.argsort(number[lines.deal[sold]], kind="stable")]
        self.put(
            "OrderItem",
            {
                "n": np.arange(len(sold)), "order_number": number[lines.deal[sold]],
                "product": lines.product[sold], "quantity": lines.quantity[sold],
                "total": lines.total[sold], "listed": lines.list_price[sold],
                "made": made[number[lines.deal[sold]]], "owner": owner[number[lines.deal[sold]]],
            },
            {
                "Id": "order_line_id(n)", "Product2Id": "product_id(product)", "IsDeleted": "0",
                "OrderId": "sales_order_id(order_number)",
                "PricebookEntryId": "pricebook_entry_id(product)", "Quantity": "quantity",
                "UnitPrice": "money(total // quantity)", "ListPrice": "money(listed)",
                "TotalPrice": "money(total)", "ServiceDate": "''",
                **_audit("user_id(owner)", "made"),
            },
        )  # fmt: skip

    def _activities(self) -> None:
        activities, draws = self.company.activities, self.draws
        is_event = activities.kind >= work.MEETING
        for name, rows in (("Task", np.flatnonzero(~is_event)), ("Event", np.flatnonzero(is_event))):
            n = len(rows)
            arrays = {k: getattr(activities, k)[rows] for k in (
                "kind", "owner", "lead", "contact", "deal", "account", "direction",
                "automated", "due", "done", "logged", "minutes", "copy",
            )}  # fmt: skip
            arrays["n"] = np.arange(n)
            arrays["happened"] = activities.at[rows]
            arrays["word"] = draws.whole(0, 60, n)
            arrays["typed"] = draws.chance(0.75, n)
            audit = _audit(
                f"case when automated then user_id({self.integration}) else user_id(owner) end",
                "logged", "greatest(logged, case when done then happened else 0 end)",
            )  # fmt: skip
            # Converted leads hand their activities on to the contact.
            who = "case when contact >= 0 then contact_id(contact) else lead_id(lead) end"
            what = "case when deal >= 0 then opportunity_id(deal) when lead < 0"
            what += f" then account_id(account) else '{_NO_RECORD}' end"
            if name == "Task":
                self._tasks(arrays, audit, who, what)
            else:
                self._events(arrays, audit, who, what)

    def _tasks(self, arrays: dict, audit: dict, who: str, what: str) -> None:
        subject = (
            f"case when automated then 'Automatic email' when kind = 0 then"
            f" pick({_sql_list(words.CALL_SUBJECTS)}, word) when kind = 1 then"
            f" pick({_sql_list(words.EMAIL_SUBJECTS)}, word) else"
            f" pick({_sql_list(words.TASK_SUBJECTS)}, word) end"
        )
        self.put(
            "Task",
            arrays,
            {
                "Id": "task_id(n)", "WhoId": who, "WhatId": what, "Subject": subject,
                "ActivityDate": "midnight(case when kind = 2 then due else happened // 86400 end)",
                "Status": "case when done then 'Completed' when word % 3 = 0 then 'In Progress'"
                " else 'Not Started' end",
                "Priority": "case when word % 11 = 0 then 'High' else 'Normal' end",
                "IsHighPriority": "(word % 11 = 0)::int", "OwnerId": "user_id(owner)",
                "Description": "''", "IsDeleted": "0", "AccountId": "account_id(account)",
                "IsClosed": "done::int", **audit, "IsArchived": "0",
                "CallDurationInSeconds": "case when kind = 0 then minutes end",
                "CallType": "case when kind = 0 then"
                " pick(['Outbound', 'Inbound', 'Internal'], direction) end",
                "CallDisposition": "case when kind = 0 then"
                " pick(['Reached', 'Left voicemail', 'No answer', 'Reached'], word) end",
                "CallObject": "''", "ReminderDateTime": "''", "IsReminderSet": "0",
                "IsRecurrence": "0",
                "Type": "case when typed then pick(['Call', 'Email', 'Task'], kind) end",
                "TaskSubtype": "case when automated and word % 2 = 0 then 'ListEmail'"
                " else pick(['Call', 'Email', 'Task'], kind) end",
                "CompletedDateTime": "case when done then moment(happened) end",
            },
        )  # fmt: skip

    def _events(self, arrays: dict, audit: dict, who: str, what: str) -> None:
        subject = (
            f"case when kind = 3 then pick({_sql_list(words.MEETING_SUBJECTS)}, word)"
            " when kind = 4 then 'Demo' else 'Onboarding call' end"
        )
        self.put(
            "Event",
            arrays,
            {
                "Id": "event_id(n)", "WhoId": who, "WhatId": what, "Subject": subject,
                "Location": "pick(['Online', 'Online', 'Customer site', 'Our office'], word)",
                "IsAllDayEvent": "0", "ActivityDateTime": "moment(happened // 900 * 900)",
                "ActivityDate": "midnight(happened // 86400)", "DurationInMinutes": "minutes",
                "StartDateTime": "moment(happened // 900 * 900)",
                "EndDateTime": "moment(happened // 900 * 900 + minutes * 60)", "Description": "''",
                "AccountId": "account_id(account)", "OwnerId": "user_id(owner)",
                # Many enter meetings without a type.
                "Type": "case when kind > 3 or typed then pick(['Meeting', 'Demo', 'Onboarding'],"
                " kind - 3) end",
                "IsPrivate": "0", "ShowAs": "'Busy'", "IsDeleted": "0", "IsChild": "copy::int",
                "IsGroupEvent": "copy::int", "GroupEventType": "copy::int", **audit,
                "IsArchived": "0", "IsRecurrence": "0", "IsReminderSet": "0", "EventSubtype": "'Event'",
            },
        )  # fmt: skip


def _audit(by: str, created: str, changed: str | None = None) -> dict[str, str]:
    """The audit columns that every object has."""
    changed = changed or created
    return {
        "CreatedDate": f"moment({created})", "CreatedById": by,
        "LastModifiedDate": f"moment({changed})", "LastModifiedById": by,
        "SystemModstamp": f"moment({changed})",
    }  # fmt: skip


def _stack(blocks: list[tuple], names: list[str]) -> dict[str, np.ndarray]:
    """Blocks of history rows below each other, by moment; a block's first column has its length."""
    columns = []
    for place in range(len(names)):
        parts = [np.broadcast_to(block[place], len(block[0])) for block in blocks]
        columns.append(np.concatenate(parts))
    order = np.argsort(columns[1], kind="stable")
    table = {name: column[order] for name, column in zip(names, columns, strict=True)}
    return {"n": np.arange(len(order)), **table}


def _write_flat(company: SimpleNamespace, draws: Draws, files: _Files) -> None:
    """The flat extracts, in the columns of the flat source."""
    people = company.people
    plans = planning.make_plans(draws, company)
    names = np.array([f"{first} {last}" for first, last in people.rep_names], dtype=object)
    emails = np.array(people.rep_emails, dtype=object)
    teams = np.array(people.team_names, dtype=object)
    regions = np.array(words.REGIONS, dtype=object)[people.team_region]
    month_day = "(date '1970-01-01' + to_months(month::int))::date"

    rows = planning.assignment_rows(company)
    left = np.where(people.rep_left >= clock.AS_OF, -1, people.rep_left)
    files.write(
        "reps",
        {
            "rep": rows.rep, "name": names[rows.rep], "email": emails[rows.rep], "role": rows.role,
            "manager": rows.manager, "team": teams[rows.team], "region": regions[rows.team],
            "hired": people.rep_hired[rows.rep], "leave_day": left[rows.rep],
            "since": np.where(rows.is_first, -1, rows.since),
        },
        {
            "rep_id": "'E' || (1001 + rep)", "name": "name", "email": "email",
            "role": f"pick({_sql_list(words.ROLES)}, role)",
            "manager": "case when manager >= 0 then 'E' || (1001 + manager) end", "team": "team",
            "region": "region", "hire_date": "day(hired)", "leave_date": "day(leave_day)",
            "valid_from": "day(since)",
        },
    )  # fmt: skip
    quotas = plans.quotas
    files.write(
        "quotas",
        {"rep": quotas.rep, "month": quotas.month, "amount": quotas.amount},
        {
            "scope_type": "'rep'", "scope_id": "'E' || (1001 + rep)", "period_type": "'month'",
            "period_start": month_day, "amount": "amount", "currency": "'USD'",
        },
    )  # fmt: skip
    kpi, scope_type, scope_id, month, target = zip(*plans.targets, strict=True)
    files.write(
        "targets",
        {
            "kpi": np.array(kpi, dtype=object), "scope_type": np.array(scope_type, dtype=object),
            "scope_id": np.array(scope_id, dtype=object), "month": np.array(month),
            "target": np.array(target, dtype=object),
        },
        {
            "kpi": "kpi", "scope_type": "scope_type", "scope_id": "scope_id",
            "period_type": "'quarter'", "period_start": month_day, "target": "target",
        },
    )  # fmt: skip
    forecasts = plans.forecasts
    files.write(
        "forecasts",
        {
            "rep": emails[forecasts.rep], "size": forecasts.size, "first": forecasts.first,
            "submitted": forecasts.day, "amount": forecasts.amount,
        },
        {
            "rep": "rep", "period_type": "case when size = 1 then 'month' else 'quarter' end",
            "period_start": "day(first)", "submitted_on": "day(submitted)", "amount": "amount",
            "currency": "'USD'",
        },
    )  # fmt: skip
    month, category, item, amount = zip(*plans.costs, strict=True)
    files.write(
        "costs",
        {
            "month": np.array(month), "category": np.array(category, dtype=object),
            "item": np.array(item, dtype=object), "amount": np.array(amount),
        },
        {
            "month": f"strftime({month_day}, '%Y-%m')", "category": "category", "amount": "amount",
            "currency": "'USD'", "item": "item",
        },
    )  # fmt: skip
    subscriptions = company.subscriptions
    files.write(
        "subscriptions",
        {
            "n": np.arange(len(subscriptions.start)), "account": subscriptions.account,
            "start": subscriptions.start, "mrr": subscriptions.mrr, "last": subscriptions.end,
        },
        {
            "subscription_id": "'S' || (10001 + n)", "account_id": "account_id(account)",
            "start_date": "day(start)", "mrr": "money(mrr)", "end_date": "day(last)",
            "currency": "'USD'",
        },
    )  # fmt: skip
    product, since, cost = zip(*plans.product_costs, strict=True)
    files.write(
        "product_costs",
        {
            "product": np.array([row[0] for row in words.PRODUCTS], dtype=object)[list(product)],
            "since": np.array(since), "cost": np.array(cost),
        },
        {
            "product_id": "product", "valid_from": "day(since)", "unit_cost": "money(cost)",
            "currency": "'USD'",
        },
    )  # fmt: skip
    surveys = plans.surveys
    files.write(
        "surveys",
        {
            "n": np.arange(len(surveys.at)), "happened": surveys.at, "score": surveys.score,
            "account": surveys.account, "top": surveys.scale_max,
        },
        {
            "response_id": "'R' || (50001 + n)", "responded_at": "replace(moment(happened), ' ', 'T') || 'Z'",
            "score": "score", "account_id": "account_id(account)", "scale_max": "top",
        },
    )  # fmt: skip
    log = plans.time_log
    files.write(
        "time_log",
        {"rep": names[log.rep], "day": log.day, "activity": log.activity, "quarters": log.quarters},
        {
            "rep": "rep", "date": 'day("day")',
            "activity": f"pick({_sql_list(planning.ACTIVITY_NAMES)}, activity)",
            "hours": "number(quarters / 4)",
        },
    )  # fmt: skip
