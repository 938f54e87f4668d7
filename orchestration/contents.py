"""What is in the extracts, by hash; a file is read again only where it may have been changed.

The hashes of what has landed stand in a small JSON file beside the warehouse, each with size,
times and inode of its file. A file of which these are as they were is not read; one that was
touched or copied is, and is known again by its hash.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orchestration.scanning import LandingFile, Scan

Stat = tuple[int, int, int, int]


@dataclass(frozen=True)
class Content:
    """How a file looked (size, times, inode) when its content had this hash."""

    stat: Stat
    content_hash: str


def stat_of(path: Path) -> Stat:
    """Size in bytes, times of change in nanoseconds, inode."""
    stat = path.stat()
    return (stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino)


def hash_of(path: Path) -> str:
    """The hash of a file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, lambda: hashlib.blake2b(digest_size=32)).hexdigest()


def load_contents(path: Path) -> dict[str, Content]:
    """What is remembered, by `source/kind/delivery/name`; nothing where it cannot be read."""
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
        return {
            name: Content((size, mtime, ctime, inode), content_hash)
            for name, (size, mtime, ctime, inode, content_hash) in entries.items()
        }
    except (OSError, ValueError, TypeError, AttributeError):
        # Costs a rebuild at most.
        return {}


def contents_text(contents: Mapping[str, Content]) -> str:
    """What `load_contents` reads."""
    return json.dumps({name: [*item.stat, item.content_hash] for name, item in contents.items()})


def present_contents(scan: Scan, remembered: Mapping[str, Content]) -> dict[str, Content] | None:
    """The files of a scan as they are now; None where one of them is not what is remembered."""
    present = {}
    for file in scan.files:
        content = _present(file, remembered.get(str(file)))
        if content is None:
            return None
        present[str(file)] = content
    return present


def files_fingerprint(scan: Scan, contents: Mapping[str, Content]) -> str:
    """Changes whenever a file comes, goes, or has another content."""
    text = [
        [str(scan.landing_dir), scan.is_demo, scan.problems],
        [str(delivery) for delivery in scan.deliveries],
        [(str(file), contents[str(file)].content_hash) for file in scan.files],
    ]
    return hashlib.blake2b(json.dumps(text).encode(), digest_size=16).hexdigest()


def _present(file: LandingFile, known: Content | None) -> Content | None:
    if known is None or known.stat[0] != file.size:
        return None
    if known.stat == file.stat:
        return known
    try:
        is_same = hash_of(file.path) == known.content_hash
    except OSError:
        return None
    return Content(file.stat, known.content_hash) if is_same else None
