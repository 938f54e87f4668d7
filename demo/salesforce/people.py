"""User and UserRole."""

# One column of the file a line, or several that belong together.
# fmt: off

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from demo import clock, words
from demo.clock import DAY, HOUR, NOW
from demo.files import Files, sql_list
from demo.salesforce.common import Users, audit

_STARTED = clock.day_number("2023-11-20") * DAY


def write_people(company: SimpleNamespace, users: Users, files: Files) -> None:
    """Write the users, reps and others, and their roles, which are the teams."""
    people = company.people
    reps = users.reps
    order = np.argsort(people.start, kind="stable")
    latest = np.full(reps, -1)
    latest[people.rep[order]] = order
    team, role = people.team[latest], people.role[latest]
    heads = order[people.role[order] == words.MANAGER]
    manager_of_team = np.full(len(people.team_names), -1)
    manager_of_team[people.team[heads]] = people.rep[heads]
    manager = np.where(role == words.MANAGER, users.chief, manager_of_team[team])
    # Salesforce keeps the case in which an address was typed.
    email = [e.title() if n % 9 == 8 else e for n, e in enumerate(people.rep_emails)]
    others = ["integration", "sam.operations", "robin.crane"]
    email += [f"{name}@{words.MAIL_DOMAIN}" for name in others]
    titles = [*words.ROLES, "Integration", "Sales Operations", "Chief Revenue Officer"]
    left = people.rep_left
    lately = NOW - HOUR * (1 + np.arange(reps) % 7)
    seen = np.where(left < clock.AS_OF, left * DAY + 15 * HOUR, lately)
    created = np.maximum(people.rep_hired * DAY + 6 * HOUR, _STARTED)
    admin = f"user_id({users.admin})"
    files.write(
        "User",
        {
            "n": np.arange(reps + 3),
            "first": np.array(users.first, dtype=object),
            "last": np.array(users.last, dtype=object),
            "email": np.array(email, dtype=object),
            "team": np.r_[team, -1, -1, -1],
            "region": np.r_[people.team_region[team], 0, 0, 0],
            "role": np.r_[role, 4, 5, 6],
            "manager": np.r_[manager, -1, users.chief, -1],
            "active": np.r_[left >= clock.AS_OF, True, True, True],
            "created": np.r_[created, _STARTED, _STARTED, _STARTED],
            "seen": np.r_[seen, NOW - 60, NOW - 7_200, NOW - 9_000],
        },
        {
            "Id": "user_id(n)",
            "Username": "lower(email) || '.crm'",
            "LastName": "last", "FirstName": "first",
            "CompanyName": f"'{words.COMPANY_NAME}'",
            "Division": f"case when role < 4 then pick({sql_list(words.REGIONS)}, region) end",
            "Department": "case when role < 4 then 'Sales' when role > 4 then 'Revenue' end",
            "Title": f"pick({sql_list(titles)}, role)",
            "Email": "email",
            "Alias": "lower(substr(last, 1, 5)) || n % 100",
            "IsActive": "active::int",
            "TimeZoneSidKey": f"pick({sql_list(words.TIME_ZONES)}, region)",
            "UserRoleId": "user_role_id(team)",
            "LocaleSidKey": "'en_US'", "EmailEncodingKey": "'UTF-8'",
            "ProfileId": "profile_id((role = 4)::int)",
            "UserType": "case when role = 4 then 'AutomatedProcess' else 'Standard' end",
            "LanguageLocaleKey": "'en_US'",
            "EmployeeNumber": f"case when n < {reps} then 'E' || (1001 + n) end",
            "ManagerId": "case when manager >= 0 then user_id(manager) end",
            "LastLoginDate": "moment(seen)",
            **audit(admin, "created", "greatest(created, seen)"),
            "ForecastEnabled": "(role in (1, 2, 3))::int",
        },
    )
    files.write(
        "UserRole",
        {
            "n": np.arange(len(people.team_names)),
            "name": np.array(people.team_names, dtype=object),
        },
        {
            "Id": "user_role_id(n)", "Name": "name", "ParentRoleId": "user_role_id(-1)",
            "RollupDescription": "name",
            "LastModifiedDate": f"moment({_STARTED})", "LastModifiedById": admin,
            "SystemModstamp": f"moment({_STARTED})",
            "DeveloperName": "replace(name, ' ', '_')",
        },
    )
