"""The page `docs/tables.md`: every published table and its columns.

`python -m orchestration.kpi_docs` writes it, together with the page of the metrics.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import groupby

from orchestration.dbt_models import Column, Model, Project
from orchestration.publishing import ABOUT, ABOUT_COMMENT, SCHEMAS
from orchestration.restatements import TABLES
from orchestration.settings import PROJECT_DIR

PAGE = PROJECT_DIR / "docs" / "tables.md"

_SCHEMAS = {
    "kpis": "The metrics. What each of them means is in [kpis.md](kpis.md).",
    "marts": "Wide tables for dashboards, and questions that are no metric.",
    "core": (
        "What the metrics count: dimensions (`dim_`), facts (`fct_`), and bridges between "
        "records and the scopes that they count for (`_scopes`)."
    ),
    "quality": "What was delivered, what was rejected, and what is odd.",
}

_HEAD = """\
# Tables

<!-- Made by `python -m orchestration.kpi_docs` from the YAML files in models and seeds; change
those. -->

Every table of the published file, with its columns. The same texts are comments in the file:
`select table_name, comment from duckdb_tables()`.

Names tell types: `_id` and `_name` are texts, `_at` is an instant (TIMESTAMP, UTC), `_date` and
`period_start` are a DATE, `is_` and `has_` a BOOLEAN. Amounts are DECIMAL in the reporting
currency, `original_amount` in `currency`; shares and rates are fractions. Figures of metrics are
DOUBLE.

"""


def published_tables(project: Project) -> list[Model]:
    """Every table of the published file, by schema and folder."""
    about = Model(
        name="about",
        schema="quality",
        path=PROJECT_DIR,
        description=ABOUT_COMMENT,
        columns=tuple(
            Column(name, comment, data_type) for name, (data_type, comment) in ABOUT.items()
        ),
    )
    written = [
        Model(
            name=name,
            schema="quality",
            path=PROJECT_DIR,
            description=comment,
            columns=tuple(Column(column, text, kind) for column, (kind, text) in columns.items()),
        )
        for name, (comment, columns) in TABLES.items()
    ]
    tables = [model for model in project.models.values() if model.is_published]
    return sorted([*tables, about, *written], key=_place)


def columns_of(project: Project, table: Model) -> list[Column]:
    """Columns of a table; the YAML leaves those out that the catalogue names."""
    columns = list(table.columns)
    if table.name == "rep_quarter":
        columns += [
            Column(row["kpi"], f"[{row['label']}](kpis.md#{row['kpi']}).")
            for row in sorted(project.catalogue, key=lambda row: row["kpi"])
            if "rep" in row["scopes"].split() and "quarter" in row["periods"].split()
        ]
    return columns


def tables_page(project: Project) -> str:
    """`docs/tables.md`, in Markdown."""
    tables = [table for table in published_tables(project) if not _is_metric(table)]
    names = {table.name for table in tables}
    page = _HEAD + "".join(_contents(area, list(group)) for area, group in groupby(tables, _area))
    for schema, group in groupby(tables, lambda table: table.schema):
        page += f"\n## {schema}\n\n{_SCHEMAS[schema]}\n"
        page += "".join(_section(project, table, names) for table in group)
        if schema == "kpis":
            page += _metrics(project, names)
    return page


def _contents(area: str, tables: list[Model]) -> str:
    """What there is to a reader who looks for a table: its name and what a row is."""
    rows = "".join(f"| [{table.name}](#{table.name}) | {_grain(table)} |\n" for table in tables)
    return f"| {area} | one row per |\n|---|---|\n{rows}\n"


def _grain(table: Model) -> str:
    """What a row of the table is."""
    grain = re.search(r"One row per ([^.:]+)", table.description)
    return _escaped(grain[1]) if grain else "file" if table.name == "about" else ""


def _section(project: Project, table: Model, names: Iterable[str]) -> str:
    return (
        f"\n### {table.name}\n\n{_linked(table.description, names, table.name)}\n\n"
        f"{_columns(columns_of(project, table), names, table.name)}"
    )


def _metrics(project: Project, names: Iterable[str]) -> str:
    """The tables of the metrics, which all have the same columns."""
    metrics = [table for table in published_tables(project) if _is_metric(table)]
    links = ",\n".join(
        f"[{metric.name}](kpis.md#{metric.name.removeprefix('kpi_')})" for metric in metrics
    )
    return (
        "\n### kpi_\\<name>\n\nOne table per metric, as its model measures it: without names, "
        "targets and the rows of 0 that `kpi_values` adds. One row per scope and period.\n\n"
        f"{_columns(metrics[0].columns, names, '')}\n"
        f"<details><summary>All {len(metrics)}</summary>\n\n{links}\n\n</details>\n"
    )


def _columns(columns: Iterable[Column], names: Iterable[str], table: str) -> str:
    columns = list(columns)
    has_types = any(column.data_type for column in columns)
    rows = "".join(
        f"| `{column.name}` | {f'{column.data_type} | ' if has_types else ''}"
        f"{_linked(column.description, names, table)} |\n"
        for column in columns
    )
    head = "| column | type | |\n|---|---|---|\n" if has_types else "| column | |\n|---|---|\n"
    return head + rows


def _linked(text: str, names: Iterable[str], table: str) -> str:
    """A description in which the names of other tables are links; fit for a table's cell."""

    def link(word: re.Match[str]) -> str:
        return f"[{word[0]}](#{word[0]})" if word[0] in names and word[0] != table else word[0]

    return re.sub(r"(?<![\w`.#[])(?:dim|fct|kpi)_\w+", link, _escaped(text))


def _escaped(text: str) -> str:
    """Text whose `|` ends no cell and whose `<name>`, outside of code, is no HTML."""
    parts = text.replace("|", "\\|").split("`")
    parts[::2] = [part.replace("<", "\\<") for part in parts[::2]]
    return "`".join(parts)


def _is_metric(table: Model) -> bool:
    return table.schema == "kpis" and table.path.parts[:2] == ("models", "kpis")


def _area(table: Model) -> str:
    """The schema, of core with the folder."""
    return f"{table.schema}: {table.path.parts[2]}" if table.schema == "core" else table.schema


def _place(table: Model) -> tuple[int, tuple[str, ...], str]:
    """Where a table stands on the page: tables of a folder stand together."""
    folder = table.path.parts[2:-1] if table.schema == "core" else ()
    return SCHEMAS.index(table.schema), folder, table.name
