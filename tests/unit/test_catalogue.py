"""The catalogue, the models, the list of kpi_values and the YAML name the same metrics.

Whoever adds a metric meets these tests: each says what is missing and where it goes.
"""

import re
from collections import Counter

import pytest

from orchestration.contract import load_contract
from orchestration.dbt_models import Project, yaml_files

THEMES = {"results", "pipeline", "leads", "customers", "activity", "people"}
SCOPES = {
    "company",
    "region",
    "team",
    "rep",
    "product",
    "product_family",
    "customer",
    "customer_region",
    "segment",
    "lead_source",
    "campaign",
    "stage",
}
WORDS = {
    "theme": THEMES,
    "timing": {"leading", "lagging"},
    "unit": {"money", "ratio", "count", "days", "minutes", "money per day"},
    "better": {"higher", "lower", "zero"},
    "when_empty": {"zero", "null"},
    "additive_over": {"scopes", "periods", "both", "none"},
    "is_headline": {"true", "false"},
}
LISTS = {"scopes": SCOPES, "periods": {"month", "quarter", "year"}}
KEY = {"scope_type", "scope_id", "period_type", "period_start"}
FIGURE = ["numerator", "denominator", "value", "sample_size"]

PROJECT = Project.read()
CATALOGUE = {row["kpi"]: row for row in PROJECT.catalogue}
MODELS = {
    name.removeprefix("kpi_"): model
    for name, model in PROJECT.models.items()
    if model.path.parts[:2] == ("models", "kpis")
}
YAML = list(yaml_files(PROJECT.folder))


def in_theme(kpi: str, file: str) -> str:
    """Where a file of a metric goes."""
    return f"models/kpis/{CATALOGUE[kpi]['theme']}/{file}"


def test_every_metric_has_one_row_in_the_catalogue():
    twice = [
        kpi for kpi, rows in Counter(row["kpi"] for row in PROJECT.catalogue).items() if rows > 1
    ]
    assert not twice, f"seeds/kpi_catalog.csv: more than one row of {', '.join(twice)}"


def test_every_model_is_in_the_catalogue():
    missing = sorted(MODELS.keys() - CATALOGUE.keys())
    assert not missing, "\n".join(
        f"add a row `{kpi}` to seeds/kpi_catalog.csv for {MODELS[kpi].path}" for kpi in missing
    )


def test_every_metric_of_the_catalogue_has_a_model():
    missing = sorted(CATALOGUE.keys() - MODELS.keys())
    assert not missing, "\n".join(
        f"add {in_theme(kpi, f'kpi_{kpi}.sql')}, or take the row `{kpi}` from seeds/kpi_catalog.csv"
        for kpi in missing
    )


@pytest.mark.parametrize("kpi", sorted(MODELS.keys() & CATALOGUE.keys()))
def test_a_model_is_in_the_folder_of_its_theme(kpi):
    path = MODELS[kpi].path.as_posix()
    expected = in_theme(kpi, f"kpi_{kpi}.sql")
    assert path == expected, f"move {path} to {expected}, or change its theme in the catalogue"


def test_models_of_metrics_are_called_kpi():
    wrong = [
        model.path.as_posix()
        for model in MODELS.values()
        if not model.name.startswith("kpi_") or not re.fullmatch(r"[a-z0-9_]+", model.name)
    ]
    assert not wrong, "models/kpis holds metrics only, each `kpi_<name>.sql`"


def test_the_union_lists_every_metric():
    union = PROJECT.variable("int_kpi_values", "kpis")
    file = PROJECT.models["int_kpi_values"].path.as_posix()
    missing = sorted(CATALOGUE.keys() - set(union))
    unknown = sorted(set(union) - CATALOGUE.keys())
    assert not missing, f"add to the list in {file}: {', '.join(missing)}"
    assert not unknown, f"take from the list in {file}: {', '.join(unknown)}"
    assert union == sorted(set(union)), f"keep the list in {file} sorted, each metric once"


@pytest.mark.parametrize("kpi", sorted(CATALOGUE))
def test_the_yaml_of_the_theme_describes_the_metric_and_its_columns(kpi):
    entries = [
        (path.as_posix(), entry)
        for path, content in YAML
        for entry in content.get("models") or []
        if entry["name"] == f"kpi_{kpi}"
    ]
    file = in_theme(kpi, f"_{CATALOGUE[kpi]['theme']}__models.yml")
    assert [path for path, _ in entries] == [file], f"describe the model kpi_{kpi} once, in {file}"
    description = " ".join(entries[0][1]["description"].split())
    sentence = CATALOGUE[kpi]["sentence"]
    assert description.startswith(sentence), (
        f"{file}: begin the description of kpi_{kpi} with the catalogue's sentence: {sentence}"
    )
    columns = {column["name"] for column in entries[0][1]["columns"]}
    assert columns == {*KEY, *FIGURE}, f"{file}: kpi_{kpi} has the columns of all metrics"


@pytest.mark.parametrize("kpi", sorted(CATALOGUE))
def test_every_metric_has_one_unit_test(kpi):
    """Of its awkward case, named as a fact."""
    tests = [
        f"{path.as_posix()}: {entry['name']}"
        for path, content in YAML
        for entry in content.get("unit_tests") or []
        if entry["model"] == f"kpi_{kpi}"
    ]
    folder = in_theme(kpi, "")
    assert tests, (
        f"add to a {folder}_*__unit_tests*.yml one unit test of the model kpi_{kpi}: its "
        "awkward case, named as a fact"
    )
    assert len(tests) == 1, f"kpi_{kpi} has several unit tests; keep the awkward case: {tests}"
    assert tests[0].startswith(folder), f"move the unit test to {folder}"


@pytest.mark.parametrize("column", sorted(WORDS))
def test_words_of_the_catalogue_are_known(column):
    wrong = {kpi: row[column] for kpi, row in CATALOGUE.items() if row[column] not in WORDS[column]}
    assert not wrong, f"seeds/kpi_catalog.csv: {column} is one of {sorted(WORDS[column])}"


@pytest.mark.parametrize("column", sorted(LISTS))
def test_scopes_and_periods_of_the_catalogue_are_known(column):
    wrong = {
        kpi: row[column]
        for kpi, row in CATALOGUE.items()
        if not row[column]
        or row[column] != " ".join(dict.fromkeys(row[column].split()))
        or not set(row[column].split()) <= LISTS[column]
    }
    assert not wrong, (
        f"seeds/kpi_catalog.csv: {column} are some of {sorted(LISTS[column])}, each once, "
        "separated by one space"
    )


def test_what_a_metric_requires_can_be_delivered():
    known = {table.entity for table in load_contract(PROJECT.folder).tables}
    wrong = {
        kpi: row["requires"]
        for kpi, row in CATALOGUE.items()
        if not row["requires"] or not set(re.split(r"[ |]", row["requires"])) <= known
    }
    assert not wrong, (
        "seeds/kpi_catalog.csv: requires names entities that must be delivered, separated by "
        f"spaces, alternatives by |: {', '.join(sorted(known))}"
    )


def test_columns_that_a_metric_requires_are_columns_of_flat_files_or_users():
    tables = load_contract(PROJECT.folder).tables
    known = {
        f"{table.entity}.{column.name}"
        for table in tables
        if table.connector == "flat" or table.entity == "users"
        for column in table.columns
    }
    wrong = {
        kpi: row["requires_columns"]
        for kpi, row in CATALOGUE.items()
        if row["requires_columns"] and not set(re.split(r"[ |]", row["requires_columns"])) <= known
    }
    assert not wrong, (
        "seeds/kpi_catalog.csv: requires_columns names columns as opportunities.close_date, "
        "separated by spaces, alternatives by |"
    )


@pytest.mark.parametrize("column", ["label", "sentence", "dated_by", "numerator"])
def test_the_catalogue_says_what_a_metric_means(column):
    empty = [kpi for kpi, row in CATALOGUE.items() if not row[column].strip()]
    assert not empty, f"seeds/kpi_catalog.csv: write the {column} of {', '.join(empty)}"


def test_sentences_are_sentences():
    wrong = [
        kpi for kpi, row in CATALOGUE.items() if not re.fullmatch(r"[A-Z].+\.", row["sentence"])
    ]
    assert not wrong, "seeds/kpi_catalog.csv: the sentence begins with a capital, ends with a stop"


def test_labels_are_different():
    twice = [
        label
        for label, rows in Counter(row["label"] for row in CATALOGUE.values()).items()
        if rows > 1
    ]
    assert not twice, "seeds/kpi_catalog.csv: two metrics of one label cannot be told apart"


def test_only_ratios_have_a_denominator_in_words():
    """Sums and counts are filled with 0, and 0 divided by nothing is no ratio."""
    wrong = [
        kpi for kpi, row in CATALOGUE.items() if row["denominator"] and row["when_empty"] == "zero"
    ]
    assert not wrong, "seeds/kpi_catalog.csv: when_empty of a ratio is null"


@pytest.mark.parametrize("kpi", sorted(MODELS))
def test_a_metric_is_read_in_half_a_minute(kpi):
    lines = PROJECT.sql(f"kpi_{kpi}").strip().splitlines()
    assert 5 <= len(lines) <= 25, (
        f"kpi_{kpi} has {len(lines)} lines; what is hard about it belongs in a fact"
    )
