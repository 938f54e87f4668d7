"""The connectors there are: a folder of `models/staging` with a `sources.yml` each."""

from __future__ import annotations

import re
from pathlib import Path

_STAGING = Path(__file__).resolve().parent.parent / "models" / "staging"

# For whatever no CRM holds; it has one source, and takes a mapping for any file.
FLAT = "flat"
CONNECTORS = tuple(
    sorted({path.parent.name for path in _STAGING.glob("*/*sources.yml")}, reverse=True)
)
CRMS = tuple(name for name in CONNECTORS if name != FLAT)
# A connector, or one of its orgs: salesforce, salesforce-emea.
SOURCE_PATTERN = rf"({'|'.join(map(re.escape, CONNECTORS))})(-[a-z0-9_-]+)?"


def connector_of(source: str) -> str:
    """The connector of a source: `salesforce-emea` is read by `salesforce`."""
    return source.partition("-")[0]
