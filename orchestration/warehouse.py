"""The private warehouse file: how it is opened, and to which landing folder it belongs."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import duckdb

from orchestration.errors import RefreshError, UsageError
from orchestration.scanning import Scan
from orchestration.settings import PROJECT_DIR, Settings
from orchestration.sql import literal

# Files and folders are for the owner and the group only.
PRIVATE_UMASK = 0o027
# What every DuckDB file begins with.
_HEADERS_BYTES = 3 * 4096


def connect(path: Path, memory_limit: str | None = None) -> duckdb.DuckDBPyConnection:
    """Opens a DuckDB file for writing, made if need be, in UTC and without network.

    Raises:
        RefreshError: it is in use, no DuckDB file, or cannot be written.
    """
    config = {
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
    }
    if memory_limit:
        config["memory_limit"] = memory_limit
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
        _remove_unborn(path)
        connection = duckdb.connect(str(path), config=config)
    except (duckdb.Error, OSError) as error:
        raise _cannot_open(path, error) from None
    connection.execute("set TimeZone = 'UTC'")
    connection.execute("set enable_progress_bar = false")
    return connection


def confine(connection: duckdb.DuckDBPyConnection, folders: Iterable[Path]) -> None:
    """From here on the connection reaches its own file and these folders, and no other place.

    A link in them that leads elsewhere does not help, and no statement takes it back.
    """
    allowed = ", ".join(literal(folder.resolve()) for folder in folders)
    connection.execute(f"set allowed_directories = [{allowed}]")
    connection.execute("set enable_external_access = false")
    connection.execute("set lock_configuration = true")


def open_warehouse(settings: Settings, scan: Scan) -> duckdb.DuckDBPyConnection:
    """Opens the private warehouse of a landing folder, rebuilt from empty where it is another's.

    A warehouse belongs to one landing folder, and to the demo company or a real one. From here
    on the process makes files for owner and group only, and the connection reads nothing but
    extracts.

    Raises:
        RefreshError: it cannot be opened.
        UsageError: it holds real extracts, and the folder now only the demo company's.
    """
    os.umask(os.umask(PRIVATE_UMASK) | PRIVATE_UMASK)
    path = settings.warehouse_path
    connection = connect(path, settings.memory_limit)
    # Extracts are written by others. A delivery may be a link to a folder elsewhere; check reads
    # the seeds too.
    ours = (path.parent, PROJECT_DIR / "seeds")
    folders = (*ours, scan.landing_dir, *(delivery.path for delivery in scan.deliveries))
    confine(connection, folders)
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
    connection = connect(path, settings.memory_limit)
    confine(connection, folders)
    return connection


def _remove_unborn(path: Path) -> None:
    """Removes a file that a run was killed over, or ran out of disk, before it was a database."""
    try:
        with path.open("rb") as file:
            start = file.read(_HEADERS_BYTES)
    except FileNotFoundError:
        return
    if not start or (len(start) < _HEADERS_BYTES and start[8:12] == b"DUCK"):
        path.unlink()
        Path(f"{path}.wal").unlink(missing_ok=True)


def refuse_demo_beside_real(settings: Settings) -> None:
    """Sees to it that the demo company never takes the place of a real one.

    Raises:
        UsageError: real extracts have landed in the warehouse, or their figures are published.
        RefreshError: the warehouse cannot be opened.
    """
    kept = None
    if settings.warehouse_path.exists():
        try:
            with duckdb.connect(str(settings.warehouse_path), read_only=True) as connection:
                owner = landed_from(connection)
        except duckdb.Error as error:
            raise _cannot_open(settings.warehouse_path, error) from None
        if owner and not owner[1]:
            kept = f"the warehouse {settings.warehouse_path} holds real extracts"
    if not kept and settings.published_file.exists():
        with (
            suppress(duckdb.Error),
            duckdb.connect(str(settings.published_file), read_only=True) as connection,
        ):
            if connection.execute("select is_demo from quality.about").fetchall() == [(False,)]:
                kept = f"{settings.published_file} holds the figures of a real company"
    if kept:
        raise UsageError(
            f"{settings.landing_dir} holds no delivery. A demo company is not made, since {kept}. "
            "Put a delivery there, or name another folder with SALES_KPIS_LANDING; for the demo "
            "company set SALES_KPIS_WAREHOUSE and SALES_KPIS_PUBLISHED to other places."
        )


def landed_from(connection: duckdb.DuckDBPyConnection) -> tuple[str, bool] | None:
    """The landing folder a warehouse remembers and whether it is the demo's; None: it is new."""
    exists = connection.execute(
        "select count(*) from duckdb_tables() "
        "where schema_name = 'raw' and table_name = 'landing_folder'"
    ).fetchone()
    if not exists or not exists[0]:
        return None
    return connection.execute("select landing_dir, is_demo from raw.landing_folder").fetchone()


def accepted_files(path: Path) -> list[tuple[str, str]]:
    """Files whose refusal the latest landing accepted, `source/kind/delivery/file`, and why."""
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(
            "select concat_ws('/', source, kind, delivery, file), reason from raw.accepted_files "
            "order by all"
        ).fetchall()


def _cannot_open(path: Path, error: Exception) -> RefreshError:
    reason = str(error).splitlines()[0]
    return RefreshError(
        f"{path}: the warehouse cannot be opened: {reason}. Close whatever else has it open; "
        "if the file is damaged, delete it: it is rebuilt from the extracts."
    )
