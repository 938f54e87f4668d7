"""The page `docs/flat.md`: which flat files are understood, and their columns.

`python -m orchestration.kpi_docs` writes it, together with the pages of metrics and tables.
"""

from __future__ import annotations

from orchestration.casts import EXPECTED
from orchestration.contract import Contract, Table
from orchestration.settings import PROJECT_DIR

PAGE = PROJECT_DIR / "docs" / "flat.md"

_TYPES = {
    "text": "any text",
    **EXPECTED,
    "instant": "an ISO 8601 date and time, such as `2026-11-20T14:05:00Z`: without a zone UTC; "
    "a date alone is its midnight in the business time zone",
    "date": "a date, `2026-11-20`",
    "month": "a month, `2026-11`, or its first day",
    "boolean": "`true`, `false`, `1` or `0`",
    "decimal": "a plain number, `1234.5`: no thousands separators, no currency sign",
}

_HEAD = """\
# Flat files

<!-- Made by `python -m orchestration.kpi_docs` from models/staging/flat/sources.yml; change that.
-->

What no CRM export brings, or another CRM than Salesforce or HubSpot: a file per object, named by
it, such as `landing/flat/full/2026-11-20/reps.csv`. Every object is optional, and of its columns
those that are not required; columns may stand in any order, others are kept and not used. What a
delivery is and which formats are read: [landing/README.md](../landing/README.md).

A record whose required cell is empty or unreadable is rejected; where another cell is unreadable,
its value is unknown. Both are listed in the published schema `quality`. Private columns are never
published.

"""


def flat_page(contract: Contract) -> str:
    """`docs/flat.md`, in Markdown."""
    tables = sorted(contract.of_connector("flat"), key=lambda table: table.object)
    used = {column.data_type for table in tables for column in table.columns}
    page = _HEAD + "| type | what a cell holds |\n|---|---|\n"
    page += "".join(f"| {name} | {text} |\n" for name, text in _TYPES.items() if name in used)
    page += "\n| object | |\n|---|---|\n"
    page += "".join(
        f"| [{item.object}](#{item.object}) | {item.description} |\n" for item in tables
    )
    return page + "".join(_section(table) for table in tables)


def _section(table: Table) -> str:
    text = f"\n## {table.object}\n\n{table.description} Key: {_key(table)}."
    if table.grows_only:
        text += " Records that a later full delivery lacks stay."
    rows = "".join(
        f"| `{column.name}` | {column.data_type} | {'required' if column.required else ''} "
        f"| {_cell(column.description)}{' Private.' if column.private else ''} |\n"
        for column in table.columns
    )
    return f"{text}\n\n| column | type | | meaning |\n|---|---|---|---|\n{rows}"


def _key(table: Table) -> str:
    names = [f"`{name}`" for name in table.key]
    return " and ".join([", ".join(names[:-1]), names[-1]] if names[1:] else names)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
