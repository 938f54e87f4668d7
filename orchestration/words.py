"""What the words of the extracts are taken for: stages, lead statuses, kinds of activity, names.

For `make check`. The models decide with the same configuration and seeds; here their decision is
shown before anything is built, since a word that nobody knows is the most likely mistake.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb

from orchestration.contract import Contract
from orchestration.settings import ACTIVITY_TYPES
from orchestration.sql import identifier, literal

SHOWN = 12
_DEALS = ("flat__opportunities", "salesforce__opportunity", "hubspot__deals")
# Who is a rep, by every name that a flat file may use.
_PEOPLE = """
    select unnest([rep_id, email, name]) as name from extracts.flat__reps
    union all
    select unnest([id, email, concat_ws(' ', firstname, lastname)]) from extracts.salesforce__user
    union all
    select unnest([id, email, concat_ws(' ', firstname, lastname)]) from extracts.hubspot__owners
"""


def words(con: duckdb.DuckDBPyConnection, seeds: Path) -> Iterator[str]:
    """A line per vocabulary that has been delivered; nothing where the views could not be made.

    `con` is a warehouse after landing, `seeds` the folder of the seeds.
    """
    try:
        yield from _stages(con, seeds)
        yield from _lead_statuses(con, seeds)
        yield from _activity_types(con)
        yield from _people(con)
        yield from _unused_stages(con)
        yield from _pipelines(con)
        yield from _unknown_metrics(con, seeds)
    except duckdb.CatalogException:
        return


def _stages(con: duckdb.DuckDBPyConnection, seeds: Path) -> Iterator[str]:
    """Of deals whose source does not say itself which stages are won and lost."""
    meanings = f"""
        select stage as word, case when is_won then 'won' when is_lost then 'lost' else 'open' end
            as meaning, 1 as precedence
        from raw.config_stages
        union all
        select stage, case when is_won then 'won' when is_lost then 'lost' else 'open' end, 2
        from {_seed(seeds, "stages")}
    """
    deals = "select stage as word from extracts.flat__opportunities where is_current"
    found = _meanings(con, deals, meanings)
    for meaning in ("won", "lost", "open"):
        if meaning in found:
            yield f"stages that are {meaning}: {found[meaning]}"
    if None in found:
        yield (
            f"stages that neither the configuration nor the defaults know, so they are open: "
            f"{found[None]}. Say what they mean under `stages:`"
        )


def _lead_statuses(con: duckdb.DuckDBPyConnection, seeds: Path) -> Iterator[str]:
    meaning = """
        case when is_qualified then 'qualified' when is_closed then 'closed' else 'in work' end
    """
    meanings = f"""
        select status as word, {meaning} as meaning, 1 as precedence from raw.config_lead_statuses
        union all
        select status, {meaning}, 2 from {_seed(seeds, "lead_statuses")}
    """
    statuses = """
        select status as word from extracts.flat__leads where is_current
        union all select status from extracts.salesforce__lead where is_current
    """
    found = _meanings(con, statuses, meanings)
    for name in ("qualified", "closed"):
        if name in found:
            yield f"lead statuses that are {name}: {found[name]}"
    others = [found[name] for name in ("in work", None) if name in found]
    if others:
        yield f"lead statuses that are neither qualified nor closed: {', '.join(others)}"


def _activity_types(con: duckdb.DuckDBPyConnection) -> Iterator[str]:
    ours = ", ".join(f"({literal(name)}, {literal(name)}, 2)" for name in ACTIVITY_TYPES)
    meanings = f"""
        select their_type as word, activity_type as meaning, 1 as precedence
        from raw.config_activity_types
        union all
        from (values {ours})
    """
    # Ours are known in any case.
    types = """
        select
            case when type in (select their_type from raw.config_activity_types)
                or lower(type) not in (select unnest(?)) then type else lower(type) end as word
        from extracts.flat__activities where is_current
    """.replace("?", repr(list(ACTIVITY_TYPES)))
    found = _meanings(con, types, meanings)
    known = [f"{name}: {found[name]}" for name in ACTIVITY_TYPES if name in found]
    if known:
        yield f"activities, {'; '.join(known)}"
    if None in found:
        yield (
            f"activity types that are none of {', '.join(ACTIVITY_TYPES)}, so in no metric of "
            f"theirs: {found[None]}. Say what they mean under `activity_types:`"
        )


def _people(con: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """Names of reps that no list of reps holds, where one is delivered."""
    named = " union all ".join(
        f"select rep as word from extracts.flat__{name} where is_current"
        for name in ("opportunities", "leads", "activities", "accounts", "quotes", "purchases")
    )
    named += """
        union all select scope_id from extracts.flat__quotas where is_current and scope_type = 'rep'
        union all select scope_id from extracts.flat__targets
        where is_current and scope_type = 'rep'
        union all select rep from extracts.flat__forecasts where is_current
        union all select rep from extracts.flat__time_log where is_current
    """
    people = f"select distinct lower(trim(name)) as name from ({_PEOPLE}) where name <> ''"
    rows = con.execute(
        f"""
        select word, count(*) from ({named})
        where word is not null and exists ({people})
            and lower(word) not in ({people})
        group by word order by count(*) desc, word
        """
    ).fetchall()
    if rows:
        yield f"reps that no list of reps holds: {_shown(rows)}"


def _unused_stages(con: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """Stages of the configuration that no deal was ever in: mistyped, perhaps."""
    rows = con.execute(
        """
        select list(stage order by stage) from raw.config_stages
        where exists (select 1 from extracts.flat__opportunities)
            and not exists (select 1 from extracts.hubspot__deals)
            and stage not in (
                select stage from extracts.flat__opportunities where stage is not null
                union all
                select stage from extracts.flat__opportunity_history where stage is not null
                union all
                select stagename from extracts.salesforce__opportunity
                where stagename is not null
                union all
                select stagename from extracts.salesforce__opportunity_history
                where stagename is not null
            )
        """
    ).fetchone()
    if rows and rows[0]:
        yield f"stages of the configuration that no deal was in: {', '.join(rows[0])}"


def _pipelines(con: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """Pipelines of HubSpot, by the id that an exclusion names, and their deals."""
    rows = con.execute(
        """
        select
            coalesce(pipeline, 'none') || coalesce(' ' || any_value(label), ''),
            count(distinct (source, hs_object_id))
        from extracts.hubspot__deals
        left join (select distinct id as pipeline, label from extracts.hubspot__pipelines)
            using (pipeline)
        where is_current and exclusion_reason is null
        group by pipeline order by count(*) desc, pipeline
        """
    ).fetchall()
    if rows:
        yield f"pipelines whose deals count: {_shown(rows)}"


def _unknown_metrics(con: duckdb.DuckDBPyConnection, seeds: Path) -> Iterator[str]:
    rows = con.execute(
        f"""
        select kpi, count(*) from extracts.flat__targets
        where is_current and kpi not in (select kpi from {_seed(seeds, "kpi_catalog")})
        group by kpi order by kpi
        """
    ).fetchall()
    if rows:
        yield f"targets for metrics that there are not: {_shown(rows)}"


def excluded(con: duckdb.DuckDBPyConnection, contract: Contract) -> dict[str, int]:
    """By reason how many rows of the extracts are excluded by the configuration."""
    counts: dict[str, int] = {}
    for table in contract.tables:
        rows = con.execute(
            f"select exclusion_reason, count(*) from extracts.{identifier(table.identifier)} "
            "where exclusion_reason is not null group by exclusion_reason"
        ).fetchall()
        for reason, count in rows:
            counts[reason] = counts.get(reason, 0) + count
    return counts


def missing_rates(con: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """Currencies of deals that no rate converts, which a refresh would refuse."""
    deals = " union all ".join(
        f"select {identifier(column)} as word from extracts.{view} where is_current"
        for view, column in zip(
            _DEALS, ("currency", "currencyisocode", "deal_currency_code"), strict=True
        )
    )
    rows = con.execute(
        f"""
        select upper(word), count(*) from ({deals})
        where upper(word) <> (select reporting_currency from raw.settings)
            and upper(word) not in (
                select upper(currency) from extracts.flat__fx_rates
                union all select upper(isocode) from extracts.salesforce__currency_type
                union all select upper(isocode) from extracts.salesforce__dated_conversion_rate
            )
        group by upper(word) order by count(*) desc, upper(word)
        """
    ).fetchall()
    if rows:
        yield (
            f"deals are in currencies that have no exchange rate: {_shown(rows)}. Deliver "
            "fx_rates for them, from the day of the first deal on"
        )


def _meanings(con: duckdb.DuckDBPyConnection, words: str, meanings: str) -> dict[str | None, str]:
    """By meaning the words and how often they occur; of unknown ones under None."""
    rows = con.execute(
        f"""
        with meanings as (
            from ({meanings}) qualify row_number() over (partition by word order by precedence) = 1
        )

        select meaning, word, count(*) from ({words})
        left join meanings using (word)
        where word is not null
        group by meaning, word order by count(*) desc, word
        """
    ).fetchall()
    found: dict[str | None, list[tuple[str, int]]] = {}
    for meaning, word, count in rows:
        found.setdefault(meaning, []).append((word, count))
    return {meaning: _shown(of_meaning) for meaning, of_meaning in found.items()}


def _shown(counts: list[tuple[str, int]]) -> str:
    more = len(counts) - SHOWN
    text = ", ".join(f"{word} ({count:,})" for word, count in counts[:SHOWN])
    return text + (f" and {more} more" if more > 0 else "")


def _seed(seeds: Path, name: str) -> str:
    return f"read_csv({literal(seeds / f'{name}.csv')}, header = true)"
