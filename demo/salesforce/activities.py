"""Task and Event."""

# One column of the file a line, or several that belong together.
# fmt: off

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from demo import words
from demo.activities import MEETING
from demo.deals import take
from demo.draws import Draws
from demo.files import NO_RECORD, Files, sql_list
from demo.salesforce.common import Users, audit

# Converted leads hand their activities on to the contact.
_WHO = "case when contact >= 0 then contact_id(contact) else lead_id(lead) end"
_WHAT = (
    "case when deal >= 0 then opportunity_id(deal) when lead < 0 then account_id(account)"
    f" else '{NO_RECORD}' end"
)


def write_activities(
    company: SimpleNamespace, users: Users, draws: Draws, files: Files
) -> None:
    """Write logged calls and emails and the tasks, then meetings and demos."""
    activities = company.activities
    is_event = activities.kind >= MEETING
    for wanted, write in ((~is_event, _tasks), (is_event, _events)):
        rows = vars(take(activities, np.flatnonzero(wanted)))
        n = len(rows["at"])
        rows["happened"] = rows.pop("at")
        rows["n"] = np.arange(n)
        rows["word"] = draws.whole(0, 60, n)
        # Many leave the type empty.
        rows["typed"] = draws.chance(0.75, n)
        by = f"case when automated then user_id({users.integration}) else user_id(owner) end"
        changed = "greatest(logged, case when done then happened else 0 end)"
        write(rows, audit(by, "logged", changed), files)


def _tasks(rows: dict, made: dict[str, str], files: Files) -> None:
    subject = (
        "case when automated then 'Automatic email'"
        f" when kind = 0 then pick({sql_list(words.CALL_SUBJECTS)}, word)"
        f" when kind = 1 then pick({sql_list(words.EMAIL_SUBJECTS)}, word)"
        f" else pick({sql_list(words.TASK_SUBJECTS)}, word) end"
    )
    of_calls = "case when kind = 0 then {} end"
    files.write(
        "Task",
        rows,
        {
            "Id": "task_id(n)", "WhoId": _WHO, "WhatId": _WHAT, "Subject": subject,
            "ActivityDate": "midnight(case when kind = 2 then due else happened // 86400 end)",
            "Status": "case when done then 'Completed' when word % 3 = 0 then 'In Progress'"
            " else 'Not Started' end",
            "Priority": "case when word % 11 = 0 then 'High' else 'Normal' end",
            "OwnerId": "user_id(owner)",
            "Type": "case when typed then pick(['Call', 'Email', 'Task'], kind) end",
            "IsDeleted": "0", "AccountId": "account_id(account)", "IsClosed": "done::int",
            **made, "IsArchived": "0",
            "IsRecurrence": "0",
            "CallDurationInSeconds": of_calls.format("minutes"),
            "CallType": of_calls.format("pick(['Outbound', 'Inbound', 'Internal'], direction)"),
            "CallDisposition": of_calls.format(
                "pick(['Reached', 'Left voicemail', 'No answer', 'Reached'], word)"
            ),
            "TaskSubtype": "case when automated and word % 2 = 0 then 'ListEmail'"
            " else pick(['Call', 'Email', 'Task'], kind) end",
            "CompletedDateTime": "case when done then moment(happened) end",
        },
    )


def _events(rows: dict, made: dict[str, str], files: Files) -> None:
    subject = (
        f"case when kind = 3 then pick({sql_list(words.MEETING_SUBJECTS)}, word)"
        " when kind = 4 then 'Demo' else 'Onboarding call' end"
    )
    begins = "happened // 900 * 900"
    files.write(
        "Event",
        rows,
        {
            "Id": "event_id(n)", "WhoId": _WHO, "WhatId": _WHAT, "Subject": subject,
            "Location": "pick(['Online', 'Online', 'Customer site', 'Our office'], word)",
            "IsAllDayEvent": "0", "ActivityDateTime": f"moment({begins})",
            "ActivityDate": "midnight(happened // 86400)", "DurationInMinutes": "minutes",
            "StartDateTime": f"moment({begins})", "EndDateTime": f"moment({begins} + minutes * 60)",
            "AccountId": "account_id(account)", "OwnerId": "user_id(owner)",
            "Type": "case when kind > 3 or typed"
            " then pick(['Meeting', 'Demo', 'Onboarding'], kind - 3) end",
            "IsDeleted": "0", "IsChild": "copy::int", **made, "IsArchived": "0",
            "IsRecurrence": "0",
        },
    )
