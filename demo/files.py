"""Writes one extract from arrays and SQL expressions, and the SQL macros for that.

DuckDB renders and writes millions of rows without Python touching one.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import duckdb

from demo import words

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_CHECKSUM = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
NO_RECORD = "000000000000000AAA"

# Key prefix of each object, and the number that its first record has.
_KEYS = {
    "account": ("001", 4_100),
    "contact": ("003", 7_300),
    "user": ("005", 120),
    "opportunity": ("006", 2_900),
    "opportunity_history": ("008", 51_000),
    "profile": ("00e", 11),
    "user_role": ("00E", 40),
    "queue": ("00G", 9),
    "opportunity_line": ("00k", 11_000),
    "lead": ("00Q", 6_000),
    "task": ("00T", 33_000),
    "event": ("00U", 8_000),
    "campaign_member": ("00v", 5_000),
    "field_history": ("017", 90_000),
    "lead_history": ("017", 4_000_000_000),
    "pricebook": ("01s", 5),
    "product": ("01t", 300),
    "pricebook_entry": ("01u", 600),
    "quote": ("0Q0", 1_700),
    "campaign": ("701", 70),
    "contract": ("800", 1_300),
    "sales_order": ("801", 2_200),
    "order_line": ("802", 6_400),
}


class Files:
    """One delivery folder.

    With ``quote_all`` every cell is quoted, empty ones too, as Salesforce does.
    """

    def __init__(self, con: duckdb.DuckDBPyConnection, folder: Path, quote_all: bool) -> None:
        self._con = con
        self._folder = folder
        self._options = ", force_quote *" if quote_all else ""
        # Quotes go around an empty text and not around a null.
        self._cell = "coalesce(({})::varchar, '')" if quote_all else "nullif(({})::varchar, '')"

    def write(self, name: str, arrays: dict, columns: dict[str, str]) -> None:
        """Write ``name``.csv: a header of ``columns``, a row per element of ``arrays``.

        ``columns`` maps the column of the file to an SQL expression over the arrays.
        """
        cells = ", ".join(
            f'{self._cell.format(expression)} as "{column}"'
            for column, expression in columns.items()
        )
        path = str(self._folder / f"{name}.csv").replace("'", "''")
        self._con.register("records", arrays)
        self._con.execute(f"copy (select {cells} from records) to '{path}' (header{self._options})")
        self._con.unregister("records")


def sql_list(values: Iterable) -> str:
    """Words as an SQL list, for the macro ``pick``."""
    return "[" + ", ".join("'" + str(value).replace("'", "''") + "'" for value in values) + "]"


def macros() -> list[str]:
    """SQL macros: ids with their checksum, moments, days, amounts, and words by number."""
    return [*_ids(), *_values(), *_names()]


def _ids() -> list[str]:
    """``<object>_id(n)``: 18 characters for a record's number, the empty lookup below 0."""
    letters = [f"substr('{_DIGITS}', (n // {62**k} % 62 + 1)::int, 1)" for k in range(6)]
    capital = [f"(n // {62**k} % 62 between 10 and 35)::int" for k in range(6)]
    # The checksum has a letter for each five characters, a bit for each capital in them.
    last_five = " + ".join(f"{capital[k]} * {1 << (4 - k)}" for k in range(5))
    found = [
        f"create macro id_of(head, check_1, n) as head || {' || '.join(reversed(letters))}"
        f" || check_1 || substr('{_CHECKSUM}', 1 + 16 * {capital[5]}, 1)"
        f" || substr('{_CHECKSUM}', 1 + {last_five}, 1)"
    ]
    for name, (prefix, first) in _KEYS.items():
        head = prefix + "Vd0000"
        bits = sum(1 << place for place, letter in enumerate(head[:5]) if letter.isupper())
        found.append(
            f"create macro {name}_id(n) as case when n >= 0 then"
            f" id_of('{head}', '{_CHECKSUM[bits]}', n::bigint + {first}) else '{NO_RECORD}' end"
        )
    return found


def _values() -> list[str]:
    """Macros for moments, days and numbers; what is unknown (below 0, never) is null."""
    return [
        "create macro moment(n) as case when n between 0 and 99999999999"
        " then make_timestamp(n::bigint * 1000000)::varchar end",
        "create macro day(n) as case when n >= 0 then (date '1970-01-01' + n::int)::varchar end",
        "create macro midnight(n) as day(n) || ' 00:00:00'",
        "create macro money(cents) as case when cents < 0 then null when cents % 100 = 0"
        " then (cents // 100)::varchar"
        " else (cents::decimal(20, 0) / 100)::decimal(20, 2)::varchar end",
        "create macro number(x) as rtrim(rtrim(x::decimal(18, 2)::varchar, '0'), '.')",
        # From ten million on Salesforce writes numbers in scientific notation.
        "create macro mantissa(x) as"
        " regexp_replace(rtrim(x::decimal(18, 6)::varchar, '0'), '[.]$', '.0')",
        "create macro hundred_thousands(n) as case"
        " when n >= 10000 then mantissa(n / 10000) || 'E9'"
        " when n >= 1000 then mantissa(n / 1000) || 'E8'"
        " when n >= 100 then mantissa(n / 100) || 'E7'"
        " else (n * 100000)::varchar end",
    ]


def _names() -> list[str]:
    """Macros that make a name of a number."""
    stems, heads, tails = words.ACCOUNT_STEMS, words.ACCOUNT_HEADS, words.ACCOUNT_TAILS
    names = len(stems) * len(heads) * len(tails)
    scattered = f"((n::bigint * 48271 + 977) % {names})"
    stem = f"pick({sql_list(stems)}, {scattered})"
    head = f"pick({sql_list(heads)}, {scattered} // {len(stems)})"
    tail = f"pick({sql_list(tails)}, {scattered} // {len(stems) * len(heads)})"
    return [
        "create macro pick(list, n) as list[n::bigint % len(list) + 1]",
        f"create macro first_name(n) as pick({sql_list(words.FIRST_NAMES)}, n * 31 + 7)",
        f"create macro last_name(n) as pick({sql_list(words.LAST_NAMES)}, n * 89 + n // 134)",
        f"create macro place_name(n) as {stem} || {head}",
        f"create macro company_name(n) as place_name(n) || ' ' || {tail}"
        f" || case when n >= {names} then ' ' || (n // {names} + 1) else '' end",
        "create macro email(first, last, company) as"
        " lower(strip_accents(first || '.' || last) || '@' || place_name(company) || '.example')",
    ]
