"""The extract contract as the dbt sources files state it."""

from __future__ import annotations

import pytest

from orchestration.contract import Column, load_contract
from orchestration.errors import RefreshError
from orchestration.settings import PROJECT_DIR

SOURCES = """\
version: 2
sources:
  - name: salesforce
    schema: extracts
    tables:
      - name: lead_history
        identifier: salesforce__lead_history
        config: {meta: {object: LeadHistory, entity: lead_history, key: [Id], grows_only: true}}
        columns:
          - {name: Id, data_type: id, config: {meta: {required: true}}}
          - {name: NewValue, data_type: text, config: {meta: {private: true}}}
          - name: CreatedDate
            data_type: instant
  - name: landing
    schema: raw
    tables:
      - name: files
"""


@pytest.fixture
def project(tmp_path):
    def write(text: str):
        path = tmp_path / "models" / "staging" / "salesforce" / "sources.yml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return tmp_path

    return write


def test_a_contract_is_read_from_dbt_sources(project):
    contract = load_contract(project(SOURCES))
    [table] = contract.tables
    assert (table.connector, table.object, table.entity) == (
        *("salesforce", "LeadHistory"),
        "lead_history",
    )
    assert table.identifier == "salesforce__lead_history"
    assert table.grows_only
    assert table.key == ("Id",)
    assert table.columns == (
        Column("Id", "id", required=True),
        Column("NewValue", "text", private=True),
        Column("CreatedDate", "instant"),
    )
    assert contract.find("salesforce", "LEADHISTORY") is table
    assert contract.find("flat", "LeadHistory") is None
    assert contract.connectors == ("salesforce",)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("object: LeadHistory, ", "", "KeyError"),
        ("data_type: instant", "data_type: timestamp", "CreatedDate: data_type 'timestamp'"),
        ("name: NewValue", "name: ID", "columns given twice: id"),
        ("sources:", "sources: [", "cannot be read"),
        ("    tables:\n      - name: lead", "    tabels:\n      - name: lead", "'tables'"),
    ],
)
def test_a_broken_contract_names_its_file(project, old, new, message):
    assert old in SOURCES
    with pytest.raises(RefreshError) as error:
        load_contract(project(SOURCES.replace(old, new)))
    assert str(error.value).startswith(str(project(SOURCES) / "models"))
    assert message in str(error.value)


def test_a_project_without_contract_is_incomplete(tmp_path):
    with pytest.raises(RefreshError, match=r"no sources\.yml"):
        load_contract(tmp_path)


def test_the_fingerprint_follows_the_contract(project):
    first = load_contract(project(SOURCES))
    assert load_contract(project(SOURCES + "# more\n")).fingerprint() == first.fingerprint()
    stricter = load_contract(project(SOURCES.replace("private", "required")))
    assert stricter.fingerprint() != first.fingerprint()
    assert stricter.tables[0].fingerprint() != first.tables[0].fingerprint()
    reworded = SOURCES.replace(
        "data_type: instant", "data_type: instant\n            description: x"
    )
    assert load_contract(project(reworded)).tables[0].columns[2].description == "x"
    assert load_contract(project(reworded)).fingerprint() == first.fingerprint()


def test_the_projects_own_contract_holds_together():
    contract = load_contract(PROJECT_DIR)
    assert {"salesforce", "flat"} <= set(contract.connectors)
    for table in contract.tables:
        names = {column.name for column in table.columns}
        assert set(table.key) <= names, table.identifier
        assert table.required, table.identifier
        assert table.identifier == f"{table.connector}__{table.name}"
    identifiers = [table.identifier for table in contract.tables]
    assert len(set(identifiers)) == len(identifiers)
