"""Which texts cast to a column's type, as SQL conditions.

They say of a delivered text what the macros of `macros/casts.sql`, which make the values, say
of it; a test holds the two together. Here is only decided what is rejected or listed.
"""

from __future__ import annotations

import datetime as dt

from orchestration.contract import Column, Table
from orchestration.settings import LAST_DATE
from orchestration.sql import literal

# Spaces of every kind that exports pad cells with, also the no-break space.
_NO_BREAK_SPACE = "\u00a0"
WHITESPACE = " \t\r\n" + _NO_BREAK_SPACE
# What the weekly Salesforce export writes for an empty lookup.
EMPTY_IDS = ("000000000000000", "000000000000000AAA")

_MIDNIGHT = r"([T ]00:00(:00(\.0+)?)?(Z|[+-]00(:?00)?)?)?"
_TIME = r"([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d(:?\d\d)?)?)?"
# Twelve digits begin in 1973: shorter numbers are days or years written without a separator.
_MILLISECONDS = r"^-?\d{12,13}$"

HIDDEN = "<hidden>"
_MAX_VALUE = 200
_HARMLESS = r"\d{1,4}[-/. ]\d{1,2}[-/. ]\d{1,4}([T ][\d:.]*Z?)?|[-+]?\d{1,6}([.,]\d+)?"

EXPECTED = {
    "date": "a date YYYY-MM-DD",
    "month": "a month YYYY-MM or a date YYYY-MM-DD",
    "instant": "an ISO 8601 date and time",
    "instant_ms": "an ISO 8601 date and time, or milliseconds since 1970",
    "boolean": "true, false, 1 or 0",
    "decimal": "a plain number",
    "integer": "a whole number",
}


def trimmed(column: str) -> str:
    """The text without surrounding white space; null where nothing is left."""
    # Most cells have none, and to look at both ends is four times as quick as to trim them. Empty
    # texts and those that begin with a space sort before "!".
    ends = " or ".join(f"suffix({column}, {literal(space)})" for space in WHITESPACE)
    return (
        f"case when {column} <= '!' or starts_with({column}, {literal(_NO_BREAK_SPACE)}) or {ends} "
        f"then nullif(trim({column}, {literal(WHITESPACE)}), '') else {column} end"
    )


def filled(column: str, contract_column: Column) -> str:
    """As `trimmed`, and an empty lookup is null too."""
    text = trimmed(column)
    if contract_column.data_type != "id":
        return text
    return f"case when {column} not in {EMPTY_IDS!r} then {text} end"


def is_castable(text: str, data_type: str, earliest: dt.date) -> str | None:
    """Whether a trimmed, non-null text casts; None where any text does."""
    day = f"left({text}, 10)"
    is_day = (
        f"{day} between {literal(earliest)} and {literal(LAST_DATE)} "
        f"and try_cast({day} as date) is not null"
    )
    if data_type == "date":
        return f"(regexp_full_match({text}, {literal(_days(_MIDNIGHT))}) and {is_day})"
    if data_type == "month":
        day_of = f"(case when length({text}) = 7 then {text} || '-01' else {text} end)"
        return is_castable(day_of, "date", earliest)
    if data_type == "instant":
        # DuckDB reads no zone behind a time without seconds.
        complete = (
            f"case when length({text}) = 10 or substr({text}, 17, 1) = ':' then {text} "
            f"else left({text}, 16) || ':00' || substr({text}, 17) end"
        )
        return (
            f"(regexp_full_match({text}, {literal(_days(_TIME))}) and {is_day} "
            f"and try_cast({complete} as timestamp with time zone) is not null)"
        )
    if data_type == "instant_ms":
        digits = f"regexp_extract({text}, {literal(_MILLISECONDS)})"
        milliseconds = f"make_timestamp_ms(try_cast({digits} as bigint))"
        is_plausible = f"{milliseconds}::date between {literal(earliest)} and {literal(LAST_DATE)}"
        return f"(coalesce({is_plausible}, false) or {is_castable(text, 'instant', earliest)})"
    if data_type == "boolean":
        return f"(lower({text}) in ('true', 'false', '1', '0'))"
    number = _decimal(text)
    if data_type == "decimal":
        return f"({number} is not null)"
    if data_type == "integer":
        return f"(coalesce({number} % 1 = 0 and try_cast({number} as integer) is not null, false))"
    return None


def shown(text: str, column: Column, table: Table) -> str:
    """The value at fault as it may be listed; hidden where it may be contact data.

    Of an object with private columns only what looks like a day or a small number is shown: a
    comma that is lost shifts cells, and an email stands where a date should.
    """
    if column.private:
        return literal(HIDDEN)
    is_shown = f"not contains({text}, '@')"
    if any(other.private for other in table.columns):
        is_shown = f"regexp_full_match({text}, {literal(_HARMLESS)})"
    return (
        f"case when {text} is null or {is_shown} then left({text}, {_MAX_VALUE}) "
        f"else {literal(HIDDEN)} end"
    )


def _days(time: str) -> str:
    return r"\d{4}-\d\d-\d\d" + time


def _decimal(text: str) -> str:
    # DuckDB takes 1_000 for a number. The narrow cast first: the wide one is far slower.
    digits = f"replace({text}, '_', '?')"
    return (
        f"coalesce(try_cast({digits} as decimal(18, 8))::decimal(28, 8), "
        f"try_cast({digits} as decimal(28, 8)))"
    )
