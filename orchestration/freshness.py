"""How old the newest delivery of each source is, and the published file, against the rhythm set.

By the date that a delivery's name bears, not by when a run looked at it: a nightly run that finds
the extracts of last month again makes nothing fresh.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import duckdb

from orchestration.connectors import connector_of
from orchestration.contract import load_contract
from orchestration.errors import RefreshError
from orchestration.scanning import Scan, delivery_date, scan
from orchestration.settings import Settings

PUBLISHED = "the published file"


@dataclass(frozen=True)
class Freshness:
    """Of a source, or of the published file: the newest day, its age in days, and the limit."""

    name: str
    connector: str
    newest: dt.date
    age_days: int
    limit_days: int

    @property
    def is_fresh(self) -> bool:
        """Whether it is no older than it may be."""
        return self.age_days <= self.limit_days

    @property
    def in_words(self) -> str:
        """A line for people."""
        what = "is of" if self.name == PUBLISHED else "was last delivered on"
        age = "1 day" if self.age_days == 1 else f"{self.age_days} days"
        verdict = "" if self.is_fresh else f", which is more than {self.limit_days}"
        return f"{self.name} {what} {self.newest} ({age} ago{verdict})"


def freshness(settings: Settings, now: dt.datetime) -> list[Freshness]:
    """Every source that ever delivered, and the published file if there is one.

    Empty for the demo company, whose extracts never grow older than they were made.

    Args:
        settings: the landing folder, the published file, the limits in days.
        now: the present instant, with its zone.
    """
    today = now.astimezone(ZoneInfo(settings.value("business_timezone"))).date()
    try:
        found: Scan | None = scan(settings, load_contract(settings.project_dir))
    except RefreshError:
        # An empty or missing landing folder does not make what was delivered any newer.
        found = None
    published, is_demo = _published(settings)
    if is_demo or (found is not None and found.is_demo):
        return []
    newest = _newest_deliveries(settings, found)
    items = [_of_source(settings, source, day, today) for source, day in sorted(newest.items())]
    if published is not None:
        day = published.astimezone(ZoneInfo(settings.value("business_timezone"))).date()
        items.append(
            Freshness(
                PUBLISHED, "", day, (today - day).days, settings.value("published_fresh_days")
            )
        )
    return items


def _of_source(settings: Settings, source: str, newest: dt.date, today: dt.date) -> Freshness:
    connector = connector_of(source)
    limit = "flat_fresh_days" if connector == "flat" else "source_fresh_days"
    return Freshness(source, connector, newest, (today - newest).days, settings.value(limit))


def _newest_deliveries(settings: Settings, found: Scan | None) -> dict[str, dt.date]:
    """By source the date of its newest delivery: in the landing folder, or landed and gone."""
    newest: dict[str, dt.date] = {}
    for source, name in (*_in_folder(found), *_landed(settings)):
        day = delivery_date(name)
        newest[source] = max(day, newest.get(source, day))
    return newest


def _in_folder(found: Scan | None) -> Iterator[tuple[str, str]]:
    """Deliveries that hold a file: an empty folder is none."""
    for file in found.files if found else ():
        yield file.delivery.source, file.delivery.name


def _landed(settings: Settings) -> list[tuple[str, str]]:
    try:
        with duckdb.connect(str(settings.published_file), read_only=True) as con:
            return con.execute(
                "select distinct source, delivery from quality.deliveries"
            ).fetchall()
    except duckdb.Error:
        return []


def _published(settings: Settings) -> tuple[dt.datetime | None, bool]:
    """When the published file was published, and whether it is the demo company's."""
    try:
        with duckdb.connect(str(settings.published_file), read_only=True) as con:
            [(at, is_demo)] = con.execute(
                "select published_at, is_demo from quality.about"
            ).fetchall()
    except duckdb.Error:
        return None, False
    return at.replace(tzinfo=dt.UTC), is_demo
