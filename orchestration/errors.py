"""Errors meant for the person who runs the software: a message, never a traceback."""

# The name under which a failed step of a Dagster run keeps its error's exit code.
EXIT_CODE = "exit_code"


class RefreshError(Exception):
    """The run failed; what was published stays as it was. Exit code 1."""

    exit_code = 1


class UsageError(RefreshError):
    """A setting, the configuration file or the command line is wrong. Exit code 2."""

    exit_code = 2
