"""Unpacks what is delivered compressed: ZIP archives of the weekly export, and gzip files."""

from __future__ import annotations

import errno
import gzip
import shutil
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO

from orchestration.reading import FileRefused

# A real extract shrinks to a tenth. What grows far more is made to fill the disk.
_MAX_EXPANSION = 250
_FREE_EXPANSION_BYTES = 256 << 20
_CHUNK_BYTES = 1 << 20


@contextmanager
def opened_archive(path: Path) -> Iterator[zipfile.ZipFile]:
    """The archive, open.

    Raises:
        FileRefused: it is no whole ZIP archive.
    """
    try:
        archive = zipfile.ZipFile(path)
    except OSError as error:
        # A file that cannot be read, but for one whose numbers lead to places before its begin.
        if error.errno != errno.EINVAL:
            raise
        raise FileRefused("this is no whole ZIP archive; download it again") from None
    except Exception as error:
        raise FileRefused(
            f"this is no whole ZIP archive ({error}); download it again"
            if path.stat().st_size
            else "the file has no bytes; download it again"
        ) from None
    with archive:
        yield archive


def members(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """Its files, without folders and what systems add.

    Raises:
        FileRefused: two have one name, or a name leads out of the archive.
    """
    found = []
    names: set[str] = set()
    for info in archive.infolist():
        path = PurePosixPath(info.filename.replace("\\", "/"))
        if info.is_dir() or path.name.startswith(".") or "__MACOSX" in path.parts:
            continue
        if path.is_absolute() or ".." in path.parts or not info.filename.isprintable():
            raise FileRefused(
                f"the archive holds a member of the unsafe name {info.filename!r}; "
                "download the export again"
            )
        if info.filename.lower() in names:
            raise FileRefused(f"the archive holds {info.filename} twice; download it again")
        names.add(info.filename.lower())
        found.append(info)
    return found


class Allowance:
    """How many bytes a compressed file of this size may still unpack to, all its members."""

    def __init__(self, compressed: int) -> None:
        self.left = max(compressed * _MAX_EXPANSION, _FREE_EXPANSION_BYTES)

    def spend(self, size: int) -> None:
        """Takes some bytes from it.

        Raises:
            FileRefused: it is used up.
        """
        self.left -= size
        if self.left < 0:
            raise FileRefused(
                f"it unpacks to more than {_MAX_EXPANSION} times its size, "
                "which no extract does; check where it comes from"
            )


def extract_member(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, target: Path, allowance: Allowance
) -> None:
    """Writes a member to `target`, a path of ours.

    Raises:
        FileRefused: it is encrypted, damaged, or the archive far larger than extracts can be.
    """
    if info.flag_bits & 1:
        raise FileRefused("the archive is encrypted; deliver it without a password")
    try:
        with archive.open(info) as source, target.open("wb") as stream:
            _copy(source, stream, allowance)
    except (FileRefused, MemoryError):
        raise
    except Exception as error:
        # Modules of the standard library raise errors of many kinds over damaged bytes.
        raise _damaged(error, "the archive is damaged") from None


def as_utf8(path: Path, encoding: str) -> Path:
    """A copy of a text file in UTF-8, beside it. Bytes that the encoding lacks become U+FFFD."""
    target = path.with_name(f"utf8-{path.name}")
    with (
        path.open(encoding=encoding, errors="replace", newline="") as source,
        target.open("w", encoding="utf-8", newline="") as copy,
    ):
        shutil.copyfileobj(source, copy, 1 << 20)
    return target


def extract_gzip(path: Path, target: Path) -> None:
    """Writes the content of a gzip file to `target`.

    Raises:
        FileRefused: it is empty, damaged, or far larger than an extract can be.
    """
    size = path.stat().st_size
    if not size:
        raise FileRefused("the file has no bytes; deliver it again, with a header at least")
    try:
        with gzip.open(path) as source, target.open("wb") as stream:
            _copy(source, stream, Allowance(size))
    except (gzip.BadGzipFile, zlib.error, EOFError, OSError) as error:
        raise _damaged(error, "this is no whole gzip file") from None


def _damaged(error: Exception, text: str) -> Exception:
    # A full disk is no fault of the file; gzip's own error is an OSError without a number.
    if isinstance(error, OSError) and error.errno is not None:
        return error
    return FileRefused(f"{text} ({error}); deliver it again")


def _copy(source: IO[bytes], stream: IO[bytes], allowance: Allowance) -> None:
    while chunk := source.read(_CHUNK_BYTES):
        allowance.spend(len(chunk))
        stream.write(chunk)
