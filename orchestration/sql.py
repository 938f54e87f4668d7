"""Quoting of names and texts that come from files and configuration."""

from __future__ import annotations


def identifier(name: str) -> str:
    """The name as a quoted identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: object | None) -> str:
    """The text as a quoted literal, or null."""
    return "null" if text is None else "'" + str(text).replace("'", "''") + "'"
