"""Mappings of the configuration file: how a foreign export becomes an object of the contract.

    flat:
      opportunities:
        file: sales_pipeline.csv
        columns: {rep: sales_agent, close_date: [Actual Close, Est. close], id: ~}
        constants: {currency: USD}
        values: {product_id: {GTXPro: GTX Pro}}
        formats: {created_at: "%d/%m/%Y", amount: money}
        where: {Status: [Completed, Open]}

Here the configuration is read; `mapped_views` compiles it to SQL over what has landed.
"""

from __future__ import annotations

import codecs
import re
import zoneinfo
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import duckdb
import yaml

from orchestration.connectors import SOURCE_PATTERN

if TYPE_CHECKING:
    from orchestration.settings import _Configuration

SOURCE = re.compile(SOURCE_PATTERN)
# Formats of numbers; every other format is one of dates, as strptime has them.
# What a number in such a format is divided by.
DIVISORS = {"percent": 100, "cents": 100, "per_year": 12, "seconds": 60}
NUMBER_FORMATS = ("money", "decimal_comma", *DIVISORS)
FILLED, EMPTY = "not empty", "empty"
MAX_HEADER_LINE = 1000
_PLACEHOLDER = re.compile(r"\{([^{}]+)\}")
_PARTS = (
    "file",
    "columns",
    "constants",
    "values",
    "formats",
    "where",
    "nulls",
    "encoding",
    "delimiter",
    "header_line",
    "timezone",
    "end_date_is",
)


@dataclass(frozen=True)
class Condition:
    """A test of one of their columns: filled, empty, or one of `values` (any case)."""

    column: str
    test: str  # "in", FILLED or EMPTY
    values: tuple[str, ...] = ()
    place: str = field(default="", compare=False, repr=False)


@dataclass(frozen=True)
class Choice:
    """Where a value comes from: their column or a template, and on what condition."""

    text: str
    is_template: bool = False
    when: tuple[Condition, ...] = ()
    place: str = field(default="", compare=False, repr=False)

    @property
    def names(self) -> list[str]:
        """Their columns that it reads."""
        own = _PLACEHOLDER.findall(self.text) if self.is_template else [self.text]
        return [*(name.strip() for name in own), *(condition.column for condition in self.when)]


@dataclass(frozen=True)
class Mapping:
    """How the files of one kind become rows of one object.

    `columns` holds ours (lower case) and the choices in order; no choice: it is made from the
    row's content. `values` and `formats` are by our column too. `place` is the file and line,
    for messages.
    """

    source: str
    object: str
    file: str | None = None
    columns: tuple[tuple[str, tuple[Choice, ...]], ...] = ()
    constants: tuple[tuple[str, str | None], ...] = ()
    values: tuple[tuple[str, tuple[tuple[str, str | None], ...]], ...] = ()
    formats: tuple[tuple[str, tuple[str, ...]], ...] = ()
    where: tuple[Condition, ...] = ()
    nulls: tuple[str, ...] = ()
    encoding: str | None = None
    delimiter: str | None = None
    header_line: int | None = None
    timezone: str | None = None
    end_date_is_exclusive: bool = False
    place: str = field(default="", compare=False, repr=False)

    @property
    def their_columns(self) -> Iterator[tuple[str, str]]:
        """Names that the mapping reads, and the place that names them."""
        for _, choices in self.columns:
            for choice in choices:
                for name in choice.names:
                    yield name, choice.place
        for condition in self.where:
            yield condition.column, condition.place


def read_mappings(configuration: _Configuration, source: str, node: yaml.Node) -> Iterator[Mapping]:
    """The mappings of one source; what is wrong is noted in `configuration` with its line."""
    return _Reader(configuration, source).read(node)


class _Reader:
    def __init__(self, configuration: _Configuration, source: str) -> None:
        self.configuration = configuration
        self.source = source

    def read(self, node: yaml.Node) -> Iterator[Mapping]:
        for name, key_node, value in self.configuration.items(node, self.source):
            if isinstance(value, yaml.SequenceNode):
                for item in value.value:
                    yield self.mapping(name, item, item)
            else:
                yield self.mapping(name, key_node, value)

    def problem(self, node: yaml.Node, text: str) -> None:
        self.configuration.problem(node, text)

    def mapping(self, name: str, key_node: yaml.Node, node: yaml.Node) -> Mapping:
        what = f"{self.source}: {name}"
        parts: dict = {}
        for key, part_node, value in self.configuration.items(node, what):
            if key in ("file", "encoding", "delimiter", "header_line", "timezone", "end_date_is"):
                parts[key] = self.text(value, f"{what}: {key}", strip=key != "delimiter")
            elif key == "columns":
                parts[key] = tuple(
                    (ours.lower(), tuple(self.choices(choices, f"{what}: {ours}")))
                    for ours, _, choices in self.configuration.items(value, f"{what}: columns")
                )
            elif key == "constants":
                parts[key] = tuple(
                    (ours.lower(), self.text(constant, f"{what}: {ours}") or None)
                    for ours, _, constant in self.configuration.items(value, f"{what}: constants")
                )
            elif key == "values":
                parts[key] = tuple(
                    (ours.lower(), tuple(self.translations(table, f"{what}: values: {ours}")))
                    for ours, _, table in self.configuration.items(value, f"{what}: values")
                )
            elif key == "formats":
                parts[key] = tuple(
                    (ours.lower(), self.formats(formats, f"{what}: formats: {ours}"))
                    for ours, _, formats in self.configuration.items(value, f"{what}: formats")
                )
            elif key == "where":
                parts[key] = tuple(self.conditions(value, f"{what}: where"))
            elif key == "nulls":
                parts[key] = self.texts(value, f"{what}: nulls")
            else:
                self.problem(
                    part_node, f"unknown key {key!r} of {what}; known are {', '.join(_PARTS)}"
                )
        self.check_reading(parts, what, node)
        return Mapping(
            self.source,
            name,
            end_date_is_exclusive=parts.pop("end_date_is", None) == "exclusive",
            place=self.configuration.place(key_node),
            **parts,
        )

    def check_reading(self, parts: dict, what: str, node: yaml.Node) -> None:
        if parts.get("encoding"):
            try:
                codecs.lookup(parts["encoding"])
            except LookupError:
                self.problem(
                    node,
                    f"{what}: unknown encoding {parts['encoding']!r}; use such as utf-8, "
                    "iso-8859-1 or windows-1252",
                )
                del parts["encoding"]
        delimiter = parts.get("delimiter")
        if delimiter is not None:
            parts["delimiter"] = {"tab": "\t", "\\t": "\t"}.get(delimiter, delimiter)
            if len(parts["delimiter"]) != 1:
                self.problem(node, f"{what}: delimiter must be one character, or tab")
                del parts["delimiter"]
        if parts.get("header_line") is not None:
            line = parts["header_line"]
            is_line = line.isdecimal() and 0 < int(line) <= MAX_HEADER_LINE
            if not is_line:
                self.problem(node, f"{what}: header_line must be 1 to {MAX_HEADER_LINE}")
            parts["header_line"] = int(line) if is_line else None
        if parts.get("timezone") and parts["timezone"] not in zoneinfo.available_timezones():
            self.problem(node, f"{what}: timezone must be one such as Europe/Berlin")
            del parts["timezone"]
        if parts.get("end_date_is") not in (None, "exclusive", "inclusive"):
            self.problem(node, f"{what}: end_date_is must be exclusive or inclusive")

    def text(self, node: yaml.Node, what: str, strip: bool = True) -> str | None:
        if not isinstance(node, yaml.ScalarNode):
            self.problem(node, f"{what} must be a text")
            return None
        if self.configuration.is_null(node):
            return None
        return node.value.strip() if strip else node.value

    def texts(self, node: yaml.Node, what: str) -> tuple[str, ...]:
        items = node.value if isinstance(node, yaml.SequenceNode) else [node]
        found = [self.text(item, what) for item in items]
        return tuple(text for text in found if text is not None)

    def formats(self, node: yaml.Node, what: str) -> tuple[str, ...]:
        """Those that are formats; of the others it is told what is wrong."""
        formats = []
        for text in self.texts(node, what):
            if "%" not in text and text not in NUMBER_FORMATS:
                self.problem(
                    node,
                    f"{what}: {text!r} is no format; use {', '.join(NUMBER_FORMATS)}, or one of "
                    'dates as strptime has them, such as "%d/%m/%Y" or "%d %b %Y %H:%M"',
                )
                continue
            if "%" in text:
                try:
                    duckdb.execute("select try_strptime('', ?)", [text])
                except duckdb.Error as error:
                    reason = str(error).splitlines()[0].partition(": ")[2]
                    self.problem(node, f"{what}: {text!r} is no date format: {reason}")
                    continue
            formats.append(text)
        return tuple(formats)

    def choices(self, node: yaml.Node, what: str) -> Iterator[Choice]:
        if self.configuration.is_null(node):
            return
        for item in node.value if isinstance(node, yaml.SequenceNode) else [node]:
            place = self.configuration.place(item)
            if isinstance(item, yaml.MappingNode):
                for name, name_node, options in self.configuration.items(item, what):
                    when: tuple[Condition, ...] = ()
                    for key, option_node, value in self.configuration.items(options, what):
                        if key == "when":
                            when = tuple(self.conditions(value, f"{what}: when"))
                        else:
                            self.problem(option_node, f"unknown key {key!r} of {what}; use when")
                    if not when:
                        self.problem(name_node, f"{what}: {name!r} has no condition `when`")
                    yield Choice(name, bool(_PLACEHOLDER.search(name)), when, place)
            else:
                text = self.text(item, what)
                if text:
                    yield Choice(text, bool(_PLACEHOLDER.search(text)), (), place)

    def conditions(self, node: yaml.Node, what: str) -> Iterator[Condition]:
        for name, name_node, value in self.configuration.items(node, what):
            place = self.configuration.place(name_node)
            if self.configuration.is_null(value):
                yield Condition(name, EMPTY, place=place)
                continue
            items = value.value if isinstance(value, yaml.SequenceNode) else [value]
            values = tuple(self.text(item, what) or "" for item in items)
            if not values:
                self.problem(name_node, f"{what}: {name} has no value to compare with")
            elif values in ((FILLED,), (EMPTY,)):
                yield Condition(name, values[0], place=place)
            else:
                yield Condition(name, "in", values, place)

    def translations(self, node: yaml.Node, what: str) -> Iterator[tuple[str, str | None]]:
        for theirs, _, value in self.configuration.items(node, what):
            yield theirs, self.text(value, what) or None
