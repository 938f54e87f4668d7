"""JSON lines as CRM APIs return records: what becomes a column."""

from __future__ import annotations

import json

from orchestration import json_lines


def read(tmp_path, *records):
    path = tmp_path / "deals.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return [record.values for record in json_lines.records(path)]


def test_properties_are_columns_beside_what_the_api_says_of_the_record(tmp_path):
    [values] = read(
        tmp_path,
        {
            "id": "7",
            "properties": {"dealname": "Pumps", "amount": "10.50", "closedate": None},
            "createdAt": "2026-01-02T00:00:00Z",
            "archived": False,
        },
    )
    assert values == {
        "hs_object_id": "7",
        "createdAt": "2026-01-02T00:00:00Z",
        "archived": False,
        "dealname": "Pumps",
        "amount": "10.50",
        "closedate": None,
    }


def test_the_property_of_a_name_speaks_before_what_stands_beside_it(tmp_path):
    [values] = read(
        tmp_path,
        {"id": "7", "properties": {"HS_object_id": "8", "Archived": "true"}, "archived": False},
    )
    assert values == {"HS_object_id": "8", "Archived": "true"}


def test_a_record_without_properties_keeps_its_id(tmp_path):
    owner = {"id": "1", "teams": [{"id": "4", "primary": True}]}
    texts = {"id": "2", "properties": "a text"}
    assert read(tmp_path, owner, texts) == [owner, texts]


def test_columns_are_found_over_all_records(tmp_path):
    path = tmp_path / "deals.jsonl"
    path.write_text(
        '{"id": "1", "properties": {"amount": "5"}}\n'
        '{"id": "2", "properties": {"Amount": "6", "pipeline": "default"}, "archived": true}\n'
    )
    names, count = json_lines.column_names(json_lines.records(path))
    assert (names, count) == (["hs_object_id", "amount", "archived", "pipeline"], 2)
    json_lines.write_csv(path, tmp_path / "deals.csv", names)
    assert (tmp_path / "deals.csv").read_text() == '"1","5","",""\n"2","6","true","default"\n'
