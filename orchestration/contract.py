"""The extract contract: which objects and columns the staging models read.

It is the dbt sources file of each staging folder (`models/staging/<connector>/*sources.yml`), so
that the contract, its documentation and dbt's lineage cannot drift apart. What dbt has no word
for stands under `config: meta:`: of a table `object`, `entity`, `key`, `grows_only`,
`history_columns`, of a column
`required` and `private`.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from orchestration.errors import RefreshError

DATA_TYPES = (
    *("id", "text", "instant", "instant_ms", "date", "month", "boolean", "decimal", "integer"),
)


@dataclass(frozen=True)
class Column:
    """A column of an extract: its name in the file and the type its texts must cast to."""

    name: str
    data_type: str = "text"
    required: bool = False
    private: bool = False
    description: str = ""


def is_end_date(column: Column) -> bool:
    """Whether it is the end of a term: `end_date`, `EndDate`."""
    return column.name.lower().replace("_", "") == "enddate"


@dataclass(frozen=True)
class Table:
    """An object of a connector: one file per delivery, one view `extracts.<identifier>`.

    `key` names the columns that tell its records apart; where it `grows_only`, records that a
    later full delivery lacks stay; of `history_columns` also earlier versions of a record are
    read. The staging models see to all three; landing keeps what they read.
    """

    connector: str
    name: str
    identifier: str
    object: str
    entity: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    grows_only: bool = False
    history_columns: tuple[str, ...] = ()
    description: str = ""
    # Of a file that a mapping reads; such a table has no entity, and lands as it is.
    encoding: str | None = None
    delimiter: str | None = None
    header_line: int = 1

    @cached_property
    def columns_by_name(self) -> dict[str, Column]:
        """Columns by their name in lower case: files may write it any way."""
        return {column.name.lower(): column for column in self.columns}

    @cached_property
    def required(self) -> tuple[Column, ...]:
        """Columns that the header must have and that no row may leave empty."""
        return tuple(column for column in self.columns if column.required)

    def fingerprint(self) -> str:
        """Changes whenever a file of this object could land differently."""
        if not self.entity:
            reading = [self.encoding, self.delimiter, self.header_line]
            return _hash([self.connector, self.object, *reading])
        columns = [
            (column.name, column.data_type, column.required, column.private)
            for column in self.columns
        ]
        return _hash([self.connector, self.object, self.entity, self.identifier, columns])


@dataclass(frozen=True)
class Contract:
    """All objects of all connectors."""

    tables: tuple[Table, ...]
    _by_object: dict[tuple[str, str], Table] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_object = {(table.connector, table.object.lower()): table for table in self.tables}
        object.__setattr__(self, "_by_object", by_object)

    @property
    def connectors(self) -> tuple[str, ...]:
        """Names of the staging folders, such as `flat` and `salesforce`."""
        return tuple(sorted({table.connector for table in self.tables}))

    def of_connector(self, connector: str) -> tuple[Table, ...]:
        """The tables of one connector, in the order of its file."""
        return tuple(table for table in self.tables if table.connector == connector)

    def find(self, connector: str, object_name: str) -> Table | None:
        """The table of an object, whatever the case of its name; None if nothing reads it."""
        return self._by_object.get((connector, object_name.lower()))

    def fingerprint(self) -> str:
        """Changes whenever any object's does."""
        return _hash([table.fingerprint() for table in self.tables])


def load_contract(project_dir: Path) -> Contract:
    """Reads every `models/staging/<connector>/*sources.yml`.

    Raises:
        RefreshError: there is none, or one is not as the module's docstring says.
    """
    paths = sorted(project_dir.glob("models/staging/*/*sources.yml"))
    if not paths:
        raise RefreshError(
            f"{project_dir / 'models' / 'staging'}: no sources.yml found; "
            "the project folder is incomplete, fetch it again"
        )
    tables: list[Table] = []
    for path in paths:
        tables.extend(_read(path))
    return Contract(tuple(tables))


def _read(path: Path) -> list[Table]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        document = yaml.load(path.read_text(encoding="utf-8"), Loader=loader) or {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise RefreshError(f"{path}: cannot be read: {' '.join(str(error).split())}") from None
    tables = []
    try:
        for source in document.get("sources") or []:
            # Other sources (landing's own tables in raw) are no extracts.
            if source.get("schema", source["name"]) == "extracts":
                tables.extend(_table(source["name"], table) for table in source["tables"])
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise RefreshError(f"{path}: not a valid extract contract: {error!r}") from None
    return tables


def _table(connector: str, entry: dict[str, Any]) -> Table:
    meta = _meta(entry)
    columns = tuple(_column(column) for column in entry["columns"])
    names = [column.name.lower() for column in columns]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise ValueError(f"{entry['name']}: columns given twice: {', '.join(repeated)}")
    return Table(
        connector=connector,
        name=entry["name"],
        identifier=entry.get("identifier", f"{connector}__{entry['name']}"),
        object=meta["object"],
        entity=meta["entity"],
        columns=columns,
        key=tuple(meta.get("key") or ()),
        grows_only=bool(meta.get("grows_only", False)),
        history_columns=tuple(meta.get("history_columns") or ()),
        description=entry.get("description", ""),
    )


def _column(entry: dict[str, Any]) -> Column:
    meta = _meta(entry)
    data_type = entry.get("data_type", "text")
    if data_type not in DATA_TYPES:
        raise ValueError(f"{entry['name']}: data_type {data_type!r} is none of {DATA_TYPES}")
    return Column(
        name=entry["name"],
        data_type=data_type,
        required=bool(meta.get("required", False)),
        private=bool(meta.get("private", False)),
        description=entry.get("description", ""),
    )


def _meta(entry: dict[str, Any]) -> dict[str, Any]:
    return (entry.get("config") or {}).get("meta") or entry.get("meta") or {}


def _hash(content: Any) -> str:
    return hashlib.blake2b(json.dumps(content).encode(), digest_size=16).hexdigest()
