"""Notes which signal asked the program to end, whoever handles it.

Libraries put handlers of their own in place of ours while they work, and raise their own errors;
the system's wakeup descriptor is told of each signal all the same.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

ENDING = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def noted_signals() -> Iterator[Callable[[], int | None]]:
    """Within it SIGTERM interrupts as Ctrl-C does; yields what tells the first such signal."""
    reader, writer = os.pipe()
    for end in (reader, writer):
        os.set_blocking(end, False)
    received: list[int] = []

    def first() -> int | None:
        with suppress(BlockingIOError):
            received.extend(number for number in os.read(reader, 1000) if number in ENDING)
        return received[0] if received else None

    def interrupt(number: int, frame: FrameType | None) -> None:
        # A second one must not tear apart what the first has begun to clean up.
        if not is_interrupted:
            is_interrupted.append(True)
            raise KeyboardInterrupt

    is_interrupted: list[bool] = []
    before = {number: signal.getsignal(number) for number in ENDING}
    for number, handler in before.items():
        # A program in the background of a shell is not meant for its Ctrl-C.
        if handler is not signal.SIG_IGN:
            signal.signal(number, interrupt)
    descriptor_before = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    try:
        yield first
    finally:
        signal.set_wakeup_fd(descriptor_before)
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(reader)
        os.close(writer)
