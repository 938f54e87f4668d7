"""The private warehouse file: how it is opened, and to which landing folder it belongs."""

from __future__ import annotations

import os
from pathlib import Path

import duckdb

from orchestration.errors import RefreshError, UsageError
from orchestration.scanning import Scan
from orchestration.settings import Settings

# Files and folders are for the owner and the group only.
PRIVATE_UMASK = 0o027


def connect(path: Path) -> duckdb.DuckDBPyConnection:
    """Opens a DuckDB file for writing, made if need be, in UTC and without network.

    Raises:
        RefreshError: it is in use, no DuckDB file, or cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
        connection = duckdb.connect(
            str(path),
            config={
                "autoinstall_known_extensions": "false",
                "autoload_known_extensions": "false",
            },
        )
    except (duckdb.Error, OSError) as error:
        reason = str(error).splitlines()[0]
        raise RefreshError(
            f"{path}: the warehouse cannot be opened: {reason}. Close whatever else has it open; "
            "if the file is damaged, delete it: it is rebuilt from the extracts."
        ) from None
    connection.execute("set TimeZone = 'UTC'")
    connection.execute("set enable_progress_bar = false")
    return connection


def open_warehouse(settings: Settings, scan: Scan) -> duckdb.DuckDBPyConnection:
    """Opens the private warehouse of a landing folder, rebuilt from empty where it is another's.

    A warehouse belongs to one landing folder, and to the demo company or a real one. From here
    on the process makes files for owner and group only.

    Raises:
        RefreshError: it cannot be opened.
        UsageError: it holds real extracts, and the folder now only the demo company's.
    """
    os.umask(os.umask(PRIVATE_UMASK) | PRIVATE_UMASK)
    path = settings.warehouse_path
    connection = connect(path)
    owner = landed_from(connection)
    if owner is None or owner == (str(scan.landing_dir), scan.is_demo):
        return connection
    connection.close()
    if owner == (str(scan.landing_dir), False):
        raise UsageError(
            f"{path}: this warehouse holds real extracts, but {scan.landing_dir} now holds only "
            "the demo company's. Put a real delivery there, or delete the warehouse."
        )
    path.unlink()
    Path(f"{path}.wal").unlink(missing_ok=True)
    return connect(path)


def landed_from(connection: duckdb.DuckDBPyConnection) -> tuple[str, bool] | None:
    """The landing folder a warehouse remembers and whether it is the demo's; None: it is new."""
    exists = connection.execute(
        "select count(*) from duckdb_tables() "
        "where schema_name = 'raw' and table_name = 'landing_folder'"
    ).fetchone()
    if not exists or not exists[0]:
        return None
    return connection.execute("select landing_dir, is_demo from raw.landing_folder").fetchone()
