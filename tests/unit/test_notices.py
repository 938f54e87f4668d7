"""Who is told what and when: failures, recoveries, sources that deliver no more."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from orchestration import notices
from orchestration.freshness import Freshness, freshness
from orchestration.settings import Settings
from tests.unit.receivers import Webhook, webhook

ERROR = """\
1 thing in the landing folder must be mended:
- contacts.csv, line 2: Email <hidden>
Nothing was published; what was published before stays as it was.
Log: warehouse/logs/refresh.log"""


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture
def hook() -> Iterator[Webhook]:
    with webhook() as hook:
        yield hook


@pytest.fixture
def config(tmp_path) -> Path:
    path = tmp_path / "config.yml"
    path.write_text(
        "settings: {company_name: Acme, business_timezone: Asia/Tokyo, source_fresh_days: 2}"
    )
    return path


@pytest.fixture
def settings(tmp_path, config, hook) -> Settings:
    return Settings.load(
        {
            **hook.environ,
            "SALES_KPIS_LANDING": str(tmp_path / "landing"),
            "SALES_KPIS_WAREHOUSE": str(tmp_path / "warehouse" / "private.duckdb"),
            "SALES_KPIS_PUBLISHED": str(tmp_path / "published"),
            "SALES_KPIS_CONFIG": str(config),
        }
    )


def publish(settings: Settings, at: str, is_demo: bool = False, deliveries: str = "") -> None:
    """A published file with what notices read of it; deliveries as `('source', 'name'), ...`."""
    path = settings.published_dir / "versions" / "v1" / "sales_kpis.duckdb"
    path.parent.mkdir(parents=True)
    with duckdb.connect(str(path)) as con:
        con.execute(
            f"""
            create schema quality;
            create table quality.about as select
                date '2026-05-20' as as_of_date, timestamp '{at}' as published_at,
                {is_demo} as is_demo;
            create table quality.deliveries (source varchar, delivery varchar);
            """
        )
        if deliveries:
            con.execute(f"insert into quality.deliveries values {deliveries}")
    settings.published_file.symlink_to(path.relative_to(settings.published_dir))


def deliver(settings: Settings, *deliveries: str) -> None:
    for delivery in deliveries:
        folder = settings.landing_dir / delivery
        folder.mkdir(parents=True)
        (folder / "deals.csv").touch()
        (folder / "reps.csv").touch()


def test_a_failure_says_what_failed_what_readers_see_and_where_to_look(settings, hook):
    publish(settings, "2026-05-21 02:10:00")
    notices.refresh_failed(settings, ERROR, "The log is there.")
    [text] = hook.texts
    assert text.startswith("*Sales KPIs of Acme: the refresh failed*\nIt failed at 20")
    assert (
        "Published are figures as of 2026-05-20 (version v1, of 2026-05-21 02:10 UTC).\n"
        "The log is there.\n"
        "docs/monitoring.md says" in text
    )
    assert text.endswith(
        "```\n1 thing in the landing folder must be mended:\n"
        "- contacts.csv, line 2: Email &lt;hidden&gt;\n```"
    )


def test_before_the_first_publication_a_failure_says_so(settings, hook):
    notices.refresh_failed(settings, ERROR, "")
    assert "Nothing is published yet." in hook.texts[0]


def test_every_failure_is_told_and_one_recovery(settings, hook):
    notices.refresh_succeeded(settings)
    assert hook.texts == []
    notices.refresh_failed(settings, ERROR, "")
    notices.refresh_failed(settings, ERROR, "")
    assert "for the 2nd time in a row" in hook.texts[1]
    for _ in range(2):
        notices.refresh_succeeded(settings)
    assert len(hook.texts) == 3
    assert hook.texts[2].startswith(
        "*Sales KPIs of Acme: the refresh works again*\nIt had failed 2"
    )
    notices.refresh_failed(settings, ERROR, "")
    assert "in a row" not in hook.texts[3]


def test_a_recovery_that_could_not_be_told_is_told_later(settings, hook):
    notices.refresh_failed(settings, ERROR, "")
    hook.status = 500
    said: list[str] = []
    notices.refresh_succeeded(settings, said.append)
    assert said == ["The webhook could not be sent: the server answered 500."]
    hook.status = 200
    notices.refresh_succeeded(settings)
    notices.refresh_succeeded(settings)
    # The first of them arrived at a webhook that did not take it.
    assert ["works again*" in text for text in hook.texts] == [False, True, True]


def test_what_nobody_foresaw_is_told_by_its_kind_only():
    words = notices.in_short(
        "- deals.csv: refused\n"
        "unexpected error: duckdb.ConversionException: no number: 'ann@example.com'\n"
        "LINE 1: select 'ann@example.com'"
    )
    assert words == (
        "- deals.csv: refused\n"
        "unexpected error: duckdb.ConversionException (its text is in the log only)"
    )
    program = "unexpected error, KeyError: 'ann@example.com'\nWhat is published stays"
    assert "ann@" not in notices.in_short(program)


def test_long_errors_are_cut():
    words = notices.in_short("\n".join(["x" * 1000] * 100)).splitlines()
    assert len(words) == 26
    assert max(len(line) for line in words) == 240
    assert words[-1] == "... and 75 more lines: see the log"


def item(name: str, age_days: int) -> Freshness:
    return Freshness(name, name, dt.date(2026, 5, 20) - dt.timedelta(age_days), age_days, 8)


def test_a_stale_source_is_told_once_and_when_all_deliver_again(settings, hook):
    fresh, stale = (
        [item("salesforce", 1), item("flat", 3)],
        [item("salesforce", 9), item("flat", 3)],
    )
    for found in (fresh, stale, stale):
        notices.staleness(settings, found)
    [text] = hook.texts
    assert "nothing new arrives" in text
    assert "salesforce was last delivered on 2026-05-11 (9 days ago, which is more than 8)" in text
    assert "flat" not in text
    for found in (fresh, fresh):
        notices.staleness(settings, found)
    assert len(hook.texts) == 2
    assert (
        "all is up to date again*\nsalesforce was last delivered on 2026-05-19 (1 day ago)"
        in (hook.texts[1])
    )


def test_one_of_two_stale_sources_that_delivers_again_is_no_recovery_yet(settings, hook):
    notices.staleness(settings, [item("salesforce", 9), item("flat", 9)])
    notices.staleness(settings, [item("salesforce", 1), item("flat", 9)])
    assert len(hook.texts) == 1
    notices.staleness(settings, [item("salesforce", 9), item("flat", 9)])
    assert len(hook.texts) == 2


NOON = dt.datetime(2026, 5, 20, 12, tzinfo=dt.UTC)


def ages(settings: Settings, now: dt.datetime = NOON) -> dict[str, tuple[int, bool]]:
    return {item.name: (item.age_days, item.is_fresh) for item in freshness(settings, now)}


def test_a_source_is_as_old_as_its_newest_delivery(settings):
    deliver(settings, "hubspot/full/2026-05-10", "hubspot/changes/2026-05-18T0200-late")
    deliver(settings, "hubspot-emea/full/2026-05-17", "flat/full/2026-04-10")
    deliver(settings, "hubspot-emea/full/2026-05-20.part")
    assert ages(settings) == {
        "flat": (40, True),
        "hubspot": (2, True),
        "hubspot-emea": (3, False),
    }


def test_days_are_those_of_the_business(settings):
    deliver(settings, "hubspot/full/2026-05-18")
    evening = dt.datetime(2026, 5, 20, 16, tzinfo=dt.UTC)  # in Tokyo the 21st
    assert ages(settings, evening) == {"hubspot": (3, False)}


def test_what_has_landed_counts_when_it_is_gone_from_the_folder(settings):
    publish(settings, "2026-05-11 20:00:00", deliveries="('hubspot', '2026-05-19')")
    assert ages(settings) == {"hubspot": (1, True), "the published file": (8, True)}
    assert ages(settings, NOON + dt.timedelta(days=1))["the published file"] == (9, False)


def test_the_demo_company_is_not_watched(settings):
    publish(settings, "2026-01-01 00:00:00", is_demo=True, deliveries="('flat', '2026-01-01')")
    assert ages(settings) == {}


def test_the_rhythm_is_no_part_of_what_figures_are_made_of(settings, config):
    before = settings.fingerprint()
    config.write_text(config.read_text().replace("source_fresh_days: 2", "source_fresh_days: 9"))
    environ = {
        "SALES_KPIS_LANDING": str(settings.landing_dir),
        "SALES_KPIS_CONFIG": str(config),
    }
    assert Settings.load(environ).value("source_fresh_days") == 9
    assert Settings.load(environ).fingerprint() == before
