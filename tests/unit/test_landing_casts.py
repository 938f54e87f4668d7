"""Landing rejects and lists exactly the texts that the staging models' casts cannot read."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import duckdb
import jinja2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration import casts
from orchestration.settings import PROJECT_DIR

EARLIEST = dt.date(1990, 1, 15)
MACROS = {
    "date": "to_date",
    "month": "to_month",
    "instant": "to_instant",
    "instant_ms": "to_instant_ms",
    "boolean": "to_boolean",
    "decimal": "to_decimal",
    "integer": "to_integer",
}
CASTABLE = {
    "date": ["2023-09-06", "2023-09-06 00:00:00", "2024-02-29", "1990-01-15", "2100-12-31"],
    "month": ["2023-09", "2023-09-06"],
    "instant": [
        "2023-10-28 20:45:25",
        "2023-10-28T20:45:25.000Z",
        "2023-10-28T20:45:25.000+0000",
        "2023-10-28T20:45:25+02:00",
        "2023-10-28T20:45-05",
        "2023-10-28T20:45",
        "2023-10-28",
    ],
    "instant_ms": [
        "1698525925123",
        "632361600000",
        "4133980799999",
        "2023-10-28T20:45:25.123Z",
        "2023-10-28",
    ],
    "boolean": ["1", "0", "true", "FALSE", "True"],
    "decimal": ["15000", "-1.5", "+3", ".5", "5.", "8.0E7", "1.6147805824397E13", "1e-9"],
    "integer": ["12", "12.0", "1.2E1", "-3"],
}
NOT_CASTABLE = {
    "date": [
        "2023-02-30",
        "1990-01-14",
        "2101-01-01",
        "06.09.2023",
        "2023-9-6",
        "epoch",
        "20230906",
    ],
    "month": ["2023-13", "2023", "Sep 2023", "1990-01"],
    "instant_ms": [
        "1698525925",
        "632361599999",
        "4133980800000",
        "-1698525925123",
        "1698525925123.5",
        "20231028",
    ],
    "instant": [
        "1698525925123",
        "2023-10-28T25:00:00",
        "2023-10-28 20:45:25 Europe/Berlin",
        "infinity",
        "now",
    ],
    "boolean": ["yes", "t", "2", "1.0"],
    "decimal": ["1,234", "1_000", "$5", "nan", "inf", "1e400", "1e21", "0x1F", "1 000", "--1"],
    "integer": ["12.5", "1e12", "a dozen"],
}


@pytest.fixture(scope="module")
def con():
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute("create schema raw")
        connection.execute(
            f"create table raw.settings as select date '{EARLIEST}' as earliest_date, "
            "'America/Chicago' as business_timezone"
        )
        yield connection


@pytest.fixture(scope="module")
def macros():
    text = Path(PROJECT_DIR / "macros" / "casts.sql").read_text(encoding="utf-8")
    environment = jinja2.Environment(autoescape=False)
    environment.globals["source"] = lambda _, table: f"raw.{table}"
    return environment.from_string(text).module


def is_castable(con, data_type, text):
    condition = casts.is_castable("text", data_type, EARLIEST)
    return con.execute(f"select {condition} from (select ? as text)", [text]).fetchone()[0]


@pytest.mark.parametrize(
    ("data_type", "text", "expected"),
    [
        (data_type, text, expected)
        for texts, expected in ((CASTABLE, True), (NOT_CASTABLE, False))
        for data_type in texts
        for text in texts[data_type]
    ],
)
def test_what_casts(con, data_type, text, expected):
    assert is_castable(con, data_type, text) is expected


def test_text_and_ids_always_cast():
    assert casts.is_castable("text", "text", EARLIEST) is None
    assert casts.is_castable("text", "id", EARLIEST) is None


ALMOST_VALUES = st.one_of(
    st.sampled_from(
        [text for texts in (CASTABLE, NOT_CASTABLE) for row in texts.values() for text in row]
    ),
    st.from_regex(
        r"(1989|1990|2024|2100|2101)-(01|02|13)(-(14|15|29|30))?"
        r"([T ](00|23|24):00(:(00|59)(\.0+)?)?(Z|[+-]00|[+-]05:?30)?)?",
        fullmatch=True,
    ),
    st.from_regex(r"-?[0-9]{11,14}", fullmatch=True),
    st.from_regex(r"[+-]?[0-9_]{0,25}\.?[0-9]{0,10}([eE][+-]?[0-9]{1,2})?", fullmatch=True),
    st.text(alphabet="0123456789-+:.TZeE_ ,trufalsTRUE", min_size=1, max_size=12),
).filter(lambda text: text.strip() == text and text)


@settings(max_examples=60, deadline=None)
@given(texts=st.lists(ALMOST_VALUES, min_size=20, max_size=80))
def test_landing_and_staging_agree(con, macros, texts):
    for data_type, macro in MACROS.items():
        condition = casts.is_castable("text", data_type, EARLIEST)
        value = getattr(macros, macro)("text")
        disagreements = con.execute(
            f"select text from (select unnest(?::varchar[]) as text) "
            f"where {condition} is distinct from (({value}) is not null)",
            [texts],
        ).fetchall()
        assert disagreements == [], data_type
