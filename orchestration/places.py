"""Whether the warehouse and the published file can lie where the settings want them.

Looked at before anything begins: a run of minutes should not fail at its last step for it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from orchestration.errors import UsageError
from orchestration.settings import PUBLISHED_FILE, Settings

# DuckDB names a database by its file. With the name of a schema, `core.dim_reps` could be read
# in two ways.
_TAKEN_NAMES = {
    *("raw", "extracts", "staging", "maps", "core", "kpis", "marts", "quality"),
    *("main", "memory", "published", "system", "temp"),
}


def check_places(settings: Settings) -> None:
    """Looks at the places that are written; makes nothing.

    Raises:
        UsageError: a folder lies where a file is due or the other way round, or something cannot
            be written; all of it is named.
    """
    problems = [
        *(f"SALES_KPIS_WAREHOUSE: {text}" for text in _warehouse(settings.warehouse_path)),
        *(f"SALES_KPIS_PUBLISHED: {text}" for text in _published(settings.published_dir)),
    ]
    if settings.warehouse_path == settings.published_file:
        problems = [
            f"SALES_KPIS_WAREHOUSE: {settings.warehouse_path} is the file to publish; the "
            "warehouse is another, such as warehouse/private.duckdb."
        ]
    if problems:
        raise UsageError("\n".join(problems))


def _warehouse(path: Path) -> Iterator[str]:
    if path.is_dir():
        yield f"{path} is a folder; name a file in it, such as {path / 'private.duckdb'}."
        return
    if path.stem.lower() in _TAKEN_NAMES or "." in path.stem:
        yield (
            f"a warehouse cannot be called {path.name}, since DuckDB names the database by it; "
            f"take {path.with_name('private.duckdb')}."
        )
    yield from _not_writable(path.parent)
    try:
        with path.open("r+b") as file:
            start = file.read(12)
    except FileNotFoundError:
        return
    except OSError as error:
        if not isinstance(error, NotADirectoryError):
            yield f"{path} cannot be written ({error.strerror}); have its rights changed."
        return
    if start and start[8:] != b"DUCK":
        yield f"{path} is no DuckDB file; name another, or move it away."


def _published(path: Path) -> Iterator[str]:
    if path.exists() and not path.is_dir():
        yield f"{path} is a file; name the folder that {PUBLISHED_FILE} is to lie in."
        return
    link = path / PUBLISHED_FILE
    if link.exists() and not link.is_symlink():
        yield (
            f"{link} is a file of somebody else's: a link to the published version belongs there. "
            "Move the file away, or name another folder."
        )
    yield from _not_writable(path)


def _not_writable(folder: Path) -> Iterator[str]:
    """What forbids to write into a folder, or to make it."""
    present = folder
    while not present.exists() and present != present.parent:
        present = present.parent
    if not present.is_dir():
        yield f"{present} is a file, so {folder} cannot be made; name another place."
        return
    try:
        with tempfile.TemporaryFile(dir=present):
            pass
    except OSError as error:
        yield (
            f"{present} cannot be written ({error.strerror}); name a place that you may write, "
            "or have its rights changed."
        )
