"""What all objects of the export share: the users who are no reps, audit columns, history."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from demo import words
from demo.leads import INTEGRATION


class Users:
    """Numbers and names of users: the reps first, then three who are none."""

    def __init__(self, company: SimpleNamespace) -> None:
        names = company.people.rep_names
        self.reps = len(names)
        self.integration, self.admin, self.chief = self.reps, self.reps + 1, self.reps + 2
        self.first = [first for first, _ in names] + ["", "Sam", "Robin"]
        self.last = [last for _, last in names] + ["Marketing Integration", "Operations", "Crane"]
        full = [f"{a} {b}".strip() for a, b in zip(self.first, self.last, strict=True)]
        queues = [f"{region} Leads" for region in words.REGIONS]
        self._names = np.array(full + queues, dtype=object)

    def names_of(self, owners: np.ndarray) -> np.ndarray:
        """Names as field history shows them, of reps, queues and the integration."""
        number = np.where(owners == INTEGRATION, self.integration, owners)
        return self._names[np.where(owners <= -10, self.reps + 3 - 10 - owners, number)]

    def lead_owner(self, column: str) -> str:
        """SQL for the id of an owner of a lead: a user, a queue or the integration."""
        return (
            f"case when {column} <= -10 then queue_id(-10 - {column}) when {column} = {INTEGRATION}"
            f" then user_id({self.integration}) else user_id({column}) end"
        )


def audit(by: str, created: str, changed: str | None = None) -> dict[str, str]:
    """The audit columns that every object has."""
    changed = changed or created
    return {
        "CreatedDate": f"moment({created})",
        "CreatedById": by,
        "LastModifiedDate": f"moment({changed})",
        "LastModifiedById": by,
        "SystemModstamp": f"moment({changed})",
    }


def history_rows(blocks: list[dict]) -> dict[str, np.ndarray]:
    """Field history by moment: blocks of rows, each a record, a moment and a kind of change.

    Texts are in ``old_text`` and ``new_text``, owners in ``old`` and ``new``.
    """
    empty = np.full(1, "", dtype=object)
    defaults = {"old_text": empty, "new_text": empty, "old": -1, "new": -1}
    names = ["record", "happened", "kind", *defaults]
    table = {
        name: np.concatenate(
            [np.broadcast_to((defaults | block)[name], len(block["record"])) for block in blocks]
        )
        for name in names
    }
    order = np.argsort(table["happened"], kind="stable")
    return {"n": np.arange(len(order))} | {name: table[name][order] for name in names}
