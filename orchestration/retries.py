"""How a step of a Dagster run fails: in words, and after tries where what failed may pass."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import dagster as dg

from orchestration.errors import EXIT_CODE, RefreshError, may_pass
from orchestration.progress import reporter

# With the first wait below: tried again after 20, 60 and 180 seconds.
RETRIES = 3
FIRST_WAIT_SECONDS = 20
LONGER_EACH_TIME = 3


@contextmanager
def in_words() -> Iterator[None]:
    """Shows an error that is meant for the user as its message, without a traceback."""
    try:
        yield
    except RefreshError as error:
        raise dg.Failure(
            description=str(error),
            metadata={EXIT_CODE: error.exit_code},
            allow_retries=False,
        ) from None


@dataclass(frozen=True)
class Retries:
    """Tries a step again, later and later, where what failed may pass by itself.

    A busy file and a full disk may; a wrong extract or setting does not.
    """

    first_wait_seconds: float = FIRST_WAIT_SECONDS

    def helps(self, context: dg.AssetExecutionContext, error: Exception) -> bool:
        """Whether the step is tried again after this error."""
        return context.retry_number < RETRIES and may_pass(error)

    @contextmanager
    def in_words(self, context: dg.AssetExecutionContext) -> Iterator[None]:
        """As the function, unless the step is tried again."""
        try:
            yield
        except Exception as error:
            if not self.helps(context, error):
                with in_words():
                    raise
            wait = self.first_wait_seconds * LONGER_EACH_TIME**context.retry_number
            reporter().note(f"Trying again in {wait:.0f} seconds: {error}")
            # Dagster's own wait would hold back a signal until its end.
            time.sleep(wait)
            raise dg.RetryRequested(max_retries=RETRIES, seconds_to_wait=0) from error
