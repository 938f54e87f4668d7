"""Which object of the contract a file holds: by its name, or by a mapping that names the file."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from orchestration.connectors import connector_of
from orchestration.contract import Column, Contract, Table, is_end_date
from orchestration.mappings import Mapping

FORMATS = (".csv", ".csv.gz", ".jsonl", ".jsonl.gz", ".parquet")
# In the name of a mapping's file: any characters, such as the date of the export.
ANY = "*"


def stem(name: str) -> str:
    """A file's name without its format, in lower case; other endings stay."""
    lower = name.lower()
    for suffix in FORMATS:
        if lower.endswith(suffix):
            return lower[: -len(suffix)]
    return lower


def _is_like(name: str, pattern: str) -> bool:
    return bool(re.fullmatch(".*".join(map(re.escape, pattern.split(ANY))), name, re.DOTALL))


class Catalog:
    """Which object a file holds: by its name, or by the mapping that names the file.

    `problems` tells of mappings that name an object or column that the contract does not have,
    and of two that read one file with other encodings or delimiters, each with its line.
    """

    def __init__(self, contract: Contract, mappings: Iterable[Mapping] = ()) -> None:
        self.contract = contract
        self.problems: list[str] = []
        self._by_source: dict[str, list[Mapping]] = {}
        for mapping in mappings:
            checked = self._checked(mapping)
            if checked is not None:
                self._by_source.setdefault(mapping.source, []).append(checked)
        self._files: dict[str, dict[str, Table]] = {}
        for source in self._by_source:
            self._files_of(source)

    def find(self, source: str, file_name: str) -> Table | None:
        """The object of a file: of the contract, or as it is where a mapping reads it."""
        name = stem(file_name)
        files = self._files_of(source)
        if name in files:
            return files[name]
        if name == file_name.lower():
            return None
        # The longest pattern is the one that says most.
        for pattern in sorted(files, key=lambda pattern: (-len(pattern), pattern)):
            if ANY in pattern and _is_like(name, pattern):
                return files[pattern]
        return self.contract.find(connector_of(source), name)

    def passed_over(self, source: str, table: Table, file_name: str) -> str | None:
        """Why a file of an object's own name is not read: a mapping takes the object elsewhere."""
        mappings = self.mappings(source, table) if table.entity else []
        if not mappings:
            return None
        others = ", ".join(mapping.file or mapping.object for mapping in mappings)
        return (
            f"{file_name} would be passed over: {mappings[0].place} reads {table.object} from "
            f"{others}. Take {file_name} away, or give it a mapping of its own in the list: "
            f"{table.object}: [{{file: {others}, ...}}, {{file: {file_name}}}]"
        )

    def mappings(self, source: str, table: Table) -> list[Mapping]:
        """The mappings that make up an object of a source; none where it is delivered as it is."""
        of_source = self._mappings_of(source)
        found = [mapping for mapping in of_source if mapping.object == table.object]
        if not found and table.object.lower() in self._files_of(source):
            # Its own file, which another object's mapping reads too.
            found = [Mapping(source, table.object)]
        return found

    def file_of(self, mapping: Mapping) -> str:
        """Stem of the file that a mapping reads, or the pattern of several."""
        return stem((mapping.file or mapping.object).removesuffix(".*"))

    def _mappings_of(self, source: str) -> list[Mapping]:
        own = self._by_source.get(source, [])
        named = {mapping.object for mapping in own}
        of_connector = (
            [] if source == connector_of(source) else self._by_source.get(connector_of(source), [])
        )
        return [*own, *(mapping for mapping in of_connector if mapping.object not in named)]

    def _checked(self, mapping: Mapping) -> Mapping | None:
        connector = connector_of(mapping.source)
        table = self.contract.find(connector, mapping.object)
        if table is None:
            known = ", ".join(table.object for table in self.contract.of_connector(connector))
            self.problems.append(
                f"{mapping.place}: {mapping.source} has no object {mapping.object!r}; "
                f"it has {known or 'none'}"
            )
            return None
        ours = [
            *(name for name, _ in mapping.columns),
            *(name for name, _ in mapping.constants),
            *(name for name, _ in mapping.values),
            *(name for name, _ in mapping.formats),
        ]
        unknown = sorted({name for name in ours if name not in table.columns_by_name})
        if unknown:
            known = ", ".join(column.name for column in table.columns)
            self.problems.append(
                f"{mapping.place}: {mapping.source} {table.object} has no column "
                f"{', '.join(repr(name) for name in unknown)}; it has {known}"
            )
        if mapping.end_date_is_exclusive and not any(map(is_end_date, table.columns)):
            self.problems.append(
                f"{mapping.place}: end_date_is is for objects with an end date; "
                f"{mapping.source} {table.object} has none"
            )
        return replace(mapping, object=table.object)

    def _files_of(self, source: str) -> dict[str, Table]:
        if source not in self._files:
            files: dict[str, Table] = {}
            for mapping in self._mappings_of(source):
                self._add_file(files, source, mapping)
            self._files[source] = files
        return self._files[source]

    def _add_file(self, files: dict[str, Table], source: str, mapping: Mapping) -> None:
        name = self.file_of(mapping)
        of_source = self._mappings_of(source)
        read_before = [
            other for other in of_source[: of_source.index(mapping)] if self.file_of(other) == name
        ]
        before = files.get(name)
        if before is None:
            files[name] = Table(
                connector=connector_of(source),
                name=name,
                identifier=f"{source}__{name}",
                object=name,
                entity="",
                columns=(),
            )
            before = files[name]
        for part in ("encoding", "delimiter", "header_line"):
            given, known = getattr(mapping, part), getattr(before, part)
            is_stated = any(getattr(other, part) for other in read_before)
            if given and is_stated and given != known:
                self.problems.append(
                    f"{mapping.place}: {name} is read with {part} {known!r} elsewhere, here with "
                    f"{given!r}; a file has one"
                )
            elif given:
                before = replace(before, **{part: given})
        names = {column.name.lower(): column for column in before.columns}
        for theirs, _ in mapping.their_columns:
            names.setdefault(theirs.lower(), Column(theirs))
        files[name] = replace(before, columns=tuple(names.values()))
