"""Tells people when refreshes fail and when they work again, and when extracts stop coming.

What has been told is remembered in a small JSON file beside the warehouse, so that a recovery is
told once and a source that stays silent is not told every day. A notice that cannot be sent
never fails what it tells of.
"""

from __future__ import annotations

import json
import logging
import re
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.channels import Message
from orchestration.errors import NOTHING_PUBLISHED
from orchestration.state import replace_text

if TYPE_CHECKING:
    from orchestration.freshness import Freshness
    from orchestration.settings import Settings

log = logging.getLogger("sales_kpis")

# Of an error's words, as many lines of so many characters are told.
WORDS_LINES = 25
LINE_WIDTH = 240
UNEXPECTED = re.compile(r"unexpected error[:,] *[\w.]*")
MEANING = "docs/monitoring.md says what each alarm means and what to do."


@dataclass(frozen=True)
class Told:
    """What people were told last: since when refreshes fail, how many have, what is stale."""

    failing_since: str = ""
    failures: int = 0
    stale: tuple[str, ...] = ()


def refresh_failed(
    settings: Settings, error: str, where: str, warn: Callable[[str], None] = log.warning
) -> None:
    """Tells that a refresh failed.

    Args:
        settings: where things are; those of the configuration file are not needed.
        error: its words.
        where: where to look, a sentence.
        warn: told what could not be sent.
    """
    if not settings.channels.names:
        return
    told = load_told(settings.warehouse_path)
    now = datetime.now(UTC)
    failures = told.failures + 1
    again = f" for the {_ordinal(failures)} time in a row" if told.failing_since else ""
    lines = [
        f"It failed at {now:%Y-%m-%d %H:%M} UTC on {socket.gethostname()}{again}.",
        published_in_words(settings),
        where,
        MEANING,
    ]
    _send(
        settings,
        Message(f"{_company(settings)}the refresh failed", "\n".join(lines), in_short(error)),
        warn,
    )
    since = told.failing_since or f"{now:%Y-%m-%d %H:%M} UTC"
    _save(settings, replace(told, failing_since=since, failures=failures), warn)


def refresh_succeeded(settings: Settings, warn: Callable[[str], None] = log.warning) -> None:
    """Tells that refreshes work again, once, if people were told that one had failed."""
    told = load_told(settings.warehouse_path)
    if not told.failing_since or not settings.channels.names:
        return
    times = "once" if told.failures == 1 else f"{told.failures} times"
    lines = [
        f"It had failed {times} since {told.failing_since}.",
        published_in_words(settings),
    ]
    message = Message(f"{_company(settings)}the refresh works again", "\n".join(lines))
    if _send(settings, message, warn):
        _save(settings, replace(told, failing_since="", failures=0), warn)


def staleness(
    settings: Settings, found: Sequence[Freshness], warn: Callable[[str], None] = log.warning
) -> None:
    """Tells what has become stale, and once nothing is any more that all is fresh again."""
    told = load_told(settings.warehouse_path)
    stale = tuple(item.name for item in found if not item.is_fresh)
    if not settings.channels.names or set(stale) == set(told.stale):
        return
    message = None
    if set(stale) - set(told.stale):
        message = Message(
            f"{_company(settings)}nothing new arrives",
            f"{published_in_words(settings)}\n{MEANING}",
            "\n".join(item.in_words for item in found if not item.is_fresh),
        )
    elif not stale:
        message = Message(
            f"{_company(settings)}all is up to date again",
            "\n".join(item.in_words for item in found if item.name in told.stale),
        )
    if message is None or _send(settings, message, warn):
        _save(settings, replace(told, stale=stale), warn)


def in_short(error: str) -> str:
    """An error's words for a message: its first lines.

    Of an error that nobody foresaw only the kind is told: its text may hold anything.
    """
    words, _, _ = error.partition(f"\n{NOTHING_PUBLISHED}")
    lines = []
    for line in words.strip().splitlines():
        if kind := UNEXPECTED.match(line):
            lines.append(f"{kind[0]} (its text is in the log only)")
            break
        lines.append(line if len(line) <= LINE_WIDTH else f"{line[: LINE_WIDTH - 3]}...")
    if len(lines) > WORDS_LINES:
        more = len(lines) - WORDS_LINES
        lines = [*lines[:WORDS_LINES], f"... and {more} more lines: see the log"]
    return "\n".join(lines)


def published_in_words(settings: Settings) -> str:
    """What readers see now, a sentence."""
    # Imported here: a notice about DuckDB itself must be possible, too.
    import duckdb

    from orchestration.publishing import current_version

    version = None
    with suppress(OSError):
        version = current_version(settings.published_dir)
    if version is None:
        return "Nothing is published yet."
    try:
        with duckdb.connect(str(settings.published_file), read_only=True) as con:
            [(as_of, at)] = con.execute(
                "select as_of_date, published_at from quality.about"
            ).fetchall()
    except (duckdb.Error, ValueError):
        return f"Published is version {version}."
    return f"Published are figures as of {as_of} (version {version}, of {at:%Y-%m-%d %H:%M} UTC)."


def load_told(warehouse_path: Path) -> Told:
    """What people were told last; nothing where that cannot be read."""
    try:
        content = json.loads(_path(warehouse_path).read_text(encoding="utf-8"))
        return Told(
            str(content["failing_since"]),
            int(content["failures"]),
            tuple(str(name) for name in content["stale"]),
        )
    except (OSError, ValueError, TypeError, KeyError):
        return Told()


def _save(settings: Settings, told: Told, warn: Callable[[str], None]) -> None:
    try:
        replace_text(_path(settings.warehouse_path), json.dumps(asdict(told), indent=2) + "\n")
    except OSError as error:
        warn(f"What was told cannot be remembered: {error.strerror}.")


def _send(settings: Settings, message: Message, warn: Callable[[str], None]) -> bool:
    """Sends it; whether it arrived anywhere."""
    problems = settings.channels.send(message)
    for problem in problems:
        warn(problem)
    return len(problems) < len(settings.channels.names)


def _path(warehouse_path: Path) -> Path:
    return warehouse_path.with_suffix(".notices.json")


def _company(settings: Settings) -> str:
    name = settings.value("company_name")
    return f"Sales KPIs of {name}: " if name else "Sales KPIs: "


def _ordinal(number: int) -> str:
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10)
    return f"{number}{ending or 'th'}"
