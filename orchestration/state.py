"""What the last run did, and whether there is anything new since; the lock on the warehouse.

The state is a small JSON file beside the warehouse, always replaced whole. It is read before
Dagster or dbt are imported, so that a run with nothing to do ends at once.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from orchestration.contents import (
    Content,
    contents_text,
    files_fingerprint,
    load_contents,
    present_contents,
)
from orchestration.errors import RefreshError

if TYPE_CHECKING:
    from orchestration.scanning import Scan
    from orchestration.settings import Settings

# What a figure can depend on, besides the extracts and the configuration.
CODE = (
    "models",
    "seeds",
    "snapshots",
    "macros",
    "tests/data",
    "profiles",
    "orchestration",
    "dbt_project.yml",
    "requirements.lock",
)
CODE_SUFFIXES = {".sql", ".yml", ".yaml", ".csv", ".md", ".py", ".lock"}


@dataclass(frozen=True)
class Inputs:
    """Fingerprints of everything that a published version is made from."""

    files: str
    configuration: str
    code: str


@dataclass(frozen=True)
class State:
    """What a warehouse remembers of its runs.

    `begun` are the inputs of the latest run, `is_audited` tells whether its build passed every
    check, `is_held_back` whether the audit kept it from being published; `published` are the
    inputs of the latest run that was published, as version `version` in `published_dir`.
    """

    begun: Inputs | None = None
    is_audited: bool = False
    published: Inputs | None = None
    version: str = ""
    published_dir: str = ""
    is_held_back: bool = False


def code_fingerprint(project_dir: Path) -> str:
    """A hash of the code and models, from their contents: the same in every clone."""
    digest = hashlib.blake2b(digest_size=16)
    for part in CODE:
        root = project_dir / part
        files = [root] if root.is_file() else sorted(root.rglob("*"))
        for file in files:
            if file.suffix in CODE_SUFFIXES and file.is_file():
                digest.update(file.relative_to(project_dir).as_posix().encode() + b"\0")
                digest.update(hashlib.blake2b(file.read_bytes()).digest())
    return digest.hexdigest()


def load_state(warehouse_path: Path) -> State:
    """The state beside a warehouse; an empty one where there is none or it cannot be read."""
    try:
        content = json.loads(_state_path(warehouse_path).read_text(encoding="utf-8"))
        for key in ("begun", "published"):
            content[key] = Inputs(**content[key]) if content[key] else None
        return State(**content)
    except (OSError, ValueError, TypeError, KeyError):
        # Losing the state costs a rebuild, trusting half of one could cost a figure.
        return State()


def save_state(warehouse_path: Path, state: State) -> None:
    """Replaces the state beside a warehouse."""
    replace_text(_state_path(warehouse_path), json.dumps(asdict(state), indent=2) + "\n")


def published_version_if_nothing_new(settings: Settings, scan: Scan) -> str | None:
    """The version that the last published run made, if a run now could only make it again.

    None where files, configuration, models, seeds or code changed since, where the warehouse or
    the published file is missing, or where the run after it failed.
    """
    state = load_state(settings.warehouse_path)
    is_same = (
        state.published is not None
        and not state.is_held_back
        and state.begun == state.published
        and state.published_dir == str(settings.published_dir.resolve())
        and settings.warehouse_path.exists()
        and settings.published_file.exists()
        and state.published.configuration == settings.fingerprint()
        and state.published.code == code_fingerprint(settings.project_dir)
        and state.published.files == _files_now(settings, scan)
    )
    return state.version if is_same else None


def begin_run(settings: Settings) -> None:
    """Notes that a run begins. Call it with the lock held."""
    state = load_state(settings.warehouse_path)
    begun = Inputs(
        files="",
        configuration=settings.fingerprint(),
        code=code_fingerprint(settings.project_dir),
    )
    save_state(
        settings.warehouse_path,
        replace(state, begun=begun, is_audited=False, is_held_back=False),
    )


def note_landed(settings: Settings, scan: Scan, contents: Mapping[str, Content]) -> None:
    """Notes what the run noted by `begin_run` has landed: all files of its scan."""
    state = load_state(settings.warehouse_path)
    if state.begun is None:
        return
    replace_text(_contents_path(settings.warehouse_path), contents_text(contents))
    begun = replace(state.begun, files=files_fingerprint(scan, contents))
    save_state(settings.warehouse_path, replace(state, begun=begun))


def note_audit(warehouse_path: Path, is_audited: bool) -> None:
    """Notes whether the warehouse as it is now has passed every check."""
    save_state(warehouse_path, replace(load_state(warehouse_path), is_audited=is_audited))


def note_held_back(warehouse_path: Path) -> None:
    """Notes that the audit keeps the warehouse as it is now from being published."""
    save_state(warehouse_path, replace(load_state(warehouse_path), is_held_back=True))


def end_run(settings: Settings, version: str) -> None:
    """Notes that the run noted by `begin_run` was published as `version`."""
    state = load_state(settings.warehouse_path)
    save_state(
        settings.warehouse_path,
        replace(
            state,
            published=state.begun,
            version=version,
            published_dir=str(settings.published_dir.resolve()),
            is_held_back=False,
        ),
    )


def forget_warehouse(warehouse_path: Path) -> list[Path]:
    """Removes a warehouse and its state; the next run builds it from the extracts.

    Returns what was removed.
    """
    # The state first: half a removal must not look like a whole warehouse.
    paths = [
        _state_path(warehouse_path),
        _contents_path(warehouse_path),
        Path(f"{warehouse_path}.wal"),
        warehouse_path,
    ]
    removed = [path for path in paths if path.exists()]
    for path in removed:
        path.unlink()
    return removed


def replace_text(path: Path, text: str) -> None:
    """Writes a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    with part.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


_held: dict[str, TextIO] = {}


@contextmanager
def warehouse_lock(
    warehouse_path: Path,
    timeout_seconds: float = 3600,
    on_wait: Callable[[str], None] = lambda holder: None,
    poll_seconds: float = 0.5,
) -> Iterator[None]:
    """Holds the only right to write the warehouse, for this process.

    The process may take it again inside: `sales-kpis refresh` takes it before it decides whether
    there is work, and the Dagster run that it starts takes it as any other run does. The system
    releases it when the process ends, however it ends.

    Args:
        warehouse_path: the warehouse; the lock is the file `<warehouse>.lock` beside it.
        timeout_seconds: how long to wait for another run.
        on_wait: told once who holds the lock, if another run does.
        poll_seconds: how often to try again.

    Raises:
        RefreshError: another run held it all the time.
    """
    name = _lock_name(warehouse_path)
    if name in _held:
        yield
        return
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    with Path(name).open("a+", encoding="utf-8") as file:
        _wait_for(file, timeout_seconds, on_wait, poll_seconds)
        since = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        file.truncate(0)
        file.write(f"process {os.getpid()}, since {since}")
        file.flush()
        _held[name] = file
        try:
            yield
        finally:
            del _held[name]
            file.truncate(0)


def lock_holder(warehouse_path: Path) -> str:
    """Who writes the warehouse at this moment; empty where nobody does."""
    try:
        with Path(_lock_name(warehouse_path)).open(encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return Path(_lock_name(warehouse_path)).read_text(encoding="utf-8") or "a process"
    except OSError:
        pass
    return ""


def inherited_lock(warehouse_path: Path) -> tuple[int, ...]:
    """The file descriptor to pass on to a process that writes the warehouse for us.

    The lock then lasts until that process has ended too, even if we are killed.
    """
    file = _held.get(_lock_name(warehouse_path))
    return (file.fileno(),) if file else ()


def _wait_for(
    file: TextIO, timeout_seconds: float, on_wait: Callable[[str], None], poll_seconds: float
) -> None:
    give_up_at = time.monotonic() + timeout_seconds
    has_told = False
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            file.seek(0)
            holder = file.read() or "a process that is just starting or ending"
        if not has_told:
            on_wait(holder)
            has_told = True
        if time.monotonic() >= give_up_at:
            raise RefreshError(
                f"Another run holds the warehouse ({holder}) and did not end within "
                f"{timeout_seconds:.0f} seconds; its lock is {file.name}. Try again later."
            )
        time.sleep(poll_seconds)


def _files_now(settings: Settings, scan: Scan) -> str | None:
    """The fingerprint of the files, if they are known; what was touched is known from now on."""
    path = _contents_path(settings.warehouse_path)
    remembered = load_contents(path)
    present = present_contents(scan, remembered)
    if present is None:
        return None
    if present != remembered:
        # Only the next look is slower where it cannot be written.
        with suppress(OSError):
            replace_text(path, contents_text({**remembered, **present}))
    return files_fingerprint(scan, present)


def _lock_name(warehouse_path: Path) -> str:
    return f"{warehouse_path.resolve()}.lock"


def _state_path(warehouse_path: Path) -> Path:
    return warehouse_path.with_suffix(".state.json")


def _contents_path(warehouse_path: Path) -> Path:
    return warehouse_path.with_suffix(".contents.json")
