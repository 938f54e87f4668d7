"""Days, office hours and seasons of the demo company.

Days are whole numbers since 1970-01-01, moments whole seconds since then, UTC. The demo
company ends at a constant moment: the same company comes out on any day it is made.
"""

from __future__ import annotations

from datetime import date

import numpy as np

DAY = 86_400
HOUR = 3_600
_EPOCH = date(1970, 1, 1)


def day_number(text: str) -> int:
    """The day of an ISO date."""
    return (date.fromisoformat(text) - _EPOCH).days


DELIVERY = "2026-11-20"
AS_OF = day_number(DELIVERY)
FIRST_DAY = day_number("2023-12-01")
# The export is taken on a Friday evening, when nobody works any more.
NOW = AS_OF * DAY + 22 * HOUR + 1_800
NEVER = 1 << 40

_FIRST_MONDAY = 4 * DAY
_WEEK = 7 * DAY
_OFFICE_DAY = 9 * HOUR
_OFFICE_WEEK = 5 * _OFFICE_DAY


def month_of(days) -> np.ndarray:
    """Months since 1970-01 of days."""
    days = np.asarray(days, dtype=np.int64)
    return days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)


def first_of_month(months) -> np.ndarray:
    """First day of months since 1970-01."""
    months = np.asarray(months, dtype=np.int64)
    return months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)


def add_months(days, months) -> np.ndarray:
    """The same day some months later; the last of the month where there is none."""
    days = np.asarray(days, dtype=np.int64)
    start = month_of(days)
    day_in_month = days - first_of_month(start)
    target = start + months
    length = first_of_month(target + 1) - first_of_month(target)
    return first_of_month(target) + np.minimum(day_in_month, length - 1)


def quarter_end(days) -> np.ndarray:
    """Last day of the calendar quarter that holds each day."""
    return first_of_month(month_of(days) // 3 * 3 + 3) - 1


def month_end(days) -> np.ndarray:
    """Last day of the month that holds each day."""
    return first_of_month(month_of(days) + 1) - 1


def is_weekend(days) -> np.ndarray:
    """True on Saturdays and Sundays."""
    return (np.asarray(days) + 3) % 7 > 4


def workday(days) -> np.ndarray:
    """The day itself, or the Monday after a weekend."""
    days = np.asarray(days, dtype=np.int64)
    return np.where(is_weekend(days), days + 7 - (days + 3) % 7, days)


def workday_before(days) -> np.ndarray:
    """The day itself, or the Friday before a weekend."""
    days = np.asarray(days, dtype=np.int64)
    return np.where(is_weekend(days), days - ((days + 3) % 7 - 4), days)


def office_moment(days, opens_at, share) -> np.ndarray:
    """A moment of a working day: ``share`` 0 is when the office opens, 1 when it closes."""
    seconds = np.floor(np.asarray(share) * (_OFFICE_DAY - 1)).astype(np.int64)
    return np.asarray(days, dtype=np.int64) * DAY + np.asarray(opens_at) * HOUR + seconds


def next_office_moment(moments, opens_at, share) -> np.ndarray:
    """The moment itself within office hours, else early (by ``share``) the next working day."""
    moments = np.asarray(moments, dtype=np.int64)
    days, seconds = moments // DAY, moments % DAY
    opens = np.asarray(opens_at, dtype=np.int64) * HOUR
    too_late = seconds >= opens + _OFFICE_DAY
    closed = too_late | (seconds < opens) | is_weekend(days)
    opening = workday(days + too_late) * DAY + opens
    return np.where(closed, opening + np.floor(share * 2 * HOUR).astype(np.int64), moments)


def to_office(moments, opens_at) -> np.ndarray:
    """Squeeze the week into its office hours, keeping the order of moments.

    Durations are drawn on the calendar and would end at night or on a Sunday; the
    squeezed week moves each moment by at most three days and never past another one.
    """
    weeks, rest = np.divmod(np.asarray(moments, dtype=np.int64) - _FIRST_MONDAY, _WEEK)
    days, seconds = np.divmod(rest * _OFFICE_WEEK // _WEEK, _OFFICE_DAY)
    opens = np.asarray(opens_at, dtype=np.int64) * HOUR
    return _FIRST_MONDAY + weeks * _WEEK + days * DAY + opens + seconds


def from_office(moments, opens_at) -> np.ndarray:
    """The inverse of :func:`to_office` for moments in office hours."""
    opens = np.asarray(opens_at, dtype=np.int64) * HOUR
    since = np.asarray(moments, dtype=np.int64) - _FIRST_MONDAY - opens
    weeks, rest = np.divmod(since, _WEEK)
    days, seconds = np.divmod(rest, DAY)
    worked = np.minimum(days, 4) * _OFFICE_DAY + np.minimum(seconds, _OFFICE_DAY - 1)
    return _FIRST_MONDAY + weeks * _WEEK - (-worked * _WEEK // _OFFICE_WEEK)


# January to December: trade shows in spring and autumn, holidays in summer and December.
_SEASON = np.array([1.0, 1.05, 1.15, 1.05, 1.0, 0.95, 0.8, 0.75, 1.25, 1.2, 1.1, 0.8])


def demand_by_day(first: int = FIRST_DAY, last: int = AS_OF) -> np.ndarray:
    """How much demand each day brings, relative to the others: growth, season, weekday."""
    days = np.arange(first, last + 1)
    growth = 1 + 0.5 * (days - FIRST_DAY) / (AS_OF - FIRST_DAY)
    weekday = np.array([1.1, 1.15, 1.1, 1.0, 0.85, 0.12, 0.12])[(days + 3) % 7]
    return growth * _SEASON[month_of(days) % 12] * weekday
