"""Opens the demo company's extracts for its tests."""

from __future__ import annotations

from pathlib import Path

import duckdb

import demo


def make_and_open(folder: Path, scale: float, seed: int = 7) -> duckdb.DuckDBPyConnection:
    """Make a company below ``folder`` and open each file as a table of texts.

    Empty cells and Salesforce's empty lookups are null; tables carry the files' names.
    """
    demo.generate(folder, scale=scale, seed=seed)
    con = duckdb.connect()
    con.execute("set TimeZone = 'UTC'")
    for path in sorted(folder.glob("*/full/*/*.csv")):
        con.execute(
            f'create table "{path.stem}" as from read_csv(?, all_varchar = true, header = true,'
            " auto_detect = false, delim = ',', quote = '\"', escape = '\"',"
            " nullstr = ['', '000000000000000AAA'],"
            f" columns = {{{_columns(path)}}})",
            [str(path)],
        )
    return con


def header(path: Path) -> list[str]:
    """The columns of a file."""
    with path.open(encoding="utf-8") as file:
        return [cell.strip('"') for cell in file.readline().rstrip("\n").split(",")]


def _columns(path: Path) -> str:
    return ", ".join(f"'{name}': 'varchar'" for name in header(path))
