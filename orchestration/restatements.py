"""What a new version says of itself: its settings, what was accepted, and what it restates.

A figure of a complete period that is another one than in the version before is restated. Which
ones are, why, and the records behind them is the first thing that anyone asks, so each version
tells, and carries along what the versions before it told.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from orchestration.dbt_models import Project
from orchestration.errors import RefreshError
from orchestration.likeness import Columns, columns_of, read_columns, unlike
from orchestration.settings import MAPS_BY_NAME as MAPS
from orchestration.settings import SETTINGS, ConfigMap, Settings
from orchestration.sql import identifier, literal
from orchestration.tracing import KEYS, traces

# Of each version at most so many rows are kept, the company's first; and so many versions.
KEPT_FIGURES = 50_000
KEPT_RECORDS = 50_000
KEPT_VERSIONS = 20
# Of each metric the records of so many are looked at, those of the company's figures first.
TRACED_RECORDS = 50_000
# Figures that differ by less are the same, but for the order of a sum.
SAME = 1e-9

_KEY_COLUMNS = {
    "kpi": ("varchar", "Name of the metric."),
    "scope_type": ("varchar", "What the figure is of: company, region, team, rep, ..."),
    "scope_id": ("varchar", "Key of the scope."),
    "period_type": ("varchar", "month, quarter or year."),
    "period_start": (
        "date",
        "First day of the fiscal period, which was complete in both versions.",
    ),
}
_VERSION = ("varchar", "The version that changed it.")

# Tables of schema quality that publishing writes: comment; columns with type and comment.
TABLES: dict[str, tuple[str, dict[str, tuple[str, str]]]] = {
    "settings": (
        "What the configuration decided, defaults included. One row per setting, map entry, "
        "exclusion, mapping or custom field.",
        {
            "kind": ("varchar", "setting, map, exclusion, mapping or custom field."),
            "name": ("varchar", "Name of the setting, or what the entry is about."),
            "value": (
                "varchar",
                "Its value; of exclusions and mappings a fingerprint, which changes as they do.",
            ),
        },
    ),
    "accepted_changes": (
        "Refused files and sudden changes that an operator accepted by name, in this version and "
        "those before it. One row per version and name.",
        {
            "version": ("varchar", "The version that was published so."),
            "accepted_at": ("timestamp", "When it was published (UTC)."),
            "name": ("varchar", "The name given with --accept."),
            "finding": ("varchar", "What was accepted, in words."),
        },
    ),
    "version_changes": (
        "What is new in a version: deliveries, settings, code, and rows of facts, in this version "
        "and those before it. One row per version, kind and name.",
        {
            "version": _VERSION,
            "previous_version": ("varchar", "The version that it was compared with."),
            "kind": (
                "varchar",
                "delivery, setting, map, exclusion, mapping, custom field, as-of date, code, or "
                "records (of a fact).",
            ),
            "name": ("varchar", "File, setting or fact."),
            "old_value": ("varchar", "What it was; null for what is new."),
            "new_value": ("varchar", "What it is; null for what is gone."),
        },
    ),
    "restatements": (
        "Figures of complete periods that changed from one published version to the next, by how "
        f"much and why; at most {KEPT_FIGURES:,} of a version, the company's first. One row per "
        "version and figure.",
        {
            "version": _VERSION,
            "previous_version": ("varchar", "The version that had the old value."),
            **_KEY_COLUMNS,
            "old_value": ("double", "The figure before; null where there was none."),
            "new_value": ("double", "The figure now; null where there is none."),
            "difference": ("double", "New value minus old value, none being 0."),
            "records_changed": (
                "bigint",
                "Records behind it that entered, left or changed: see restated_records. Null where "
                "they cannot be listed, or are too many to be looked at.",
            ),
            "facts_changed": (
                "varchar",
                "Facts that the metric reads of which rows changed: version_changes has how many.",
            ),
            "cause": (
                "varchar",
                "What of deliveries, settings and code changed between the versions: one alone is "
                "the cause, several cannot be told apart; version_changes lists what changed.",
            ),
        },
    ),
    "restated_records": (
        "The records that made a figure change, as the metric lists them before and after; at "
        f"most {KEPT_RECORDS:,} of a version, the company's first. One row per restated figure and "
        "record.",
        {
            "version": _VERSION,
            **_KEY_COLUMNS,
            "record_id": ("varchar", "Key of the record, such as an opportunity_id."),
            "change": ("varchar", "entered, left or changed: among the records of the figure."),
            "before": ("varchar", "What the metric took of the record before."),
            "after": ("varchar", "What it takes now."),
        },
    ),
}
_CARRIED = ("accepted_changes", "version_changes", "restatements", "restated_records")
_CAUSES = {
    "deliveries": ("delivery",),
    "settings": ("setting", "map", "exclusion", "mapping", "custom field"),
    "code": ("code",),
}
_ABOUT = {
    "as_of_date": "as-of date",
    "software_version": "code",
    "code_hash": "code",
    "dbt_version": "code",
    "duckdb_version": "code",
}


@dataclass(frozen=True)
class VersionNotes:
    """What a version knows of its making.

    `settings` are rows of `quality.settings`, `accepted` names and findings; `project_dir` is
    where the models are, from which a figure's records are found (None: they are not).
    """

    settings: tuple[tuple[str, str, str], ...] = ()
    accepted: tuple[tuple[str, str], ...] = ()
    project_dir: Path | None = None


def settings_rows(settings: Settings) -> tuple[tuple[str, str, str], ...]:
    """Rows of `quality.settings`: kind, name, value. Values that may name people are hashed."""
    rows = [
        ("setting", setting.name, _text(settings.value(setting.name)))
        for setting in SETTINGS
        if setting.is_for_figures
    ]
    for name, entries in settings.maps.items():
        rows += [("map", f"{name}: {entry[0]}", _entry(MAPS[name], entry)) for entry in entries]
    rows += [
        (
            "exclusion",
            f"{item.object}.{item.column}: {item.reason}",
            _hash((item.values, item.is_pattern)),
        )
        for item in settings.exclusions
    ]
    rows += [
        (
            "mapping",
            f"{item.source}: {item.object}" + (f" from {item.file}" if item.file else ""),
            _hash(item),
        )
        for item in settings.mappings
    ]
    rows += [
        ("custom field", f"{item.object}.{item.column}", item.entity)
        for item in settings.custom_fields
    ]
    by_name: dict[tuple[str, str], list[str]] = {}
    for kind, name, value in rows:
        by_name.setdefault((kind, name), []).append(value)
    return tuple((*key, ", ".join(values)) for key, values in by_name.items())


def write(
    con: duckdb.DuckDBPyConnection,
    warehouse: str,
    previous: Path | None,
    notes: VersionNotes,
) -> int:
    """Writes the tables into the new file, and compares it with the version before.

    Args:
        con: has the new file attached as `published`, its other tables written.
        warehouse: the quoted name under which it has the warehouse attached.
        previous: the version before; attached read-only, and detached again.
        notes: what the version knows of its making.

    Returns:
        How many figures of complete periods changed.
    """
    for name, (comment, columns) in TABLES.items():
        definition = ", ".join(f"{column} {kind}" for column, (kind, _) in columns.items())
        con.execute(f"create table published.quality.{name} ({definition})")
        con.execute(f"comment on table published.quality.{name} is {literal(comment)}")
        for column, (_, text) in columns.items():
            con.execute(f"comment on column published.quality.{name}.{column} is {literal(text)}")
    _insert(con, "settings", notes.settings)
    [(version, published_at)] = con.execute(
        "select version, published_at from published.quality.about"
    ).fetchall()
    _insert(con, "accepted_changes", [(version, published_at, *row) for row in notes.accepted])
    if previous is None:
        return 0
    try:
        con.execute(f"attach {literal(str(previous))} as previous (read_only)")
    except duckdb.Error:
        # A broken version before must not keep a good one from being published.
        return 0
    try:
        known = read_columns(con)
        if unlike(con, known, warehouse, "previous"):
            return 0
        return _Restated(con, known, version, previous.parent.name, notes.project_dir).write()
    finally:
        con.execute("use memory")
        con.execute("detach previous")


def summary(con: duckdb.DuckDBPyConnection) -> str:
    """In a sentence, what a published file restates; empty where it restates nothing."""
    tables = con.execute(
        "select 1 from duckdb_tables() "
        "where schema_name = 'quality' and table_name = 'restatements'"
    ).fetchall()
    if not tables:
        return ""
    [(figures, metrics, previous, causes)] = con.execute(
        """
        select
            count(*), count(distinct kpi), any_value(restatements.previous_version),
            any_value(cause)
        from quality.restatements inner join quality.about using (version)
        """
    ).fetchall()
    if not figures:
        return ""
    count = f"{figures:,}" if figures < KEPT_FIGURES else f"at least {figures:,}"
    return (
        f"{count} figure{'s' if figures > 1 else ''} of complete periods "
        f"({metrics} metric{'s' if metrics > 1 else ''}) changed since version {previous}, by "
        f"{causes}: see quality.restatements"
    )


class _Restated:
    """The comparison of `published` with `previous`, both attached to one connection."""

    def __init__(
        self,
        con: duckdb.DuckDBPyConnection,
        known: Columns,
        version: str,
        previous_version: str,
        project_dir: Path | None,
    ) -> None:
        self.con = con
        self.columns = known
        self.version = version
        self.previous_version = previous_version
        self.project = Project.read(project_dir) if project_dir else None

    def write(self) -> int:
        self.carry_over()
        self.version_changes()
        if not self.has("kpis.kpi_values", *KEYS, "kpi", "value", "sample_size") or not self.has(
            "core.dim_periods", "period_type", "period_start", "is_complete"
        ):
            return 0
        figures = self.figures()
        if figures:
            self.records()
            self.facts()
            self.keep()
        return figures

    def has(self, table: str, *columns: str) -> bool:
        """Whether both versions have a table with these columns."""
        schema, name = table.split(".")
        return all(
            {*columns} <= columns_of(self.columns, database, schema, name)
            for database in ("published", "previous")
        )

    def carry_over(self) -> None:
        """Takes along what the versions before told, of the last so many."""
        for name in _CARRIED:
            columns = columns_of(self.columns, "previous", "quality", name)
            common = ", ".join(column for column in TABLES[name][1] if column in columns)
            if "version" in columns:
                self.con.execute(
                    f"""
                    insert into published.quality.{name} by name
                    select {common} from previous.quality.{name}
                    where version in (
                        select distinct version from previous.quality.{name}
                        order by version desc limit {KEPT_VERSIONS - 1}
                    )
                    """
                )

    def version_changes(self) -> None:
        changed = [
            *self._deliveries(),
            *self._settings(),
            *self._about(),
            *self._facts(),
        ]
        _insert(
            self.con,
            "version_changes",
            [(self.version, self.previous_version, *row) for row in changed],
        )

    def _deliveries(self) -> list[tuple[Any, ...]]:
        key = ("source", "kind", "delivery", "file")
        if not self.has("quality.deliveries", *key, "rows_landed"):
            return []
        content = "content_hash"
        if not self.has("quality.deliveries", content):
            content = "landed_at"
        side = (
            f"select concat_ws('/', {', '.join(key)}) as name, "
            f"sum(rows_landed)::bigint || ' rows' as told, max({content}) as content "
        )
        group = "where landed_at is not null group by name"
        return self.con.execute(
            f"""
            select 'delivery', name, old.told, new.told
            from ({side} from previous.quality.deliveries {group}) as old
            full join ({side} from published.quality.deliveries {group}) as new using (name)
            where old.content is distinct from new.content order by name
            """
        ).fetchall()

    def _settings(self) -> list[tuple[Any, ...]]:
        if not self.has("quality.settings", "kind", "name", "value"):
            return []
        return self.con.execute(
            """
            select kind, name, old.value, new.value
            from previous.quality.settings as old
            full join published.quality.settings as new using (kind, name)
            where old.value is distinct from new.value order by kind, name
            """
        ).fetchall()

    def _about(self) -> Iterator[tuple[Any, ...]]:
        for column, kind in _ABOUT.items():
            if self.has("quality.about", column):
                [(old, new)] = self.con.execute(
                    f"select (select {column}::varchar from previous.quality.about), "
                    f"(select {column}::varchar from published.quality.about)"
                ).fetchall()
                if old != new:
                    yield kind, column, old, new

    def _facts(self) -> Iterator[tuple[Any, ...]]:
        """Rows of each fact that are new, gone or changed, by its key."""
        for model in self.project.models.values() if self.project else ():
            if not model.name.startswith("fct_") or not model.key:
                continue
            columns = [
                columns_of(self.columns, database, model.schema, model.name)
                for database in ("previous", "published")
            ]
            common = columns[0] & columns[1]
            if not {*model.key} <= common:
                continue
            side = (
                f"select hash({', '.join(model.key)}) as row_key, "
                f"hash({', '.join(identifier(name) for name in sorted(common))}) as content "
            )
            old_rows = f"{side} from previous.{model.sql_name}"
            new_rows = f"{side} from published.{model.sql_name}"
            counted = "select row_key, count(*) as rows from ({} except all {}) group by row_key"
            [(old, new, came, gone, changed)] = self.con.execute(
                f"""
                select
                    (select count(*) from previous.{model.sql_name}),
                    (select count(*) from published.{model.sql_name}),
                    coalesce(sum(greatest(come.rows - coalesce(gone.rows, 0), 0)), 0)::bigint,
                    coalesce(sum(greatest(gone.rows - coalesce(come.rows, 0), 0)), 0)::bigint,
                    coalesce(sum(least(gone.rows, come.rows))
                        filter (where gone.rows > 0 and come.rows > 0), 0)::bigint
                from ({counted.format(old_rows, new_rows)}) as gone
                full join ({counted.format(new_rows, old_rows)}) as come using (row_key)
                """
            ).fetchall()
            if came or gone or changed:
                told = f"{new} rows: {came} new, {changed} changed, {gone} gone"
                yield "records", model.sql_name, f"{old} rows", told

    def figures(self) -> int:
        """Finds the restated figures, in the temporary table `restated`; returns how many."""
        kinds = {
            kind
            for (kind,) in self.con.execute(
                "select distinct kind from published.quality.version_changes where version = ?",
                [self.version],
            ).fetchall()
        }
        causes = [cause for cause, of_cause in _CAUSES.items() if kinds & {*of_cause}]
        keys = ", ".join(("kpi", *KEYS))
        complete = "select period_type, period_start from {}.core.dim_periods where is_complete"
        self.con.execute(
            f"""
            create or replace temp table restated as
            with old_and_new as (
                select
                    {keys}, old.value as old_value, new.value as new_value,
                    coalesce(old.sample_size, 0) + coalesce(new.sample_size, 0) as samples
                from previous.kpis.kpi_values as old
                full join published.kpis.kpi_values as new using ({keys})
            )

            select
                {keys}, old_value, new_value,
                coalesce(new_value, 0) - coalesce(old_value, 0) as difference, samples
            from old_and_new
            semi join ({complete.format("previous")}) as was using (period_type, period_start)
            semi join ({complete.format("published")}) as is_now using (period_type, period_start)
            where abs(difference) > {SAME} * greatest(
                    abs(coalesce(old_value, 0)), abs(coalesce(new_value, 0))
                )
                -- A metric that the one of them did not have at all is new, not restated.
                and kpi in (select kpi from previous.kpis.kpi_values)
                and kpi in (select kpi from published.kpis.kpi_values)
            """
        )
        self.con.execute(
            f"""
            insert into published.quality.restatements by name
            select
                {literal(self.version)} as version,
                {literal(self.previous_version)} as previous_version,
                * exclude (samples), {literal(" and ".join(causes) or "unknown")} as cause
            from restated
            """
        )
        return self.con.execute("select count(*) from restated").fetchall()[0][0]

    def records(self) -> None:
        """Finds the records behind the restated figures that are others than before."""
        keys = ", ".join(("kpi", *KEYS))
        self.con.execute(
            f"""
            create or replace temp table found as
            select {keys}, null::varchar as record_id, null::varchar as details, true as is_new
            from restated where false
            """
        )
        self.con.execute("create or replace temp table traced as from restated where false")
        metrics = self.con.execute("select distinct kpi from restated order by kpi").fetchall()
        for (kpi,) in metrics:
            self._find(kpi)
        side = "select {keys}, record_id, details from found where {side}"
        old = side.format(keys=keys, side="not is_new")
        new = side.format(keys=keys, side="is_new")
        told = "string_agg(details, ' | ' order by details)"
        self.con.execute(
            f"""
            create or replace temp table changed as
            with gone as (
                select {keys}, record_id, {told} as details
                from ({old} except all {new}) group by all
            ),

            come as (
                select {keys}, record_id, {told} as details
                from ({new} except all {old}) group by all
            )

            select
                {keys}, record_id,
                case
                    when gone.details is null then 'entered'
                    when come.details is null then 'left'
                    else 'changed'
                end as change,
                gone.details as before, come.details as after
            from gone full join come using ({keys}, record_id)
            """
        )
        self.con.execute(
            f"insert into published.quality.restated_records by name "
            f"select {literal(self.version)} as version, * from changed"
        )
        self.con.execute(
            f"""
            update published.quality.restatements as figures
            set records_changed = coalesce(counted.records, 0)
            from traced
            left join (select {keys}, count(*) as records from changed group by all) as counted
                using ({keys})
            where figures.version = {literal(self.version)}
                and {" and ".join(f"figures.{key} = traced.{key}" for key in ("kpi", *KEYS))}
            """
        )

    def _find(self, kpi: str) -> None:
        """Notes the records of a metric's restated figures, old and new, where they are known."""
        if self.project is None:
            return
        self.con.execute(
            f"""
            create or replace temp table restated_metric as
            select * from restated where kpi = {literal(kpi)}
            qualify sum(samples) over (
                order by
                    scope_type <> 'company', scope_type, period_start desc, period_type, scope_id
                rows unbounded preceding
            ) <= {TRACED_RECORDS}
            """
        )
        scope_types = self.con.execute(
            "select list(distinct scope_type order by scope_type) from restated_metric"
        ).fetchall()[0][0]
        if not scope_types:
            return
        try:
            queries = [
                trace.records("temp.main.restated_metric", scope_types)
                for trace in traces(self.project, f"kpi_{kpi}")
            ]
            for query in queries:
                for database, is_new in (("previous", False), ("published", True)):
                    self.con.execute(f"use {database}")
                    self.con.execute(
                        f"insert into temp.main.found by name "
                        f"select {literal(kpi)} as kpi, *, {is_new} as is_new from ({query})"
                    )
        except (RefreshError, KeyError, duckdb.Error):
            # The metric is new, or the version before has other columns.
            self.con.execute(f"delete from temp.main.found where kpi = {literal(kpi)}")
            return
        finally:
            self.con.execute("use memory")
        if queries:
            self.con.execute("insert into traced from restated_metric")

    def facts(self) -> None:
        """Notes of each restated figure which of the facts that its metric reads changed."""
        if self.project is None:
            return
        changed = {
            name.removeprefix("core.")
            for (name,) in self.con.execute(
                "select name from published.quality.version_changes "
                "where version = ? and kind = 'records'",
                [self.version],
            ).fetchall()
        }
        for (kpi,) in self.con.execute("select distinct kpi from restated").fetchall():
            facts = sorted(_facts_of(self.project, f"kpi_{kpi}") & changed)
            self.con.execute(
                "update published.quality.restatements set facts_changed = ? "
                "where version = ? and kpi = ?",
                [", ".join(facts) or None, self.version, kpi],
            )

    def keep(self) -> None:
        """Drops what is above the number of rows that a version keeps."""
        for name, limit in (("restatements", KEPT_FIGURES), ("restated_records", KEPT_RECORDS)):
            self.con.execute(
                f"""
                delete from published.quality.{name}
                where version = {literal(self.version)} and rowid not in (
                    select rowid from published.quality.{name}
                    where version = {literal(self.version)}
                    order by scope_type <> 'company', kpi, period_start desc, scope_id
                    limit {limit}
                )
                """
            )


def _facts_of(project: Project, model: str) -> set[str]:
    """Facts that a metric reads, itself, by other metrics or by bridges to its scopes."""
    facts: set[str] = set()
    for name in project.references(model) if model in project.models else ():
        if name.startswith("fct_"):
            facts.add(name)
        elif name.startswith("kpi_") and name != "kpi_catalog":
            facts |= _facts_of(project, name)
    return facts


def _insert(con: duckdb.DuckDBPyConnection, table: str, rows: Any) -> None:
    marks = ", ".join("?" for _ in TABLES[table][1])
    for row in rows:
        con.execute(f"insert into published.quality.{table} values ({marks})", list(row))


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _entry(config_map: ConfigMap, entry: tuple[Any, ...]) -> str:
    return ", ".join(
        f"{item.name}={value}"
        for item, value in zip(config_map.fields, entry[1:], strict=True)
        if value is not None
    )


def _hash(content: Any) -> str:
    return hashlib.blake2b(repr(content).encode(), digest_size=6).hexdigest()
