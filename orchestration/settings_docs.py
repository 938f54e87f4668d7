"""Writes `docs/settings.md` from the settings: `python -m orchestration.settings_docs`."""

from __future__ import annotations

import datetime as dt
from typing import Any

from orchestration.settings import EXCLUSION_TESTS, MAPS, PROJECT_DIR, SETTINGS, ConfigMap, Setting

PAGE = PROJECT_DIR / "docs" / "settings.md"

_HEAD = """\
# Settings

<!-- Made by `python -m orchestration.settings_docs`; change orchestration/settings.py. -->

## Where things are

Environment variables. A relative path starts at the folder that the command is called in, a
default at the project's.

| variable | default | what it names |
|---|---|---|
| `SALES_KPIS_LANDING` | `landing` | folder of the extracts; see its README |
| `SALES_KPIS_WAREHOUSE` | `warehouse/private.duckdb` | private warehouse, of one landing folder |
| `SALES_KPIS_PUBLISHED` | `published` | folder of the published file |
| `SALES_KPIS_CONFIG` | none | configuration file (YAML) |
| `SALES_KPIS_DAGSTER_PORT` | `3000` | port of Dagster's UI on 127.0.0.1 |
| `SALES_KPIS_WEBHOOK_URL` and others | none | [where notices go](monitoring.md#where-notices-go) |

## The configuration file

Everything in it is optional; what it leaves out has its default. Save it anywhere, and name it:
`SALES_KPIS_CONFIG=company.yml make refresh`.

```yaml
settings:
  company_name: Northwind Instruments
  reporting_currency: EUR
  business_timezone: Europe/Berlin
  fiscal_year_start_month: 4

stages:
  Prospecting: {order: 1, probability: 0.1}
  Signed: {won: true}

regions:
  Germany: DACH

exclusions:
  - {object: accounts, column: name, equals: Test Account, reason: test data}
```

## What the business decided

Keys under `settings:`. A key that nobody knows, or a value of another type or out of range, is an
error that names its line; the run ends with exit code 2.

| key | type | default | meaning |
|---|---|---|---|
"""

_MAPS = """
## Names

Maps from the names in the extracts, each a key of the configuration file. What they say wins over
what the source says and over the seeds.

| key | one entry | meaning |
|---|---|---|
"""

_EXCLUSIONS = f"""
## Exclusions

Records that are no business, such as test accounts. They are out of every metric, and counted
with their reason in the quality tables.

```yaml
exclusions:
  - {{object: accounts, column: name, equals: Test Account, reason: test data}}
  - {{object: Opportunity, column: StageName, in: [Duplicate, Junk], reason: no deal}}
  - {{object: leads, column: email, like: "%@example.com", reason: our own}}
```

`object` is an entity (all sources) or an object as its source names it; `column` one of the
extract's columns, known to the contract or not, underscores and case ignored. Each has one
test: {", ".join(f"`{test}`" for test in EXCLUSION_TESTS)}. Texts are compared exactly, patterns
(`%` any text, `_` any character) whatever the case; `true` also means 1, `null` an empty cell. The
first exclusion that a record matches gives its reason.

## Mappings and custom fields

`flat`, `salesforce` and `hubspot` (or one org of them, such as `salesforce-emea`) say how foreign
files become our objects, `custom_fields` which columns of theirs reach the facts: see
[mappings.md](mappings.md).
"""


def settings_page() -> str:
    """The page, in Markdown."""
    settings = "".join(_setting_row(setting) for setting in SETTINGS)
    maps = "".join(_map_row(config_map) for config_map in MAPS)
    return _HEAD + settings + _MAPS + maps + _EXCLUSIONS


def _setting_row(setting: Setting) -> str:
    data_type = setting.data_type
    if setting.minimum is not None:
        data_type += f", {_text(setting.minimum)} to {_text(setting.maximum)}"
    default = "" if setting.default is None else f"`{_text(setting.default)}`"
    return f"| `{setting.name}` | {data_type} | {default} | {setting.description} |\n"


def _map_row(config_map: ConfigMap) -> str:
    if config_map.form == "fields":
        fields = ", ".join(f"{field.name}: {field.data_type}" for field in config_map.fields)
        entry = f"{config_map.key_column}: {{{fields}}}"
    elif config_map.form == "list":
        entry = f"{config_map.key_column}: [{config_map.fields[0].name}, ...]"
    else:
        entry = f"{config_map.key_column}: {config_map.fields[0].name}"
    return f"| `{config_map.name}` | `{entry}` | {config_map.description} |\n"


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat() if isinstance(value, dt.date) else f"{value}"


if __name__ == "__main__":
    PAGE.write_text(settings_page(), encoding="utf-8")
