"""The generated pages: up to date, whole, and traceable from every figure to its records."""

import re
from pathlib import Path

import pytest
import yaml

from orchestration import flat_docs, kpi_docs, table_docs
from orchestration.contract import load_contract
from orchestration.dbt_models import Project
from orchestration.errors import RefreshError
from orchestration.settings import PROJECT_DIR
from orchestration.tracing import tracing_query

DOCS = kpi_docs.PAGE.parent
HOW = "is stale; run `python -m orchestration.kpi_docs` and commit what it writes"


@pytest.fixture(scope="module")
def project() -> Project:
    return Project.read()


def test_page_of_the_metrics_is_up_to_date(project):
    page = kpi_docs.PAGE.read_text(encoding="utf-8")
    assert page == kpi_docs.kpi_page(project), f"docs/kpis.md {HOW}"


def test_page_of_the_tables_is_up_to_date(project):
    page = table_docs.PAGE.read_text(encoding="utf-8")
    assert page == table_docs.tables_page(project), f"docs/tables.md {HOW}"


def test_page_of_the_flat_files_is_up_to_date_and_names_every_column():
    page = flat_docs.PAGE.read_text(encoding="utf-8")
    contract = load_contract(PROJECT_DIR)
    assert page == flat_docs.flat_page(contract), f"docs/flat.md {HOW}"
    for table in contract.of_connector("flat"):
        _, section = page.split(f"\n## {table.object}\n")
        for column in table.columns:
            assert f"\n| `{column.name}` | {column.data_type} |" in section.split("\n## ")[0]
            assert column.description, f"{table.object} {column.name} is not described"


def anchors(page: Path) -> set[str]:
    """What a link to a place within a page may name."""
    text = page.read_text(encoding="utf-8")
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    ids = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
    return ids | set(re.findall(r'<a id="(\w+)">', text))


@pytest.mark.parametrize("page", ["kpis.md", "tables.md"])
def test_links_lead_somewhere(page):
    links = re.findall(r"\]\(([^)\s]+)\)", (DOCS / page).read_text(encoding="utf-8"))
    places = {name: anchors(DOCS / name) for name in ("kpis.md", "tables.md")}
    broken = []
    for link in sorted(set(links)):
        file, _, anchor = link.partition("#")
        is_there = (DOCS / file).exists()
        if not is_there or (anchor and anchor not in places[file or page]):
            broken.append(link)
    assert not broken


@pytest.mark.parametrize("page", ["kpis.md", "tables.md"])
def test_rows_of_tables_have_as_many_cells_as_their_head(page):
    cells = 0
    for line in (DOCS / page).read_text(encoding="utf-8").splitlines():
        found = len(re.findall(r"(?<!\\)\|", line)) if line.startswith("|") else 0
        assert not cells or not found or found == cells, line
        cells = found


def test_every_metric_has_a_section(project):
    page = kpi_docs.PAGE.read_text(encoding="utf-8")
    missing = [row["kpi"] for row in project.catalogue if f'<a id="{row["kpi"]}">' not in page]
    assert not missing


def test_variants_are_metrics_of_the_catalogue(project):
    known = {row["kpi"] for row in project.catalogue}
    for group in yaml.safe_load(kpi_docs.VARIANTS.read_text(encoding="utf-8")):
        assert set(group["kpis"]) <= known, "docs/kpi_variants.yml names a metric nobody knows"
        assert len(group["kpis"]) > 1 and group["why"].strip()


def test_metrics_with_a_sample_size_and_no_others_have_a_tracing_query(project):
    for row in project.catalogue:
        model = f"kpi_{row['kpi']}"
        has_records = "null::bigint as sample_size" not in project.sql(model)
        assert (tracing_query(project, model) is not None) == has_records, model


def test_tracing_queries_read_published_tables_only(project):
    published = {table.sql_name for table in project.models.values() if table.is_published}
    for row in project.catalogue:
        query = tracing_query(project, f"kpi_{row['kpi']}") or ""
        read = set(re.findall(r"\b(?:from|join) (\w+\.\w+)", query))
        assert read <= published, row["kpi"]


def a_project(folder: Path, sql: str) -> Project:
    """A project of one metric, counted by a fact of closed deals."""
    (folder / "models" / "kpis").mkdir(parents=True)
    (folder / "models" / "core").mkdir()
    (folder / "seeds").mkdir()
    (folder / "dbt_project.yml").write_text(
        "name: a\nmodels: {a: {core: {+schema: core}, kpis: {+schema: kpis}}}\nseeds: {a: {}}\n"
    )
    (folder / "seeds" / "kpi_catalog.csv").write_text("kpi\ndeals_won\n")
    (folder / "models" / "core" / "fct_deals.sql").write_text("select 1")
    (folder / "models" / "core" / "core.yml").write_text(
        "models:\n- name: fct_deals\n  columns:\n"
        + "".join(
            f"  - name: {name}\n"
            for name in ("deal_id", "rep_id", "scope_type", "scope_id", "period_type")
        )
        + "  - name: period_start\n  - name: is_won\n  - name: deals\n"
    )
    (folder / "models" / "kpis" / "kpi_deals_won.sql").write_text(sql)
    return Project.read(folder)


KEYS = "    scope_type,\n    scope_id,\n    period_type,\n    period_start,\n"


def test_records_come_with_the_models_own_conditions(tmp_path):
    project = a_project(
        tmp_path,
        f"select\n{KEYS}    count(*) as sample_size\n"
        "from {{ ref('fct_deals') }}\nwhere is_won and deals between 1 and 3\ngroup by all\n",
    )
    assert tracing_query(project, "kpi_deals_won").splitlines()[-8:] == [
        "from core.fct_deals",
        "where",
        "    is_won",
        "    and deals between 1 and 3",
        "    and scope_type = $scope_type",
        "    and scope_id = $scope_id",
        "    and period_type = $period_type",
        "    and period_start = $period_start",
    ]


def test_records_counted_once_are_listed_once(tmp_path):
    project = a_project(
        tmp_path,
        "with reps as (\n    select\n"
        + KEYS.replace("    ", "        ")
        + "        count(distinct rep_id) as reps\n    from {{ ref('fct_deals') }}\n"
        f"    group by all\n)\n\nselect\n{KEYS}    reps as sample_size\nfrom reps\n",
    )
    assert tracing_query(project, "kpi_deals_won").startswith(
        "select distinct\n    rep_id\nfrom core.fct_deals\n"
    )


def test_a_count_that_leads_to_no_records_says_what_to_do(tmp_path):
    project = a_project(
        tmp_path,
        f"select\n{KEYS}    sum(deals)::bigint as sample_size\n"
        "from {{ ref('fct_deals') }}\ngroup by all\n",
    )
    with pytest.raises(RefreshError, match=r"kpi_deals_won\.sql.*DRILL_DOWNS"):
        tracing_query(project, "kpi_deals_won")
