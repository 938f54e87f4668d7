"""From a figure to its records: for every metric a query on the published file that lists them.

It is made from the metric's model: the same sources, joins and conditions, and records in place
of sums. What leads to the records is the column `sample_size`:

    count(*), count(column)      the records are the rows that the model's own `from` finds
    a column of a CTE            go on in the CTE
    a column of a `kpi_` model   go on in that model
    a column of a fact that      join the records to the fact: DRILL_DOWNS says how
    holds counts

Models are uniform (see the linter's rules), so their text is cut at the clauses, which begin a
line, and not parsed. The records of every figure are counted in a test.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from orchestration.dbt_models import Model, Project
from orchestration.errors import RefreshError
from orchestration.sql import literal

KEYS = ("scope_type", "scope_id", "period_type", "period_start")

_CLAUSE = re.compile(r"^(select|from|inner join|left join|where|group by)\b", re.MULTILINE)
_CTE = re.compile(r"^(?:with )?(\w+) as \(\n(.*?)^\),?\n", re.MULTILINE | re.DOTALL)
# Bridges between records, scopes and periods: what they hold is no property of a record.
_BRIDGE = re.compile(r"core\.(\w+_scopes|dim_scopes|dim_periods|dim_date_periods)$")

_BELONGS_TO = ("opportunity_id", "lead_id", "account_id")


@dataclass(frozen=True)
class Source:
    """A table or CTE in a `from` or join, its clause as written."""

    clause: str
    table: str
    alias: str

    @property
    def join(self) -> str:
        """`from`, `inner join` or `left join`."""
        return _CLAUSE.match(self.clause)[1]

    @property
    def condition(self) -> str:
        """What follows `on` or `using`."""
        return re.split(r"\s(?:on|using)\s", self.clause, maxsplit=1)[-1]


@dataclass(frozen=True)
class Select:
    """One select: its items by name, its sources, and the conditions that `and` joins."""

    items: dict[str, str]
    sources: tuple[Source, ...]
    conditions: tuple[str, ...]


@dataclass(frozen=True)
class DrillDown:
    """How to get from a fact that holds counts to the records that they count."""

    joins: tuple[str, ...]
    columns: tuple[str, ...]
    conditions: tuple[str, ...] = ()


DRILL_DOWNS = {
    ("core.fct_customer_periods", "subscriptions_at_end"): DrillDown(
        joins=(
            "inner join core.dim_periods using (period_type, period_start)",
            "inner join core.fct_subscriptions as subscriptions\n"
            "    on\n"
            "        coalesce(subscriptions.account_id, '(none)')\n"
            "        = fct_customer_periods.account_id\n"
            "        and last_day between subscriptions.start_date and subscriptions.end_date",
        ),
        columns=(
            "subscription_id",
            "account_id",
            "start_date",
            "end_date",
            "original_mrr",
            "currency",
        ),
    ),
    ("core.fct_campaign_periods", "leads"): DrillDown(
        joins=(
            "inner join core.dim_date_periods using (period_type, period_start)",
            "inner join core.fct_leads as leads\n"
            "    on\n"
            "        campaign_id = leads.campaign_id\n"
            "        and date_day = leads.created_date",
        ),
        columns=("lead_id", "campaign_id", "created_date"),
    ),
    ("core.fct_forecast_periods", "deals"): DrillDown(
        joins=(
            "inner join core.dim_scopes using (scope_type, scope_id)",
            "inner join core.dim_date_periods using (period_type, period_start)",
            "inner join core.fct_opportunities\n"
            "    on\n"
            "        rep_assignment_id = closed_by_assignment_id\n"
            "        and date_day = closed_date",
        ),
        columns=(
            "opportunity_id",
            "opportunity_name",
            "closed_by_rep_id",
            "closed_date",
            "amount",
        ),
        conditions=("is_won", "amount is not null"),
    ),
    ("core.fct_quota_periods", "quotas"): DrillDown(
        joins=(
            "inner join core.fct_quota_parts as parts\n"
            "    using (scope_type, scope_id, period_type, period_start)",
        ),
        columns=("parts.rep_id", "parts.first_month", "parts.months_long", "parts.amount"),
        conditions=("parts.is_counted",),
    ),
    ("core.fct_targets", "targets"): DrillDown(
        joins=(
            "inner join core.fct_target_parts as parts\n"
            "    using (kpi, scope_type, scope_id, period_type, period_start)",
        ),
        columns=("parts.part_start", "parts.part_months", "parts.target"),
    ),
}


@dataclass(frozen=True)
class Trace:
    """The records behind the figures of a metric, or behind those of some of its scopes.

    Attributes:
        ctes: the CTEs that the sources need, name and text.
        keys: expressions of scope_type, scope_id, period_type and period_start.
        columns: what is listed of a record.
        is_distinct: whether a record counts once, however often it is found.
        sources: clauses `from ...` and `inner join ...`.
        conditions: the model's own.
    """

    ctes: tuple[tuple[str, str], ...]
    keys: dict[str, str]
    columns: tuple[str, ...]
    is_distinct: bool
    sources: tuple[str, ...]
    conditions: tuple[str, ...]

    def query(self) -> str:
        """Lists the records behind one figure.

        Its parameters are `$scope_type`, `$scope_id`, `$period_type`, `$period_start`.
        """
        figure = [f"{expression} = ${key}" for key, expression in self.keys.items()]
        return self._select(self.columns, (*self.conditions, *figure))

    def counts(self) -> str:
        """Counts the records behind all figures: `(*KEYS, records)`."""
        keys = [f"{expression} as {key}" for key, expression in self.keys.items()]
        columns = [f"{column} as column_{at}" for at, column in enumerate(self.columns)]
        records = self._select((*keys, *columns), self.conditions)
        return f"select {', '.join(KEYS)}, count(*) as records from (\n{records}\n) group by all"

    def records(self, figures: str, scope_types: Iterable[str]) -> str:
        """Lists the records behind the figures of a table: `(*KEYS, record_id, details)`.

        `scope_types` are those that the table has; `record_id` is the first column of a record,
        `details` tells all of them in words.
        """
        keys = [f"{expression} as {key}" for key, expression in self.keys.items()]
        columns = [f"{column} as column_{at}" for at, column in enumerate(self.columns)]
        scopes = ", ".join(literal(scope_type) for scope_type in scope_types)
        wanted = f"{self.keys['scope_type']} in ({scopes})"
        found = self._select((*keys, *columns), (*self.conditions, wanted))
        names = [column.split(" as ")[-1].rpartition(".")[2] for column in self.columns]
        told = ", ".join(
            f"'{name}: ' || column_{at}::varchar"
            for at, name in enumerate(names)
            if name.isidentifier()
        )
        return (
            f"select {', '.join(KEYS)}, column_0::varchar as record_id, "
            f"concat_ws('; ', {told}) as details from (\n{found}\n) as found "
            f"semi join {figures} using ({', '.join(KEYS)})"
        )

    def _select(self, items: tuple[str, ...], conditions: tuple[str, ...]) -> str:
        ctes = ",\n\n".join(f"{name} as (\n{body})" for name, body in self.ctes)
        listed = ",\n".join(f"    {item}" for item in items)
        where = "\n    and ".join(conditions)
        return "\n".join(
            [
                *([f"with {ctes}\n"] if ctes else []),
                f"select{' distinct' if self.is_distinct else ''}\n{listed}",
                *self.sources,
                *([f"where\n    {where}"] if where else []),
            ]
        )


def traces(project: Project, model: str) -> list[Trace]:
    """The records behind the figures of a metric.

    Args:
        project: the dbt project.
        model: name of the metric's model, `kpi_<name>`.

    Returns:
        One trace, several where the figures of different scopes are of different records; none
        where the model has no sample size.

    Raises:
        RefreshError: the sample size cannot be followed to records.
    """
    return _Tracer(project, model).traces()


def tracing_query(project: Project, model: str) -> str | None:
    """The query that lists the records behind a figure of a metric; None without sample size."""
    queries = [trace.query() for trace in traces(project, model)]
    return "\nunion all by name\n".join(queries) or None


class _Tracer:
    def __init__(self, project: Project, model: str) -> None:
        self.project = project
        self.model = model
        sql = project.sql(model) + "\n"
        self.ctes = dict(_CTE.findall(sql))
        self.final = _parsed(_CTE.sub("", sql))

    def traces(self) -> list[Trace]:
        return list(self._follow(self.final, self.final.items["sample_size"]))

    def _follow(self, select: Select, expression: str) -> Iterator[Trace]:
        """The records that `expression`, a count or a column that holds one, counts."""
        expression = re.sub(r"^coalesce\((.*), 0\)$", r"\1", expression.split("::")[0])
        if expression == "null":
            return
        if expression == "count(*)":
            yield self._trace(select, select.sources[0])
            return
        if counted := re.fullmatch(r"count\((distinct )?((\w+\.)?\w+)\)", expression):
            yield self._counted(select, counted[2], is_distinct=bool(counted[1]))
            return
        column = re.sub(r"^sum\((.*)\)$", r"\1", expression)
        source = self._source(select.sources, column)
        column = column.rpartition(".")[2]
        if source is None:
            raise self._untraceable(expression)
        if (source.table, column) in DRILL_DOWNS:
            yield self._drilled(select, source, DRILL_DOWNS[source.table, column])
            return
        if source.table in self.ctes:
            found = [
                trace
                for part in self.ctes[source.table].split("union all\n")
                for trace in self._follow_part(_parsed(part), column)
            ]
        elif source.table.startswith("kpis.kpi_"):
            found = traces(self.project, source.table.removeprefix("kpis."))
        else:
            raise self._untraceable(expression)
        # What the model asks of the keys holds for the records; the rest picks figures.
        kept = tuple(condition for condition in select.conditions if _is_about_keys(condition))
        for trace in found:
            yield replace(trace, conditions=trace.conditions + kept)

    def _follow_part(self, select: Select, column: str) -> Iterator[Trace]:
        yield from self._follow(select, column if "*" in select.items else select.items[column])

    def _trace(self, select: Select, record: Source) -> Trace:
        """The rows that a select finds; a left join neither adds rows nor takes any."""
        sources = tuple(source for source in select.sources if source.join != "left join")
        return Trace(
            ctes=tuple(
                (source.table, self.ctes[source.table])
                for source in sources
                if source.table in self.ctes
            ),
            keys={key: select.items[key] for key in KEYS},
            columns=tuple(self._columns(select, sources, record)),
            is_distinct=False,
            sources=tuple(source.clause for source in sources),
            conditions=select.conditions,
        )

    def _counted(self, select: Select, column: str, is_distinct: bool) -> Trace:
        """The rows in which a column is filled, each of its values once if it is distinct."""
        record = self._source(select.sources, column)
        if record is None:
            raise self._untraceable(column)
        inner = replace(record, clause=record.clause.replace("left join", "inner join", 1))
        counting = replace(
            select,
            sources=tuple(inner if source == record else source for source in select.sources),
            conditions=(*select.conditions, f"{column} is not null"),
        )
        trace = self._trace(counting, inner)
        if is_distinct:
            return replace(trace, columns=(column,), is_distinct=True)
        return trace

    def _drilled(self, select: Select, source: Source, drill_down: DrillDown) -> Trace:
        """The rows of a select, joined with the records that a count of theirs counts."""
        trace = self._trace(select, source)
        return replace(
            trace,
            columns=drill_down.columns,
            sources=trace.sources + drill_down.joins,
            conditions=trace.conditions + drill_down.conditions,
        )

    def _columns(
        self, select: Select, sources: tuple[Source, ...], record: Source
    ) -> Iterator[str]:
        """What to list: the record's key and name, its rep and date, what is measured."""
        names = self._names(record)
        model = self._model(record)
        conditions = " and ".join(select.conditions)
        # Who it counts for: the rep of the assignment that the scopes are joined by.
        joins = " and ".join(source.condition for source in sources[1:])
        joins = re.sub(r"(rep_)?assignment_id\b", "rep_id", joins)
        compared = " and ".join(
            condition
            for condition in select.conditions
            if re.search(r" in | between |<|>", condition) and "exists" not in condition
        )
        measured = [select.items.get(item, "") for item in ("numerator", "denominator", "value")]
        found = [
            *(model.key if model and model.key else names),
            *(name for name in names if name.endswith("_name")),
            *(name for name in _BELONGS_TO if name in names),
            *_words(joins),
            *_words(compared),
            *_words(" ".join(measured)),
        ]
        # What is the same for all records tells nothing.
        listed = {*KEYS, *re.findall(r"\b(\w+) = '", conditions)}
        for word in found:
            alias, _, name = word.rpartition(".")
            source = record if name in names and not alias else self._source(sources, word)
            if source is None or name in listed or name.endswith("assignment_id"):
                continue
            is_step = source.table in self.ctes and source != record
            is_bridge = _BRIDGE.match(source.table) and word not in _words(" ".join(measured))
            if not is_step and not is_bridge:
                listed.add(name)
                yield word if source != record else self._unambiguous(name, sources, record)

    def _unambiguous(self, name: str, sources: tuple[Source, ...], record: Source) -> str:
        """A column of the record, with its table's name where another table has it too."""
        others = [
            source
            for source in sources
            if source != record
            and name in self._names(source)
            and not re.search(rf"using \([^)]*\b{name}\b", source.clause)
        ]
        return f"{record.alias}.{name}" if others else name

    def _source(self, sources: tuple[Source, ...], column: str) -> Source | None:
        """The source that has a column, which may be written `alias.column`."""
        alias, _, name = column.rpartition(".")
        for source in sources:
            if alias in ("", source.alias) and name in self._names(source):
                return source
        return None

    def _names(self, source: Source) -> tuple[str, ...]:
        """Names of the columns of a source."""
        if source.table in self.ctes:
            part = _parsed(self.ctes[source.table].split("union all\n")[0])
            return self._names(part.sources[0]) if "*" in part.items else tuple(part.items)
        model = self._model(source)
        return tuple(column.name for column in model.columns) if model else ()

    def _model(self, source: Source) -> Model | None:
        return self.project.models.get(source.table.partition(".")[2])

    def _untraceable(self, expression: str) -> RefreshError:
        return RefreshError(
            f"{self.project.models[self.model].path}: no way from the sample size "
            f"`{expression}` to the records. Write it as count(*), count(<column>) or a column "
            "of a CTE or metric that counts so; for a column of a fact that holds counts, add "
            "the fact to DRILL_DOWNS in orchestration/tracing.py."
        )


def _parsed(sql: str) -> Select:
    """A select whose clauses begin lines, at the same depth as its `select`."""
    lines = sql.strip("\n").splitlines()
    depth = len(lines[0]) - len(lines[0].lstrip())
    sql = "\n".join(line[depth:] for line in lines).replace("select * from", "select *\nfrom")
    starts = [match.start() for match in _CLAUSE.finditer(sql)]
    clauses = [
        sql[start:end].rstrip() for start, end in zip(starts, [*starts[1:], None], strict=True)
    ]
    items: dict[str, str] = {}
    sources = []
    conditions: tuple[str, ...] = ()
    for clause in clauses:
        keyword = _CLAUSE.match(clause)[1]
        body = clause.removeprefix(keyword)
        if keyword == "select":
            for item in _split(body, ","):
                expression, _, name = item.rpartition(" as ")
                items[name.rpartition(".")[2]] = expression or name
        elif keyword == "where":
            conditions = tuple(_split(body, "and"))
        elif keyword != "group by":
            table, alias = re.match(r"\s+([\w.]+)(?: as (\w+))?", body).groups()
            sources.append(Source(clause, table, alias or table.rpartition(".")[2]))
    return Select(items, tuple(sources), conditions)


def _split(text: str, separator: str) -> list[str]:
    """Parts of a text between separators (a comma, `and`) outside of parentheses."""
    parts = [""]
    depth = 0
    is_between = False
    for token in re.findall(r"'[^']*'|\w+|\s+|.", text):
        depth += (token == "(") - (token == ")")
        is_separator = depth == 0 and token == separator
        if depth == 0 and token == "between":
            is_between = True
        if is_separator and not is_between:
            parts.append("")
        else:
            parts[-1] += token
        if is_separator:
            is_between = False
    return [_tidy(part.strip()) for part in parts if part.strip()]


def _tidy(text: str) -> str:
    """A text in one line, where it is not too long for that."""
    line = re.sub(r"\( | (?=\))", lambda space: space[0].strip(), " ".join(text.split()))
    return line if len(line) <= 80 else text


def _words(text: str) -> list[str]:
    """Names of columns in an expression, as written, and words that are none."""
    return re.findall(r"\b(?:\w+\.)?\w+\b(?!\()", re.sub(r"'[^']*'", "", text))


def _is_about_keys(condition: str) -> bool:
    words = re.findall(r"\w+", re.sub(r"'[^']*'", "", condition))
    return set(words) <= {*KEYS, "in", "and", "or", "not"}
