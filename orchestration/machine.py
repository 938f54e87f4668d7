"""Faults of the machine, not of an extract: its disk is full, its memory is used up."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from orchestration.errors import PassingError, RefreshError

# No space left, quota exceeded, larger than this process may write.
DISK_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextmanager
def machine_faults(doing: str, folder: Path) -> Iterator[None]:
    """Says in one message what the machine lacks; `doing` ends a sentence, such as "landing".

    Raises:
        RefreshError: the disk of `folder` is full, the memory used up, or the database failed.
    """
    try:
        yield
    except (duckdb.Error, OSError, MemoryError) as error:
        fault = machine_fault(error, doing, folder)
        if fault is None:
            raise
        raise fault from None


def machine_fault(error: BaseException, doing: str, folder: Path) -> RefreshError | None:
    """The error to raise in place of another; None where that is none of the machine's."""
    reason = (str(error).splitlines() or [type(error).__name__])[0]
    if isinstance(error, duckdb.OutOfMemoryException | MemoryError):
        return RefreshError(
            f"out of memory while {doing}: {reason}. Close other programs, or raise "
            "SALES_KPIS_MEMORY_LIMIT where it is set; then refresh again"
        )
    is_full = isinstance(error, OSError) and error.errno in DISK_FULL
    # A commit that cannot be written is an error of the transaction.
    is_of_disk = isinstance(error, duckdb.IOException) or "Could not write" in reason
    if is_full or (isinstance(error, duckdb.Error) and is_of_disk):
        return PassingError(
            f"no space left on the disk of {folder}, or a disk fault, while {doing}: {reason}. "
            "Free some space, then refresh again"
        )
    if isinstance(error, duckdb.FatalException | duckdb.InternalException):
        return RefreshError(f"the database failed while {doing}: {reason}. Refresh again")
    return None
