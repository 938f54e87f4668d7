"""Reads the dbt project's own files: models, their YAML and the KPI catalogue.

For the generated pages and for tests of the catalogue, which need neither dbt nor a warehouse.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import jinja2
import yaml

from orchestration.publishing import SCHEMAS
from orchestration.settings import PROJECT_DIR

# What dbt's cross-database macros make, for DuckDB.
_DBT = {
    "datediff": lambda first, second, part: f"date_diff('{part}', {first}, {second})",
    "dateadd": lambda part, interval, date: f"({date} + interval ({interval}) {part})",
}
# The same as SafeLoader, but ten times as fast where PyYAML comes with it.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Column:
    """A column as the YAML describes it; `data_type` is empty where there is no contract."""

    name: str
    description: str
    data_type: str = ""


@dataclass(frozen=True)
class Model:
    """A model or seed: the table `<schema>.<name>`.

    `path` is its file within the project, `key` the columns that its YAML says are unique.
    """

    name: str
    schema: str
    path: Path
    description: str = ""
    columns: tuple[Column, ...] = ()
    key: tuple[str, ...] = ()

    @property
    def sql_name(self) -> str:
        """Name of the published table."""
        return f"{self.schema}.{self.name}"

    @property
    def is_published(self) -> bool:
        """Whether the published file holds it; steps between (`int_`) stay private."""
        return self.schema in SCHEMAS

    @cached_property
    def column_names(self) -> frozenset[str]:
        """Names of the columns that the YAML describes."""
        return frozenset(column.name for column in self.columns)


@dataclass(frozen=True)
class Project:
    """The models and seeds of a project by name, and the rows of its KPI catalogue."""

    folder: Path
    models: dict[str, Model]
    catalogue: tuple[dict[str, str], ...]

    @classmethod
    def read(cls, folder: Path = PROJECT_DIR) -> Project:
        """Reads the project in `folder`; staging models, which have no pages, are left out."""
        config = yaml.safe_load((folder / "dbt_project.yml").read_text(encoding="utf-8"))
        schemas = {kind: config[kind][config["name"]] for kind in ("models", "seeds")}
        described = dict(_described(folder))
        models = {}
        for path in sorted(
            [*folder.glob("models/**/*.sql"), *folder.glob("seeds/*.csv")],
            key=lambda path: path.stem,
        ):
            file = path.relative_to(folder)
            if file.parts[1] != "staging":
                models[path.stem] = Model(
                    name=path.stem,
                    schema=_schema(file, schemas[file.parts[0]]),
                    path=file,
                    **described.get(path.stem, {}),
                )
        with (folder / "seeds" / "kpi_catalog.csv").open(encoding="utf-8", newline="") as rows:
            return cls(folder, models, tuple(csv.DictReader(rows)))

    def sql(self, model: str) -> str:
        """SQL of a model on the published tables, without comments of Jinja."""
        return self._template(model).render(self._names).strip()

    def variable(self, model: str, name: str) -> Any:
        """What a model's file sets as the Jinja variable `name`."""
        return getattr(self._template(model).make_module(self._names), name)

    def references(self, model: str) -> list[str]:
        """Names of the models that a model refers to, in the order of its file."""
        found: list[str] = []

        def ref(name: str) -> str:
            found.append(name)
            return name

        self._template(model).render({**self._names, "ref": ref})
        return list(dict.fromkeys(found))

    @property
    def _names(self) -> dict[str, Any]:
        return {"ref": lambda name: self.models[name].sql_name, "dbt": _DBT}

    def _template(self, model: str) -> jinja2.Template:
        text = (self.folder / self.models[model].path).read_text(encoding="utf-8")
        return jinja2.Environment(undefined=jinja2.StrictUndefined).from_string(text)


def yaml_files(folder: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """All YAML files of models and seeds: path within the project, content."""
    for path in sorted([*folder.glob("models/**/*.yml"), *folder.glob("seeds/*.yml")]):
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)
        yield path.relative_to(folder), content or {}


def _described(folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Entries of models and seeds by name, their doc blocks filled in."""
    blocks = {
        name: text
        for path in folder.glob("models/**/*.md")
        for name, text in re.findall(
            r"{% docs (\w+) %}(.*?){% enddocs %}", path.read_text(encoding="utf-8"), re.DOTALL
        )
    }

    def filled(text: str | None) -> str:
        text = re.sub(r"""{{\s*doc\(['"](\w+)['"]\)\s*}}""", lambda doc: blocks[doc[1]], text or "")
        return " ".join(text.split())

    for _, content in yaml_files(folder):
        for entry in [*(content.get("models") or []), *(content.get("seeds") or [])]:
            columns = tuple(
                Column(
                    column["name"], filled(column.get("description")), column.get("data_type", "")
                )
                for column in entry.get("columns") or []
            )
            description = filled(entry.get("description"))
            yield (
                entry["name"],
                {"description": description, "columns": columns, "key": _key(entry)},
            )


def _key(entry: Mapping[str, Any]) -> tuple[str, ...]:
    """The columns of the test that a model's rows are unique."""
    for test in entry.get("data_tests") or []:
        if isinstance(test, dict) and "unique_key" in test:
            arguments = test["unique_key"]["arguments"]
            return (*arguments["columns"], *arguments.get("nullable", ()))
    return ()


def _schema(path: Path, config: Mapping[str, Any]) -> str:
    """The schema that dbt_project.yml gives the deepest folder or name that it mentions."""
    if path.stem.startswith("int_"):
        return "intermediate"
    schema = config.get("+schema", "")
    for part in (*path.parts[1:-1], path.stem):
        config = config.get(part) or {}
        schema = config.get("+schema", schema)
    return schema
