"""Errors meant for the person who runs the software: a message, never a traceback."""

import errno

# The name under which a failed step of a Dagster run keeps its error's exit code.
EXIT_CODE = "exit_code"


class RefreshError(Exception):
    """The run failed; what was published stays as it was. Exit code 1."""

    exit_code = 1


class UsageError(RefreshError):
    """A setting, the configuration file or the command line is wrong. Exit code 2."""

    exit_code = 2


class PassingError(RefreshError):
    """As RefreshError, but of a kind that may pass by itself: a busy file, a full disk."""


# How the message of a failed refresh goes on after what failed.
NOTHING_PUBLISHED = "Nothing was published"
# A full disk, a busy file, a share that is away or answers late.
_PASSING = {
    errno.ENOSPC,
    errno.EDQUOT,
    errno.EBUSY,
    errno.EAGAIN,
    errno.ESTALE,
    errno.EIO,
    errno.ETIMEDOUT,
}
# What DuckDB says of them, also where dbt passes it on.
_PASSING_WORDS = ("could not set lock on file", "no space left on device")


def may_pass(error: BaseException) -> bool:
    """Whether what failed may work a little later, though nobody mends anything."""
    if isinstance(error, PassingError):
        return True
    if isinstance(error, OSError) and error.errno in _PASSING:
        return True
    text = str(error).lower()
    return any(words in text for words in _PASSING_WORDS)
