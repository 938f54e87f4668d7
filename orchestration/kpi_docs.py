"""Writes `docs/kpis.md` and `docs/tables.md`: `python -m orchestration.kpi_docs`.

The first says what every metric means and how to get from a figure to its records, the second
what every published table holds. Both come from the project's own files alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

from orchestration import flat_docs, table_docs
from orchestration.contract import load_contract
from orchestration.dbt_models import Project
from orchestration.settings import PROJECT_DIR
from orchestration.tracing import tracing_query

PAGE = PROJECT_DIR / "docs" / "kpis.md"
VARIANTS = PROJECT_DIR / "docs" / "kpi_variants.yml"

THEMES = {
    "results": "What was sold, against which plan, and how often a deal is won.",
    "pipeline": "What is open, what it is worth, and whether it closes when it should.",
    "leads": "Where deals come from: how many, how soon answered, at what cost.",
    "customers": "Who buys again, who leaves, and what a customer brings and costs.",
    "activity": "What reps do all day.",
    "people": "Who sells, who stays, and how fast new reps get going.",
}
BETTER = {"higher": "higher is better", "lower": "lower is better", "zero": "nearer to 0 is better"}
WHEN_EMPTY = {"zero": "a row with 0", "null": "no row"}
ADDITIVE_OVER = {
    "both": "parts to the whole (reps to teams to the company), months to quarters and years",
    "scopes": "parts to the whole (reps to teams to the company), not over time",
    "periods": "months to quarters and years, not parts to the whole",
    "none": "no",
}

# Whose figures an example shows: the first of these that the metric has.
_EXAMPLE_SCOPES = (
    "rep",
    "team",
    "customer_region",
    "stage",
    "product",
    "customer",
    "campaign",
    "company",
)

_HEAD = """\
# KPIs

<!-- Made by `python -m orchestration.kpi_docs` from seeds/kpi_catalog.csv, models/kpis and
docs/kpi_variants.yml; change those. -->

{count} metrics in {themes} themes. Each is a table of its own, `kpis.kpi_<name>`, and all are rows
of `kpis.kpi_values`, with names, targets and the periods to compare with. Where practitioners argue
about a definition there are variants, each under its own name, and a word on how they differ. What
the tables hold, column by column, is in [tables.md](tables.md).

[How to read a figure](#how-to-read-a-figure) ·
[From a figure to its records](#from-a-figure-to-its-records) ·
{links}

{contents}
## How to read a figure

```sql
select scope_name, period_start, numerator, denominator, value, sample_size
from kpis.kpi_values
where kpi = 'win_rate' and scope_type = 'team' and period_type = 'quarter'
order by period_start desc, scope_name;
```

- **A figure belongs to a scope and a period.** Scopes are the company, sales regions, teams and
  reps, and for some metrics customers, their regions and segments, products, lead sources,
  campaigns or stages. Periods are fiscal months, quarters and years; `is_complete` says whether a
  period was over on the as-of date.
- **`value` is the figure**, `numerator` and `denominator` what it is the ratio of. Ratios are
  fractions (0.42 is 42 %), money is in the reporting currency. A team's ratio is the ratio of its
  sums, not the mean of its reps' ratios; a median is taken over all of the scope's records.
- **`sample_size` is the number of records behind the figure**: of a ratio those in the denominator,
  of a sum or median those summed. A win rate of 1 may be a single deal.
- **Things are taken as they were.** A won or lost deal counts for whoever owned it when it closed,
  a created one for whoever owned it then, and for the team and region that the rep was in on that
  day. The pipeline of a past day is that day's pipeline.
- **What lacks the key of a scope** counts under `(none)`, shown as Unassigned, No team, No lead
  source and the like. So parts add up to the whole, and nothing is dropped.
- **No row is not 0.** Sums and counts have a row with 0 where nothing happened. A ratio without a
  denominator has no row, and neither has a metric whose extracts were not delivered:
  `quality.kpi_availability` says which those are.
- **Few figures may be added up.** The row *adds up* says which; of all others take the figure of
  the scope and period that you ask for.
- *Leading* metrics tell what will be, *lagging* ones what was. The scorecard shows the ★ headline
  metrics where no targets are set.

## From a figure to its records

Below every metric that has a `sample_size` stands the query that lists the records behind one
figure, as many as `sample_size` says. It is the metric's own SQL, with records in place of sums.
Where numerator and denominator count different things (deals won per quote issued), these are the
denominator's. Write the figure's key in place of the four parameters, or hand it over:

```python
con = duckdb.connect("published/sales_kpis.duckdb", read_only=True)
con.sql(query, params={{
    "scope_type": "team",
    "scope_id": "DACH",
    "period_type": "quarter",
    "period_start": "2026-07-01",
}})
```

`scope_id` is the key as in `kpis.kpi_values`, not the name. Join `core.fct_opportunities`,
`core.fct_leads`, `core.dim_accounts` or `core.dim_reps` by the keys that are listed for names and
whatever else is known. A metric made of other metrics, such as a growth, has no records of its own:
follow the links to its parts.
"""

_PARTS_ONLY = "\nIt has no records of its own: trace what it is *made of*.\n"


def kpi_page(project: Project) -> str:
    """`docs/kpis.md`, in Markdown."""
    by_theme = {
        theme: [row for row in project.catalogue if row["theme"] == theme] for theme in THEMES
    }
    groups = yaml.safe_load(VARIANTS.read_text(encoding="utf-8"))
    head = _HEAD.format(
        count=len(project.catalogue),
        themes=len(THEMES),
        links=" ·\n".join(f"[{theme.capitalize()}](#{theme})" for theme in THEMES),
        contents="".join(_contents(theme, rows) for theme, rows in by_theme.items()),
    )
    sections = [head]
    for theme, rows in by_theme.items():
        sections.append(f"\n## {theme.capitalize()}\n\n{THEMES[theme]}\n")
        sections.extend(_section(project, row, groups) for row in rows)
    return "".join(sections)


def _contents(theme: str, rows: list[dict[str, str]]) -> str:
    lines = "".join(
        f"| {_link(row)}{' ★' if row['is_headline'] == 'true' else ''} | {row['sentence']} |\n"
        for row in rows
    )
    return (
        f"<details open><summary><b>{theme.capitalize()}</b> ({len(rows)})</summary>\n\n"
        f"| metric | |\n|---|---|\n{lines}\n</details>\n\n"
    )


def _section(project: Project, row: dict[str, str], groups: list[dict[str, Any]]) -> str:
    """What a reader wants to know about one metric."""
    model = project.models[f"kpi_{row['kpi']}"]
    kind = [f"`{row['kpi']}`", row["unit"], BETTER[row["better"]], row["timing"]]
    if row["is_headline"] == "true":
        kind.append("★ headline")
    formula = row["numerator"].replace(" x ", " \N{MULTIPLICATION SIGN} ").replace("|", "\\|")
    if row["denominator"]:
        formula += f"<br>÷ {row['denominator']}"
    facts = {
        "formula": formula,
        "dated by": row["dated_by"],
        "scopes": row["scopes"].replace(" ", ", "),
        "periods": row["periods"].replace(" ", ", "),
        "adds up": ADDITIVE_OVER[row["additive_over"]],
        "without records": WHEN_EMPTY[row["when_empty"]],
        "needs": " and ".join(_alternatives(need) for need in row["requires"].split()),
        "made of": ", ".join(_parts(project, model.name)),
        "model": f"[{model.path.name}](../{model.path.as_posix()})",
    }
    table = "".join(f"| {name} | {text} |\n" for name, text in facts.items())
    query = tracing_query(project, model.name)
    return (
        # A label may change; links to a metric shall not.
        f'\n<a id="{row["kpi"]}"></a>\n\n### {row["label"]}\n\n'
        f"{' · '.join(kind)}\n\n{row['sentence']}\n\n"
        f"| | |\n|---|---|\n{table}\n"
        f"{''.join(_variants(project, row['kpi'], groups))}"
        f"{_folded('Its figures', example_query(project, row))}"
        f"{_folded('The records behind a figure', query) if query else _PARTS_ONLY}"
    )


def _alternatives(need: str) -> str:
    """Extracts any of which will do, in words."""
    *others, last = need.replace("_", " ").split("|")
    return f"{', '.join(others)} or {last}" if others else last


def _variants(project: Project, kpi: str, groups: list[dict[str, Any]]) -> Iterator[str]:
    """Links to the variants of a metric, and why they differ."""
    labels = {row["kpi"]: row for row in project.catalogue}
    for group in groups:
        if kpi in group["kpis"]:
            links = ", ".join(_link(labels[other]) for other in group["kpis"] if other != kpi)
            yield f"*Variants:* {links}. {' '.join(group['why'].split())}\n\n"


def _parts(project: Project, model: str) -> Iterator[str]:
    """Links to the metrics and facts that a metric is made of."""
    rows = {f"kpi_{row['kpi']}": row for row in project.catalogue}
    for name in project.references(model):
        if name in rows:
            yield _link(rows[name])
        elif name.startswith("fct_") or name in ("dim_accounts", "dim_reps"):
            yield f"[{project.models[name].sql_name}](tables.md#{name})"


def example_query(project: Project, row: dict[str, str]) -> str:
    """A query on `kpis.kpi_values` that shows a metric's figures, the best first."""
    scope = next(scope for scope in _EXAMPLE_SCOPES if scope in row["scopes"].split())
    period = "quarter" if "quarter" in row["periods"].split() else row["periods"].split()[0]
    sql = project.sql(f"kpi_{row['kpi']}")
    is_ratio = "null::double as numerator" not in sql and "null::double as denom" not in sql
    columns = [
        "period_start",
        *(["scope_name"] if scope != "company" else []),
        *(["numerator", "denominator"] if is_ratio else []),
        "value",
        *(["sample_size"] if "null::bigint as sample_size" not in sql else []),
        *(["previous_value", "year_ago_value"] if scope == "company" else []),
    ]
    # A metric of the current periods alone has no figures of complete ones.
    complete = "not is_complete" if "is_current" in sql else "is_complete"
    best = {"higher": "value desc", "lower": "value", "zero": "abs(value)"}[row["better"]]
    order = ["period_start desc", *([best] if scope != "company" else [])]
    return (
        f"select {', '.join(columns)}\n"
        f"from kpis.kpi_values\n"
        f"where\n"
        f"    kpi = '{row['kpi']}'\n"
        f"    and scope_type = '{scope}'\n"
        f"    and period_type = '{period}'\n"
        f"    and {complete}\n"
        f"order by {', '.join(order)}"
    )


def _folded(summary: str, query: str) -> str:
    return f"<details><summary>{summary}</summary>\n\n```sql\n{query};\n```\n\n</details>\n"


def _link(row: dict[str, str]) -> str:
    return f"[{row['label']}](#{row['kpi']})"


def main() -> None:
    """Writes the pages of metrics, tables and flat files."""
    project = Project.read()
    PAGE.write_text(kpi_page(project), encoding="utf-8")
    table_docs.PAGE.write_text(table_docs.tables_page(project), encoding="utf-8")
    flat_docs.PAGE.write_text(flat_docs.flat_page(load_contract(PROJECT_DIR)), encoding="utf-8")


if __name__ == "__main__":
    main()
