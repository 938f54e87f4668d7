"""Settings: where things are (environment) and what the business decided (configuration file).

The only module that reads the environment. Everything that a user can set is listed in
`SETTINGS`, from which `docs/settings.md` is made.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import math
import os
import re
import zoneinfo
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from orchestration.channels import Channels, read_channels
from orchestration.connectors import CONNECTORS
from orchestration.errors import UsageError
from orchestration.mappings import SOURCE, read_mappings
from orchestration.mappings import Mapping as FileMapping

PROJECT_DIR = Path(__file__).resolve().parent.parent

DAGSTER_PORT = 3000
PUBLISHED_FILE = "sales_kpis.duckdb"
ACTIVITY_TYPES = ("call", "email", "meeting", "demo", "onboarding", "task", "social", "note")
LAST_DATE = dt.date(2100, 12, 31)
_MEMORY_LIMIT = re.compile(r"[1-9]\d*(\.\d+)? ?[KMGT]i?B", re.IGNORECASE)


@dataclass(frozen=True)
class Setting:
    """One key of `settings`: its type, default, range and meaning."""

    name: str
    data_type: str
    default: Any
    description: str
    minimum: float | dt.date | None = None
    maximum: float | dt.date | None = None
    # Otherwise it only decides when people are told: to change it builds nothing anew.
    is_for_figures: bool = True

    @property
    def sql_type(self) -> str:
        """DuckDB type of its column in `raw.settings`."""
        return {
            "text": "varchar",
            "currency": "varchar",
            "time zone": "varchar",
            "date": "date",
            "integer": "integer",
            "number": "double",
            "boolean": "boolean",
        }[self.data_type]


SETTINGS = (
    Setting(
        "company_name",
        "text",
        None,
        "Name shown on the published file and the dashboards (default: My company, or Demo "
        "company).",
    ),
    Setting(
        "as_of_date",
        "date",
        None,
        "The day the figures are as of. Default: the date of the newest CRM delivery (of any, "
        "where there is no CRM). That day may not be over, so a period is complete from the day "
        "after its last one.",
        minimum=dt.date(1900, 1, 1),
        maximum=LAST_DATE,
    ),
    Setting(
        "reporting_currency",
        "currency",
        "USD",
        "Currency of every amount in the marts (three capital letters, ISO 4217).",
    ),
    Setting(
        "business_timezone",
        "time zone",
        "UTC",
        "Time zone in which an instant becomes a day (IANA name, such as America/Chicago).",
    ),
    Setting(
        "fiscal_year_start_month",
        "integer",
        1,
        "Month in which the fiscal year starts. A fiscal year is named for the calendar year in "
        "which it ends: from 4 (April), FY2026 is April 2025 to March 2026, and FY2026 Q1 April "
        "to June 2025.",
        minimum=1,
        maximum=12,
    ),
    Setting(
        "customer_active_months",
        "integer",
        12,
        "Where there are neither subscriptions nor contracts: months for which a purchase makes "
        "an account a customer.",
        minimum=1,
        maximum=1200,
    ),
    Setting(
        "lead_response_sla_hours",
        "number",
        24.0,
        "Hours within which a lead should be answered.",
        minimum=0,
        maximum=8760,
    ),
    Setting(
        "add_campaign_costs",
        "boolean",
        False,
        "Whether campaigns' actual cost is added to the `costs` extract (false: it holds them).",
    ),
    Setting(
        "earliest_date",
        "date",
        dt.date(1990, 1, 1),
        "A date before this day (or after 2100) is taken for a mistake: it does not cast.",
        minimum=dt.date(1900, 1, 1),
        maximum=LAST_DATE,
    ),
    Setting(
        "max_reject_share",
        "number",
        0.05,
        "Share of a file's rows that may be rejected; above it the whole file is refused.",
        minimum=0,
        maximum=1,
    ),
    Setting(
        "raw_deliveries_kept",
        "integer",
        5,
        "The newest deliveries of an object of which the private warehouse keeps every row. Of "
        "earlier ones it keeps what no later delivery replaces; their counts stay.",
        minimum=1,
        maximum=100000,
    ),
    Setting(
        "source_fresh_days",
        "integer",
        8,
        "Days after which a CRM's newest delivery is told to be stale (8: a weekly export that "
        "is a day late).",
        minimum=1,
        maximum=3660,
        is_for_figures=False,
    ),
    Setting(
        "flat_fresh_days",
        "integer",
        40,
        "The same of the flat files, which people keep (40: monthly, some days late).",
        minimum=1,
        maximum=3660,
        is_for_figures=False,
    ),
    Setting(
        "published_fresh_days",
        "integer",
        8,
        "Days after which the published file is told to be stale.",
        minimum=1,
        maximum=3660,
        is_for_figures=False,
    ),
    Setting(
        "max_fact_rows_drop",
        "number",
        0.1,
        "Share of a fact's rows that may be gone since the last published version; above it the "
        "refresh publishes nothing ([audit.md](audit.md)). 1: any may.",
        minimum=0,
        maximum=1,
        is_for_figures=False,
    ),
    Setting(
        "max_scorecard_change",
        "number",
        0.5,
        "Share by which a metric of the scorecard may have changed, for the company in the last "
        "complete period, since the last published version; above it the refresh publishes "
        "nothing ([audit.md](audit.md)).",
        minimum=0,
        maximum=1000000,
        is_for_figures=False,
    ),
    Setting(
        "stale_after_days",
        "integer",
        45,
        "Days by which the newest delivery of a source may be older than the as-of date; when it "
        "first is by more, the refresh publishes nothing ([audit.md](audit.md)).",
        minimum=1,
        maximum=36500,
        is_for_figures=False,
    ),
    Setting(
        "keep_versions",
        "integer",
        5,
        "How many published versions are kept, the newest included; a rollback needs two.",
        minimum=1,
        maximum=1000,
        is_for_figures=False,
    ),
)
SETTINGS_BY_NAME = {setting.name: setting for setting in SETTINGS}


@dataclass(frozen=True)
class MapField:
    """One field of a map's entries: its key in the YAML, its column and type in raw."""

    name: str
    column: str
    data_type: str
    minimum: float | None = None
    maximum: float | None = None


@dataclass(frozen=True)
class ConfigMap:
    """A map of the configuration file: a table `raw.config_<name>`, one row per entry."""

    name: str
    key_column: str
    fields: tuple[MapField, ...]
    description: str
    # How an entry is written: {field: value, ...}, one value, or a list of values (a row each).
    form: str = "fields"
    choices: tuple[str, ...] = ()

    @property
    def columns(self) -> list[tuple[str, str]]:
        """Column names and DuckDB types of its table."""
        sql_types = {"number": "double", "boolean": "boolean", "text": "varchar"}
        return [
            (self.key_column, "varchar"),
            *((item.column, sql_types[item.data_type]) for item in self.fields),
        ]


MAPS = (
    ConfigMap(
        "stages",
        "stage",
        (
            MapField("order", "stage_order", "number"),
            MapField("probability", "probability", "number", minimum=0, maximum=1),
            MapField("won", "is_won", "boolean"),
            MapField("lost", "is_lost", "boolean"),
        ),
        "Stages: their order (tells forward from back), probability (a share), won or lost.",
    ),
    ConfigMap(
        "lead_statuses",
        "status",
        (
            MapField("qualified", "is_qualified", "boolean"),
            MapField("closed", "is_closed", "boolean"),
        ),
        "Lead statuses that mean qualified, or closed.",
    ),
    ConfigMap(
        "lead_sources",
        "lead_source",
        (MapField("customer_referral", "is_customer_referral", "boolean"),),
        "Lead sources that mean a customer's referral.",
    ),
    ConfigMap(
        "regions",
        "country",
        (MapField("region", "region", "text"),),
        "Country of an account: customer region.",
        form="value",
    ),
    ConfigMap(
        "quote_statuses",
        "status",
        (MapField("issued", "is_issued", "boolean"),),
        "Quote statuses that count as issued, or not.",
    ),
    ConfigMap(
        "activity_types",
        "their_type",
        (MapField("activity_type", "activity_type", "text"),),
        "Activity types, theirs: ours (" + ", ".join(ACTIVITY_TYPES) + ").",
        form="value",
        choices=ACTIVITY_TYPES,
    ),
    ConfigMap(
        "selling_activities",
        "role",
        (MapField("activity", "activity", "text"),),
        "By role (`default` for the rest): the activities of the time log that are selling.",
        form="list",
    ),
)
MAPS_BY_NAME = {config_map.name: config_map for config_map in MAPS}
# Objects, as sources name them, whose custom fields reach the facts: their entity.
CUSTOM_FIELDS_OF = {
    "account": "accounts",
    "accounts": "accounts",
    "companies": "accounts",
    "lead": "leads",
    "leads": "leads",
    "contacts": "leads",
    "opportunity": "opportunities",
    "opportunities": "opportunities",
    "deals": "opportunities",
}
EXCLUSION_TESTS = ("equals", "in", "like")


@dataclass(frozen=True)
class Exclusion:
    """Records that are no business: where `column` of `object` passes the test.

    `values` are compared as text, trimmed; None stands for empty. With `is_pattern` they are
    SQL patterns (`%`, `_`), compared without regard to case.
    """

    object: str
    column: str
    values: tuple[str | None, ...]
    is_pattern: bool
    reason: str
    place: str  # file and line, for messages


@dataclass(frozen=True)
class CustomField:
    """A column of the extract `object` that is passed through to the fact of its `entity`."""

    object: str
    column: str
    entity: str
    place: str = field(default="", compare=False, repr=False)


@dataclass(frozen=True)
class Settings:
    """Paths, values, maps and exclusions of one run.

    `values` holds what the configuration gives, without defaults; `maps` by name the rows of
    each `raw.config_<name>`, in the order of `ConfigMap.columns`.
    """

    project_dir: Path
    landing_dir: Path
    landing_is_default: bool
    warehouse_path: Path
    published_dir: Path
    dagster_port: int = DAGSTER_PORT
    # Of DuckDB, as it takes it: 4GB, 500MB. None: four fifths of the machine's.
    memory_limit: str | None = None
    config_path: Path | None = None
    values: dict[str, Any] = field(default_factory=dict)
    maps: dict[str, tuple[tuple[Any, ...], ...]] = field(default_factory=dict)
    exclusions: tuple[Exclusion, ...] = ()
    mappings: tuple[FileMapping, ...] = ()
    custom_fields: tuple[CustomField, ...] = ()
    # What is wrong with the configuration file, where it was not read strictly.
    problems: tuple[str, ...] = ()
    channels: Channels = field(default_factory=Channels)

    @classmethod
    def load(
        cls,
        environ: Mapping[str, str] | None = None,
        project_dir: Path = PROJECT_DIR,
        is_strict: bool = True,
    ) -> Settings:
        """Reads the environment and the configuration file that it names.

        Relative paths of the environment start at the current folder, defaults at the project's.
        Unless `is_strict`, wrong keys and values are left out and stand in `problems`.

        Raises:
            UsageError: the file is missing, no YAML, or holds an unknown key or a wrong value;
                all of them are named, each with its line; or the port or the memory limit is
                none.
        """
        environ = os.environ if environ is None else environ

        def path(variable: str, default: str) -> Path:
            given = environ.get(variable, "").strip()
            return Path(given).expanduser().absolute() if given else project_dir / default

        port = environ.get("SALES_KPIS_DAGSTER_PORT", "").strip()
        if port and port_number(port) is None:
            raise UsageError(
                f"SALES_KPIS_DAGSTER_PORT is {port!r}, but must be a number from 1 to 65535."
            )
        memory_limit = environ.get("SALES_KPIS_MEMORY_LIMIT", "").strip()
        if memory_limit and not _MEMORY_LIMIT.fullmatch(memory_limit):
            raise UsageError(
                f"SALES_KPIS_MEMORY_LIMIT is {memory_limit!r}, but must be a size such as 4GB or "
                "500MB."
            )
        config_path = None
        parts: dict[str, Any] = {}
        if environ.get("SALES_KPIS_CONFIG", "").strip():
            config_path = path("SALES_KPIS_CONFIG", "")
            parts = _Configuration(config_path).read()
            if parts["problems"] and is_strict:
                raise UsageError("\n".join(parts["problems"]))
        return cls(
            project_dir=project_dir,
            landing_dir=path("SALES_KPIS_LANDING", "landing"),
            landing_is_default=not environ.get("SALES_KPIS_LANDING", "").strip(),
            warehouse_path=path("SALES_KPIS_WAREHOUSE", "warehouse/private.duckdb"),
            published_dir=path("SALES_KPIS_PUBLISHED", "published"),
            dagster_port=port_number(port) or DAGSTER_PORT,
            memory_limit=memory_limit or None,
            config_path=config_path,
            channels=read_channels(environ),
            **parts,
        )

    @classmethod
    def load_what_can(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """As `load`, but for what is wrong: enough to tell people of it."""
        environ = os.environ if environ is None else environ
        try:
            return cls.load(environ, is_strict=False)
        except UsageError:
            wrong = ("SALES_KPIS_CONFIG", "SALES_KPIS_DAGSTER_PORT")
            return cls.load({name: environ[name] for name in environ if name not in wrong})

    @property
    def published_file(self) -> Path:
        """What readers open: a link to the published version."""
        return self.published_dir / PUBLISHED_FILE

    def value(self, name: str) -> Any:
        """The setting `name`: from the configuration, else its default."""
        return self.values.get(name, SETTINGS_BY_NAME[name].default)

    def fingerprint(self) -> str:
        """Changes whenever something changes that can change a figure."""
        exclusions = [
            (item.object, item.column, item.values, item.is_pattern, item.reason)
            for item in self.exclusions
        ]
        content = [
            str(self.landing_dir.resolve()),
            sorted(
                (name, str(value))
                for name, value in self.values.items()
                if SETTINGS_BY_NAME[name].is_for_figures
            ),
            sorted(self.maps.items()),
            exclusions,
            [repr(mapping) for mapping in self.mappings],
            sorted((item.object.lower(), item.column.lower()) for item in self.custom_fields),
        ]
        return hashlib.blake2b(
            json.dumps(content, default=str).encode(), digest_size=16
        ).hexdigest()


def port_number(text: str) -> int | None:
    """The text as a TCP port; None where it is none."""
    is_port = re.fullmatch(r"[0-9]{1,5}", text) and 0 < int(text) < 65536
    return int(text) if is_port else None


class _Configuration:
    """Reads a configuration file through PyYAML's nodes, which know their lines.

    Keys and texts are taken as they are written: YAML would read the country `NO` as false.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.problems: list[str] = []

    def read(self) -> dict[str, Any]:
        values: dict[str, Any] = {}
        maps: dict[str, tuple[tuple[Any, ...], ...]] = {}
        exclusions: tuple[Exclusion, ...] = ()
        mappings: list[FileMapping] = []
        custom_fields: tuple[CustomField, ...] = ()
        known = ("settings", *MAPS_BY_NAME, "exclusions", *CONNECTORS, "custom_fields")
        try:
            document = self.document()
        except UsageError as error:
            return {"problems": (str(error),)}
        for key, key_node, node in self.items(document, "the file"):
            if key == "settings":
                values = self.settings(node)
            elif key in MAPS_BY_NAME:
                maps[key] = self.map_rows(MAPS_BY_NAME[key], node)
            elif key == "exclusions":
                exclusions = self.exclusions(node)
            elif SOURCE.fullmatch(key):
                mappings += read_mappings(self, key, node)
            elif key == "custom_fields":
                custom_fields = tuple(self.custom_fields(node))
            elif key in SETTINGS_BY_NAME:
                self.problem(key_node, f"{key} belongs under `settings:`; write it there, indented")
            else:
                self.problem(key_node, f"unknown key {key!r}; known are {', '.join(known)}")
        return {
            "values": values,
            "maps": maps,
            "exclusions": exclusions,
            "mappings": tuple(mappings),
            "custom_fields": custom_fields,
            "problems": tuple(self.problems),
        }

    def document(self) -> yaml.Node | None:
        try:
            text = self.path.read_text(encoding="utf-8-sig")
            return yaml.compose(text, Loader=yaml.SafeLoader)
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
            raise UsageError(
                f"{self.path}: the configuration file cannot be read: {reason}. "
                "SALES_KPIS_CONFIG must name a YAML file, or be unset."
            ) from None
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            place = f"{self.path}, line {mark.line + 1}" if mark else str(self.path)
            raise UsageError(
                f"{place}: this is no valid YAML: {error.problem or error.context}. "
                "Check indentation, colons and quotes there."
            ) from None
        except yaml.YAMLError as error:
            reason = " ".join(str(error).split())
            raise UsageError(f"{self.path}: this is no valid YAML: {reason}") from None

    def place(self, node: yaml.Node) -> str:
        return f"{self.path}, line {node.start_mark.line + 1}"

    def problem(self, node: yaml.Node, text: str) -> None:
        self.problems.append(f"{self.place(node)}: {text}")

    def items(self, node: yaml.Node | None, what: str):
        """Keys (as written), their nodes and the nodes of their values; says what is no mapping."""
        if node is None or self.is_null(node):
            return
        if not isinstance(node, yaml.MappingNode):
            self.problem(node, f"{what} must be a list of `key: value` lines")
            return
        seen: set[str] = set()
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self.problem(key_node, f"a key of {what} must be a plain text")
                continue
            key = key_node.value.strip()
            if key in seen:
                self.problem(key_node, f"{key!r} stands twice in {what}; keep one")
                continue
            seen.add(key)
            yield key, key_node, value_node

    @staticmethod
    def is_null(node: yaml.Node) -> bool:
        return isinstance(node, yaml.ScalarNode) and node.tag.endswith(":null")

    def settings(self, node: yaml.Node) -> dict[str, Any]:
        values = {}
        for key, key_node, value_node in self.items(node, "settings"):
            setting = SETTINGS_BY_NAME.get(key)
            if setting is None:
                self.problem(
                    key_node,
                    f"unknown setting {key!r}; known are {', '.join(SETTINGS_BY_NAME)}",
                )
            elif not self.is_null(value_node):
                value = self.scalar(
                    value_node, key, setting.data_type, setting.minimum, setting.maximum
                )
                if value is not None:
                    values[key] = value
        return values

    def scalar(self, node: yaml.Node, name: str, data_type: str, minimum=None, maximum=None) -> Any:
        """The value of a node as `data_type`; None, and a problem noted, where it is none."""
        expected = {
            "text": "a text",
            "currency": "three capital letters such as USD",
            "time zone": "a time zone such as Europe/Berlin",
            "date": "a date written YYYY-MM-DD",
            "integer": "a whole number",
            "number": "a number",
            "boolean": "true or false",
        }[data_type]
        if not isinstance(node, yaml.ScalarNode):
            self.problem(node, f"{name} must be {expected}")
            return None
        text = node.value.strip()
        value = _convert(text, data_type)
        if value is None:
            self.problem(node, f"{name} is {text!r}, but must be {expected}")
        elif (minimum is not None and value < minimum) or (maximum is not None and value > maximum):
            self.problem(node, f"{name} is {text}, but must be from {minimum} to {maximum}")
            value = None
        return value

    def map_rows(self, config_map: ConfigMap, node: yaml.Node) -> tuple[tuple[Any, ...], ...]:
        rows: list[tuple[Any, ...]] = []
        for key, key_node, value_node in self.items(node, config_map.name):
            if config_map.form == "fields":
                rows.append((key, *self.fields(config_map, key, value_node)))
                continue
            is_list = config_map.form == "list" and isinstance(value_node, yaml.SequenceNode)
            for item in value_node.value if is_list else [value_node]:
                if self.is_null(item):
                    self.problem(key_node, f"{config_map.name}: {key!r} has no value")
                    continue
                text = self.scalar(item, f"{config_map.name}: {key!r}", "text")
                if text is None:
                    continue
                if config_map.choices and text not in config_map.choices:
                    choices = ", ".join(config_map.choices)
                    self.problem(item, f"{key!r} is translated to {text!r}; use one of {choices}")
                rows.append((key, text))
        return tuple(rows)

    def fields(self, config_map: ConfigMap, key: str, node: yaml.Node) -> list[Any]:
        by_name = {item.name: item for item in config_map.fields}
        values = dict.fromkeys(by_name)
        for name, name_node, value_node in self.items(node, f"{config_map.name}: {key!r}"):
            item = by_name.get(name)
            if item is None:
                self.problem(
                    name_node,
                    f"unknown key {name!r} of {config_map.name}: {key!r}; "
                    f"known are {', '.join(by_name)}",
                )
            elif not self.is_null(value_node):
                values[name] = self.scalar(
                    value_node, f"{key!r} {name}", item.data_type, item.minimum, item.maximum
                )
        if values.get("won") and values.get("lost"):
            self.problem(node, f"stage {key!r} cannot be both won and lost")
        return list(values.values())

    def custom_fields(self, node: yaml.Node) -> Iterator[CustomField]:
        for name, key_node, value in self.items(node, "custom_fields"):
            for item in value.value if isinstance(value, yaml.SequenceNode) else [value]:
                column = self.scalar(item, f"custom_fields: {name}", "text")
                entity = CUSTOM_FIELDS_OF.get(name.lower())
                if entity is None:
                    self.problem(
                        key_node,
                        f"custom_fields: {name!r} has none that are passed on; use "
                        "Account, Lead or Opportunity (accounts, leads, opportunities)",
                    )
                elif column is not None:
                    yield CustomField(name, column, entity, self.place(item))

    def exclusions(self, node: yaml.Node) -> tuple[Exclusion, ...]:
        if self.is_null(node):
            return ()
        if not isinstance(node, yaml.SequenceNode):
            self.problem(node, "exclusions must be a list of `- {object, column, equals, reason}`")
            return ()
        exclusions = [self.exclusion(item) for item in node.value]
        return tuple(item for item in exclusions if item is not None)

    def exclusion(self, node: yaml.Node) -> Exclusion | None:
        known = ("object", "column", *EXCLUSION_TESTS, "reason")
        problems_before = len(self.problems)
        texts: dict[str, str] = {}
        tests: dict[str, tuple[str | None, ...]] = {}
        if not isinstance(node, yaml.MappingNode):
            self.problem(node, "an exclusion must be `{object, column, equals, reason}`")
        for key, key_node, value_node in self.items(node, "an exclusion"):
            if key in EXCLUSION_TESTS:
                tests[key] = self.compared(value_node, key)
            elif key in known:
                texts[key] = self.scalar(value_node, f"{key} of an exclusion", "text") or ""
            else:
                self.problem(
                    key_node, f"unknown key {key!r} of an exclusion; known are {', '.join(known)}"
                )
        if len(self.problems) == problems_before:
            missing = [key for key in ("object", "column", "reason") if not texts.get(key)]
            if missing:
                self.problem(node, f"an exclusion lacks {', '.join(missing)}")
            if len(tests) != 1:
                self.problem(node, f"an exclusion needs one of {', '.join(EXCLUSION_TESTS)}")
        if len(self.problems) > problems_before:
            return None
        [(test, values)] = tests.items()
        return Exclusion(
            texts["object"],
            texts["column"],
            values,
            test == "like",
            texts["reason"],
            self.place(node),
        )

    def compared(self, node: yaml.Node, test: str) -> tuple[str | None, ...]:
        values: list[str | None] = []
        for item in node.value if isinstance(node, yaml.SequenceNode) else [node]:
            if not isinstance(item, yaml.ScalarNode):
                self.problem(item, f"{test} of an exclusion must be a value or a list of values")
            elif self.is_null(item) or not item.value.strip():
                values.append(None)
            elif item.tag.endswith(":bool"):
                # Extracts write booleans both ways.
                values.extend(("true", "1") if _convert(item.value, "boolean") else ("false", "0"))
            else:
                values.append(item.value.strip())
        return tuple(values)


def _convert(text: str, data_type: str) -> Any:
    """`text` as a value of `data_type`, or None where it is none."""
    try:
        if data_type == "date":
            is_date = re.fullmatch(r"\d{4}-\d{2}-\d{2}", text)
            return dt.date.fromisoformat(text) if is_date else None
        if data_type == "integer":
            return int(text) if re.fullmatch(r"[+-]?\d{1,9}", text) else None
        if data_type == "number":
            value = float(text)
            return value if math.isfinite(value) and "_" not in text else None
    except ValueError:
        return None
    if data_type == "boolean":
        return {"true": True, "yes": True, "false": False, "no": False}.get(text.lower())
    if data_type == "currency":
        return text if re.fullmatch(r"[A-Z]{3}", text) else None
    if data_type == "time zone":
        return text if _is_time_zone(text) else None
    return text or None


def _is_time_zone(name: str) -> bool:
    try:
        zoneinfo.ZoneInfo(name)
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
        return False
    return True
