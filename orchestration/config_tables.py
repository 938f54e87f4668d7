"""Writes settings and maps to schema raw, where models read them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import duckdb

from orchestration.connectors import CRMS, connector_of
from orchestration.scanning import delivery_date
from orchestration.settings import MAPS, SETTINGS, Settings

_DEMO_COMPANY = "Demo company"
_COMPANY = "My company"


def write(con: duckdb.DuckDBPyConnection, settings: Settings, is_demo: bool) -> dt.date | None:
    """Rewrites `raw.settings` (one row) and the `raw.config_*` tables.

    Returns the as-of date: the setting, else the date of the newest CRM delivery in the ledger,
    else of any; None where nothing ever landed.
    """
    values = {setting.name: settings.value(setting.name) for setting in SETTINGS}
    if values["company_name"] is None:
        values["company_name"] = _DEMO_COMPANY if is_demo else _COMPANY
    if values["as_of_date"] is None:
        values["as_of_date"] = _newest_delivery(con)
    columns = [(setting.name, setting.sql_type) for setting in SETTINGS]
    columns.insert(1, ("is_demo", "boolean"))
    values["is_demo"] = is_demo
    _write_table(con, "settings", columns, [tuple(values[name] for name, _ in columns)])
    for config_map in MAPS:
        rows = settings.maps.get(config_map.name, ())
        _write_table(con, f"config_{config_map.name}", config_map.columns, rows)
    fields = sorted({(item.entity, item.column.lower()) for item in settings.custom_fields})
    columns = [("entity", "varchar"), ("column_name", "varchar")]
    _write_table(con, "config_custom_fields", columns, fields)
    return values["as_of_date"]


def _write_table(
    con: duckdb.DuckDBPyConnection, name: str, columns: list[tuple[str, str]], rows: Any
) -> None:
    definition = ", ".join(f"{column} {sql_type}" for column, sql_type in columns)
    con.execute(f"create or replace table raw.{name} ({definition})")
    if rows:
        marks = ", ".join("?" for _ in columns)
        con.executemany(f"insert into raw.{name} values ({marks})", [list(row) for row in rows])


def _newest_delivery(con: duckdb.DuckDBPyConnection) -> dt.date | None:
    deliveries = con.execute("select distinct source, delivery from raw.files").fetchall()
    dates = [delivery_date(delivery) for _, delivery in deliveries]
    crm_dates = [
        delivery_date(delivery) for source, delivery in deliveries if connector_of(source) in CRMS
    ]
    return max(crm_dates or dates, default=None)
