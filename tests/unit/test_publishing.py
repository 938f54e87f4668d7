"""Publishing on small warehouses made here, with manifests as dbt writes them."""

import stat
from pathlib import Path

import duckdb
import pytest

from orchestration import publishing
from orchestration.errors import RefreshError

ABOUT = {
    "run_id": "a run",
    "software_version": "0.1.0",
    "code_hash": "abc",
    "dbt_version": "1.11",
}


def node(schema, name, columns, description="Described. One row per thing.", **config):
    """A model of a manifest; `columns` maps names to descriptions or whole entries."""
    entries = {
        column: {"description": text, "config": {"meta": {}}} if isinstance(text, str) else text
        for column, text in columns.items()
    }
    return {
        "resource_type": "model",
        "schema": schema,
        "alias": name,
        "description": description,
        "config": {"materialized": "table", "meta": {}, **config},
        "columns": {column: {"name": column, **entry} for column, entry in entries.items()},
    }


def manifest_of(*nodes):
    return {"nodes": {f"model.{item['alias']}": item for item in nodes}}


MANIFEST = manifest_of(
    node(
        "core", "dim_reps", {"rep_id": "Key of the rep.", "rep_name": "Full name; as in the CRM."}
    ),
    node(
        "core",
        "fct_leads",
        {
            "lead_id": "Key of the lead.",
            "Email": {"description": "Address.", "config": {"meta": {"private": True}}},
        },
    ),
    node("core", "int_helper", {}, meta={"published": False}),
    node("core", "int_inline", {}, materialized="ephemeral"),
    node("staging", "stg_leads", {}),
    node("marts", "rep_quarter", {"rep_id": "Key of the rep."}),
    {**node("kpis", "kpi_catalog", {"kpi": "Name."}), "resource_type": "seed"},
)


@pytest.fixture
def warehouse(tmp_path) -> Path:
    path = tmp_path / "private.duckdb"
    with duckdb.connect(str(path)) as con:
        con.execute(
            """
            create schema raw; create schema staging; create schema core; create schema marts;
            create schema kpis;
            create table raw.settings as
            select 'Lakeside''s' as company_name, false as is_demo, date '2025-06-18' as as_of_date,
                'EUR' as reporting_currency;
            create table staging.stg_leads as select 'l1' as lead_id;
            create table core.dim_reps as
            select * from (values ('r1', 'Ada "A" Able'), ('r2', 'Ben')) as reps (rep_id, rep_name);
            create table core.fct_leads as select 'l1' as lead_id, 'a@b.example' as email;
            create table core.int_helper as select 1 as one;
            create view marts.rep_quarter as
            select rep_id, 0.5::double as win_rate from private.core.dim_reps;
            create table kpis.kpi_catalog as select 'win_rate' as kpi, 'Win rate' as label;
            create table core.dim_dropped as select 'a model that is gone' as text;
            """
        )
    return path


@pytest.fixture
def publish(warehouse, tmp_path):
    def publish(version="v1", manifest=MANIFEST, **arguments):
        return publishing.publish(
            warehouse, tmp_path / "published", manifest, version, ABOUT, **arguments
        )

    return publish


@pytest.fixture
def link(tmp_path) -> Path:
    return tmp_path / "published" / "sales_kpis.duckdb"


def query(path, sql):
    with duckdb.connect(str(path), read_only=True) as con:
        return con.execute(sql).fetchall()


def texts(path):
    """Every text in any table of a file: its bytes are compressed, and show none."""
    columns = query(
        path,
        'select format(\'"{}"."{}"\', schema_name, table_name), format(\'"{}"\', column_name) '
        "from duckdb_columns() where not internal and data_type = 'VARCHAR'",
    )
    found = " union all ".join(f"select {column} from {table}" for table, column in columns)
    return {text for (text,) in query(path, found)}


def versions(link):
    return sorted(path.name for path in (link.parent / "versions").iterdir())


def test_a_version_is_reached_through_a_relative_link(publish, link):
    release = publish("v1")
    assert release.path == link
    assert link.readlink() == Path("versions/v1/sales_kpis.duckdb")
    assert query(link, "select current_database()") == [("sales_kpis",)]


def test_it_holds_the_tables_that_the_manifest_wants_published(publish, link):
    release = publish()
    tables = query(
        link, "select schema_name || '.' || table_name from duckdb_tables() order by all"
    )
    assert [name for (name,) in tables] == [
        "core.dim_reps",
        "core.fct_leads",
        "kpis.kpi_catalog",
        "marts.rep_quarter",
        "quality.about",
    ]
    assert query(link, "select count(*) from duckdb_views() where not internal") == [(0,)]
    assert release.rows == {
        "kpis.kpi_catalog": 1,
        "marts.rep_quarter": 2,
        "core.dim_reps": 2,
        "core.fct_leads": 1,
    }
    assert query(link, "select rep_name from core.dim_reps where rep_id = 'r1'") == [
        ('Ada "A" Able',)
    ]


def test_private_columns_are_left_out_whatever_their_case(publish, link):
    publish()
    assert query(link, "select column_name from (describe core.fct_leads)") == [("lead_id",)]
    assert "Ben" in texts(link)
    assert "a@b.example" not in texts(link)


def test_descriptions_are_comments_and_metrics_are_labelled_by_the_catalogue(publish, link):
    publish()
    assert query(link, "select comment from duckdb_tables() where table_name = 'dim_reps'") == [
        ("Described. One row per thing.",)
    ]
    comments = query(
        link,
        "select column_name, comment from duckdb_columns() "
        "where table_name in ('dim_reps', 'rep_quarter') order by all",
    )
    assert comments == [
        ("rep_id", "Key of the rep."),
        ("rep_id", "Key of the rep."),
        ("rep_name", "Full name; as in the CRM."),
        ("win_rate", "Win rate"),
    ]


def test_about_says_what_the_file_is(publish, link):
    publish("v1")
    publish("v2")
    [(company, is_demo, currency, version, previous, run, duckdb_version)] = query(
        link,
        "select company_name, is_demo, reporting_currency, version, previous_version, run_id, "
        "duckdb_version from quality.about",
    )
    assert (company, is_demo, currency) == ("Lakeside's", False, "EUR")
    assert (version, previous, run) == ("v2", "v1", "a run")
    assert duckdb_version == duckdb.__version__
    assert query(
        link, "select count(*) from duckdb_columns() where table_name = 'about' and comment is null"
    ) == [(0,)]


def test_a_version_is_closed_read_only_and_for_owner_and_group(publish, link):
    publish()
    assert stat.S_IMODE(link.stat().st_mode) == 0o440
    assert [path.name for path in link.resolve().parent.iterdir()] == ["sales_kpis.duckdb"]
    for folder in (link.parent, link.parent / "versions", link.resolve().parent):
        assert stat.S_IMODE(folder.stat().st_mode) & 0o007 == 0


def test_older_drivers_can_read_the_format(publish, link):
    publish()
    with duckdb.connect() as con:
        con.execute(f"attach '{link}' as published (read_only)")
        [(tags,)] = con.execute(
            "select tags from duckdb_databases() where database_name = 'published'"
        ).fetchall()
    assert tags["storage_version"].startswith("v1.2.0")


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (node("core", "fct_missing", {}), "no core.fct_missing"),
        (node("core", "fct_nested", {}), "column stages is VARCHAR\\[\\]"),
        (node("core", "fct_fails", {}), "Could not convert"),
    ],
)
def test_a_failure_leaves_the_published_file_and_no_half_version(
    publish, warehouse, link, broken, message
):
    publish("v1")
    with duckdb.connect(str(warehouse)) as con:
        con.execute("create table core.fct_nested as select ['a'] as stages")
        con.execute("create view core.fct_fails as select rep_id::int as n from core.dim_reps")
    with pytest.raises((RefreshError, duckdb.Error), match=message):
        publish("v2", manifest_of(*MANIFEST["nodes"].values(), broken))
    assert link.readlink() == Path("versions/v1/sales_kpis.duckdb")
    assert versions(link) == ["v1"]


def test_what_a_killed_run_left_is_removed(publish, link):
    publish("v1")
    (link.parent / "versions" / "v2.part").mkdir()
    publish("v3")
    assert versions(link) == ["v1", "v3"]


def test_somebody_elses_file_in_the_place_of_the_link_is_not_replaced(publish, link):
    link.parent.mkdir()
    link.write_text("precious")
    with pytest.raises(RefreshError, match="somebody else's"):
        publish()
    assert link.read_text() == "precious"


def test_a_reader_keeps_its_version_and_a_new_one_sees_the_new(publish, warehouse, link):
    publish("v1")
    reader = duckdb.connect(str(link), read_only=True)
    with duckdb.connect(str(warehouse)) as con:
        con.execute("delete from core.dim_reps where rep_id = 'r2'")
    publish("v2", keep_versions=1)
    assert reader.execute("select count(*) from core.dim_reps").fetchall() == [(2,)]
    reader.close()
    assert query(link, "select count(*) from core.dim_reps") == [(1,)]


def test_the_last_versions_are_kept_and_the_published_one_always(publish, link):
    for version in ("v1", "v2", "v3"):
        publish(version, keep_versions=2)
    assert versions(link) == ["v2", "v3"]
    publishing.rollback(link.parent)
    publishing._prune(link.parent, keep_versions=1)
    assert versions(link) == ["v2", "v3"]
    assert query(link, "select version from quality.about") == [("v2",)]


def test_the_version_that_is_replaced_is_kept_whatever_its_age(publish, link):
    for version in ("v1", "v2", "v3"):
        publish(version)
    publishing.rollback(link.parent)
    publishing.rollback(link.parent)
    publish("v4", keep_versions=1)
    assert versions(link) == ["v1", "v4"]
    assert publishing.rollback(link.parent) == ("v4", "v1")


def test_rollback_returns_to_the_version_that_was_replaced(publish, link):
    publish("v1")
    publish("v2")
    assert publishing.rollback(link.parent) == ("v2", "v1")
    publish("v3")
    # v2 was rolled back from: going back from v3 must not bring it up again.
    assert publishing.rollback(link.parent) == ("v3", "v1")
    assert query(link, "select version from quality.about") == [("v1",)]


def test_rollback_says_why_it_cannot(publish, link):
    with pytest.raises(RefreshError, match="Nothing is published"):
        publishing.rollback(link.parent)
    publish("v1")
    with pytest.raises(RefreshError, match="first version"):
        publishing.rollback(link.parent)
    publish("v2")
    publish("v3", keep_versions=1)
    assert publishing.rollback(link.parent) == ("v3", "v2")
    with pytest.raises(RefreshError, match="v1, which is not kept"):
        publishing.rollback(link.parent)
    assert link.readlink() == Path("versions/v2/sales_kpis.duckdb")
