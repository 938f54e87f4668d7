"""Whether two files hold figures of the same company, and which of today's tables they have."""

from __future__ import annotations

import hashlib

import duckdb

Columns = dict[tuple[str, str, str], frozenset[str]]


def landing_hash(landing_dir: str) -> str:
    """A fingerprint of the landing folder, which is not itself shown to readers."""
    return hashlib.blake2b(landing_dir.encode(), digest_size=8).hexdigest()


def unlike(
    con: duckdb.DuckDBPyConnection, known: Columns, warehouse: str, previous: str
) -> str | None:
    """Why an attached version is not comparable with an attached warehouse; None where it is.

    A version that does not know its landing folder yet is known by the company's name.
    """
    columns = columns_of(known, previous, "quality", "about")
    if not {"company_name", "is_demo"} <= columns:
        return "it does not say whose figures it holds"
    remembered = "landing_hash" if "landing_hash" in columns else "null"
    [(old_name, old_demo, old_hash)] = con.execute(
        f"select company_name, is_demo, {remembered} from {previous}.quality.about"
    ).fetchall()
    [(name, is_demo)] = con.execute(
        f"select company_name, is_demo from {warehouse}.raw.settings"
    ).fetchall()
    if old_demo != is_demo:
        return f"it holds the figures of {'the demo' if old_demo else 'a real'} company"
    if old_name != name:
        return f"it holds the figures of {old_name}, these are of {name}"
    if old_hash is not None and columns_of(known, warehouse, "raw", "landing_folder"):
        [(folder,)] = con.execute(
            f"select landing_dir from {warehouse}.raw.landing_folder"
        ).fetchall()
        if old_hash != landing_hash(folder):
            return "it was made from another landing folder"
    return None


def read_columns(con: duckdb.DuckDBPyConnection) -> Columns:
    """Columns of every table and view of every attached database, read once: it takes a while."""
    rows = con.execute(
        "select database_name, schema_name, table_name, list(column_name) "
        "from duckdb_columns() where not internal group by all"
    ).fetchall()
    return {(database, schema, table): frozenset(names) for database, schema, table, names in rows}


def columns_of(known: Columns, database: str, schema: str, table: str) -> frozenset[str]:
    """Columns of a table, its database quoted or not; none where there is no such table."""
    return known.get((database.strip('"'), schema, table), frozenset())
