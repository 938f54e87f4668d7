"""Compares a built warehouse with the last published version: sudden changes hold it back.

    rows-of-<fact>              far fewer rows of a fact
    <metric>                    a metric of the scorecard far off in the last complete period
    missing-<source>-<object>   the newest full delivery lacks what the one before had
    stale-<source>              a source has delivered nothing for long

Like is compared with like only: the same company from the same landing folder. What the last
version had already, an operator has seen: it is no change. The data tests, which have passed
before, judge the figures as such; here they are judged by those before.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from orchestration.accepting import MISSING, ROWS_OF, STALE, accept_command
from orchestration.connectors import connector_of
from orchestration.likeness import columns_of, read_columns, unlike
from orchestration.progress import shown_path
from orchestration.publishing import current_version
from orchestration.scanning import counted, delivery_date
from orchestration.scorecard import shown
from orchestration.settings import Settings
from orchestration.sql import identifier, literal

# Of fewer rows or records chance alone makes great changes.
FEW = 20
# A growth of 1 % that becomes 2 % has not doubled in any sense that matters.
SMALL_RATIO = 0.2

_PREVIOUS = "previous"


@dataclass(frozen=True)
class Finding:
    """A sudden change: the name to accept it by, and what changed, how much and where to look."""

    name: str
    text: str


@dataclass(frozen=True)
class Audit:
    """What an audit found, and what it only notes.

    `version` is the one it compared with; None where there is none that is comparable.
    """

    version: str | None = None
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()

    def held_back(self, accept: Collection[str]) -> tuple[Finding, ...]:
        """The findings that nobody accepted."""
        return tuple(finding for finding in self.findings if finding.name not in accept)


def audit(settings: Settings) -> Audit:
    """Compares the warehouse with the last published version, if that is of the same company."""
    version = current_version(settings.published_dir)
    if version is None:
        return Audit()
    with duckdb.connect() as con:
        con.execute("set TimeZone = 'UTC'")
        con.execute(
            f"attach {literal(str(settings.warehouse_path))} "
            f"as {identifier(settings.warehouse_path.stem)} (read_only)"
        )
        try:
            con.execute(
                f"attach {literal(str(settings.published_file.resolve()))} "
                f"as {_PREVIOUS} (read_only)"
            )
        except duckdb.Error as error:
            reason = str(error).splitlines()[0]
            return Audit(
                version, notes=(f"Not compared with {version}, which is broken: {reason}",)
            )
        return _Comparison(con, settings, version).audit()


def refusal(audit: Audit, accept: Collection[str], accepted: Collection[str], path: Path) -> str:
    """What is told when a version is held back.

    Args:
        audit: what was found.
        accept: names that the operator accepts in this run.
        accepted: those of them that are of refused files.
        path: the warehouse, where to look.
    """
    held = audit.held_back(accept)
    used = [finding.name for finding in audit.findings if finding.name in accept]
    return "\n".join(
        [
            f"The figures are held back: {counted(len(held), 'sudden change')} since version "
            f"{audit.version}.",
            *(f"- {finding.name}: {finding.text}" for finding in held),
            f"All figures as they would be are in {shown_path(path)}: open it with "
            "duckdb -readonly.",
            "If this is right, accept it for one run:",
            f"    {accept_command([*accepted, *used, *(finding.name for finding in held)])}",
        ]
    )


class _Comparison:
    """A warehouse and a published version, attached to one connection."""

    def __init__(self, con: duckdb.DuckDBPyConnection, settings: Settings, version: str) -> None:
        self.con = con
        self.settings = settings
        self.version = version
        self.new = identifier(settings.warehouse_path.stem)
        self.columns = read_columns(con)
        self.notes: list[str] = []

    def audit(self) -> Audit:
        reason = unlike(self.con, self.columns, self.new, _PREVIOUS)
        if reason:
            return Audit(notes=(f"Not compared with version {self.version}: {reason}.",))
        findings = [
            *self.fewer_rows(),
            *self.metrics_off(),
            *self.missing_objects(),
            *self.stale_sources(),
        ]
        return Audit(self.version, tuple(findings), tuple(self.notes))

    def rows(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        return self.con.execute(sql, list(parameters)).fetchall()

    def has(self, table: str, *columns: str) -> bool:
        """Whether both have a table with these columns: an older version may not."""
        schema, name = table.split(".")
        return all(
            {*columns} <= columns_of(self.columns, database, schema, name)
            for database in (self.new, _PREVIOUS)
        )

    def fewer_rows(self) -> Iterator[Finding]:
        limit = self.settings.value("max_fact_rows_drop")
        facts = [
            {
                table
                for database_name, schema, table in self.columns
                if (database_name, schema) == (database, "core") and table.startswith("fct_")
            }
            for database in (self.settings.warehouse_path.stem, _PREVIOUS)
        ]
        for table in sorted(facts[0] & facts[1]):
            [(old, new)] = self.rows(
                f"select (select count(*) from {_PREVIOUS}.core.{identifier(table)}), "
                f"(select count(*) from {self.new}.core.{identifier(table)})"
            )
            if old == 0 or old - new <= limit * old:
                continue
            text = (
                f"core.{table} has {counted(new, 'row')} instead of {old:,}, {1 - new / old:.0%} "
                f"fewer (max_fact_rows_drop allows {limit:.0%})"
            )
            if new and old < FEW:
                self.notes.append(f"{text}; too few to be held back for.")
            else:
                yield Finding(
                    f"{ROWS_OF}{table}",
                    f"{text}. See quality.record_counts for what was deleted or excluded, "
                    "quality.deliveries for what came, quality.rejected_rows and "
                    "quality.cast_failures for what could not be read.",
                )

    def metrics_off(self) -> Iterator[Finding]:
        limit = self.settings.value("max_scorecard_change")
        for kpi, label, unit, period, old, new, share, samples in self.rows(self._metrics_sql()):
            if share <= limit:
                continue
            became = "is gone" if new is None else f"is {shown(new, unit)}"
            text = (
                f"{label} of the company in {period} {became} instead of {shown(old, unit)}, off "
                f"by {share:.0%} (max_scorecard_change allows {limit:.0%}; "
                f"{counted(samples, 'record')} behind it)"
            )
            if samples < FEW:
                self.notes.append(f"{text}; too few to be held back for.")
            else:
                yield Finding(
                    kpi,
                    f"{text}. See quality.reconciliation, quality.data_issues, and "
                    f"docs/kpis.md#{kpi} for the query that lists the records.",
                )

    def _metrics_sql(self) -> str:
        """Metrics of the scorecard, old and new, in the last period that both call complete."""
        if not (
            self.has("kpis.kpi_values", "kpi", "scope_type", "period_start", "value", "sample_size")
            and self.has("core.dim_periods", "period_type", "period_start", "is_complete")
            and columns_of(self.columns, self.new, "kpis", "kpi_scorecard")
        ):
            self.notes.append(f"Version {self.version} is too old to compare metrics with.")
            return "select null where false"
        new, old = self.new, _PREVIOUS
        return f"""
            with shown_metrics as (
                select kpi, label, unit from {new}.kpis.kpi_catalog
                where is_headline
                    or kpi in (
                        select kpi from {new}.kpis.kpi_scorecard where scope_type = 'company'
                    )
            ),

            last_periods as (
                select
                    period_type, max(period_start) as period_start,
                    max_by(period_name, period_start) as period_name,
                    case period_type when 'quarter' then 1 when 'month' then 2 else 3 end as place
                from {new}.core.dim_periods as periods
                semi join {old}.core.dim_periods as known
                    on periods.period_type = known.period_type
                    and periods.period_start = known.period_start
                    and periods.period_end = known.period_end
                    and known.is_complete
                where periods.is_complete
                group by period_type
            ),

            compared as (
                select
                    shown_metrics.*, last_periods.period_name, known.value as old_value,
                    figures.value as new_value,
                    coalesce(
                        greatest(known.sample_size, figures.sample_size), {FEW}
                    ) as samples,
                    case
                        when shown_metrics.unit = 'ratio'
                            then greatest(abs(known.value), {SMALL_RATIO})
                        else abs(known.value)
                    end as base
                from shown_metrics
                inner join {old}.kpis.kpi_values as known using (kpi)
                inner join last_periods using (period_type, period_start)
                left join {new}.kpis.kpi_values as figures
                    on figures.kpi = known.kpi
                    and figures.scope_type = known.scope_type
                    and figures.scope_id = known.scope_id
                    and figures.period_type = known.period_type
                    and figures.period_start = known.period_start
                where known.scope_type = 'company' and known.value is not null
                    and (
                        shown_metrics.unit not like 'money%' or (
                            select reporting_currency from {new}.raw.settings
                        ) = (select reporting_currency from {old}.quality.about)
                    )
                qualify row_number() over (partition by shown_metrics.kpi order by place) = 1
            )

            select
                kpi, label, unit, period_name, old_value, new_value,
                case
                    when new_value is null then 1
                    when base = 0 then (new_value <> 0)::integer
                    else abs(new_value - old_value) / base
                end as share,
                samples
            from compared order by kpi
        """

    def missing_objects(self) -> Iterator[Finding]:
        if not self.has_deliveries():
            return
        rows = self.rows(
            f"""
            with objects as (
                select distinct source, delivery, object from {self.new}.raw.object_files
                where kind = 'full'
            ),

            deliveries as (
                select
                    source, delivery,
                    row_number() over (partition by source order by delivery desc) as place
                from (select distinct source, delivery from objects)
            ),

            placed as (select * from objects inner join deliveries using (source, delivery))

            select before.source, before.object, before.delivery, newest.delivery
            from placed as before
            inner join deliveries as newest
                on before.source = newest.source and newest.place = 1
            anti join objects as held
                on held.source = newest.source and held.delivery = newest.delivery
                and held.object = before.object
            anti join {self.new}.raw.accepted_files as accepted
                on accepted.source = newest.source and accepted.kind = 'full'
                and accepted.delivery = newest.delivery
                and coalesce(accepted.object, before.object) = before.object
            anti join {_PREVIOUS}.quality.deliveries as published
                on published.source = newest.source and published.kind = 'full'
                and published.delivery = newest.delivery
            where before.place = 2
            order by 1, 2
            """
        )
        # Flat files come as people have them: what came twice in a row is looked for.
        regular = set(
            self.rows(
                f"""
                select source, object from (
                    select
                        source, object,
                        dense_rank() over (partition by source order by delivery desc) as place
                    from {self.new}.raw.object_files where kind = 'full'
                )
                where place = 3
                """
            )
        )
        for source, object_name, before, newest in rows:
            text = f"{source}/full/{newest} lacks {object_name}, which {before} had"
            if connector_of(source) == "flat" and (source, object_name) not in regular:
                continue
            yield Finding(
                f"{MISSING}{source}-{object_name}",
                f"{text}; its records stay as {before} had them. See whether the export was "
                "complete, and quality.deliveries for what came.",
            )

    def stale_sources(self) -> Iterator[Finding]:
        if not self.has_deliveries():
            return
        limit = self.settings.value("stale_after_days")
        [(as_of,)] = self.rows(f"select as_of_date from {self.new}.raw.settings")
        [(old_as_of,)] = self.rows(f"select as_of_date from {_PREVIOUS}.quality.about")
        old_newest = self._newest(f"{_PREVIOUS}.quality.deliveries")
        for source, newest in sorted(self._newest(f"{self.new}.raw.files").items()):
            days = (as_of - delivery_date(newest)).days
            if days <= limit:
                continue
            text = (
                f"the newest delivery of {source} is {newest}, {days} days before the as-of date "
                f"{as_of} (stale_after_days allows {limit})"
            )
            known = old_newest.get(source)
            if known is None or (old_as_of - delivery_date(known)).days > limit:
                self.notes.append(f"{text[0].upper()}{text[1:]}.")
            else:
                yield Finding(f"{STALE}{source}", f"{text}. See why its extracts do not come.")

    def has_deliveries(self) -> bool:
        return {"source", "kind", "delivery"} <= columns_of(
            self.columns, _PREVIOUS, "quality", "deliveries"
        )

    def _newest(self, table: str) -> dict[str, str]:
        return dict(self.rows(f"select source, max(delivery) from {table} group by source"))
