"""How a run tells what it is doing: to a person at a terminal, to a log, or to nobody."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

SHOWN_NOTES = 10


def shown_path(path: Path) -> str:
    """A path as a user would type it here: relative if it lies below the current folder."""
    path = path.absolute()
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def note_lines(notes: Sequence[str]) -> list[str]:
    """Notes for a terminal, a line each; of many the last tells where to see all."""
    lines = [f"Note: {note}" for note in notes[:SHOWN_NOTES]]
    if len(notes) > SHOWN_NOTES:
        lines.append(f"Note: and {len(notes) - SHOWN_NOTES} more; `make check` tells all.")
    return lines


class Reporter:
    """Told what a run does. This one keeps quiet; Dagster shows its own events."""

    def note(self, text: str) -> None:
        """A sentence that the user should read."""

    def step(self, name: str) -> None:
        """A new step begins."""

    def advance(self, what: str, done: int = 0, total: int = 0) -> None:
        """Within the step: what is being done now, and how far it is (a total of 0: unknown)."""


class ConsoleReporter(Reporter):
    """Progress on a console: a live line at a terminal, a few plain lines elsewhere."""

    SECONDS_BETWEEN_PLAIN_LINES = 10

    def __init__(self, console: Console) -> None:
        self.console = console
        self.live: Progress | None = None
        self.task: TaskID | None = None
        self.name = ""
        self.begun_at = self.told_at = 0.0

    def __enter__(self) -> ConsoleReporter:
        if self.console.is_terminal:
            self.live = Progress(
                TextColumn("{task.description:<10}"),
                BarColumn(bar_width=28),
                TextColumn("{task.fields[count]:>9}"),
                TimeElapsedColumn(),
                TextColumn("{task.fields[what]}", style="dim", markup=False),
                console=self.console,
                redirect_stdout=False,
                redirect_stderr=False,
            )
            self.live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._end_step(is_done=kind is None)
        if self.live:
            self.live.stop()

    def note(self, text: str) -> None:
        """Prints it, above a live line."""
        self.console.print(text, markup=False, highlight=False, soft_wrap=True)

    def step(self, name: str) -> None:
        """Ends the step before, with the time it took."""
        self._end_step()
        self.name = name
        self.begun_at = self.told_at = time.monotonic()
        if self.live:
            self.task = self.live.add_task(name, total=None, what="", count="")
        else:
            self.note(f"{name} ...")

    def advance(self, what: str, done: int = 0, total: int = 0) -> None:
        """Moves the live line; elsewhere prints one now and then."""
        count = f"{done}/{total}" if total else ""
        if self.live and self.task is not None:
            self.live.update(self.task, completed=done, total=total or None, what=what, count=count)
        elif time.monotonic() - self.told_at >= self.SECONDS_BETWEEN_PLAIN_LINES:
            self.told_at = time.monotonic()
            self.note("  " + " ".join(part for part in (count, what) if part))

    def _end_step(self, is_done: bool = True) -> None:
        if self.live and self.task is not None:
            total = self.live.tasks[self.task].total or 1
            completed = total if is_done else self.live.tasks[self.task].completed
            self.live.update(self.task, completed=completed, total=total, what="")
            self.live.stop_task(self.task)
            self.task = None
        elif self.name and is_done:
            self.note(f"{self.name} took {time.monotonic() - self.begun_at:.1f} s")
        self.name = ""


_reporter = Reporter()


def reporter() -> Reporter:
    """Whoever is to be told in this process: the quiet one, unless `report_to` named another."""
    return _reporter


def report_to(new_reporter: Reporter) -> None:
    """Names who is told from now on, in this process."""
    global _reporter
    _reporter = new_reporter
