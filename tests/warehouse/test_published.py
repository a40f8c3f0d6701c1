"""What others open: tables, types, files, and that nobody is disturbed."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from markupsafe import escape
from support.pages import queries
from support.worlds import Accounts, World

from python_assets.publish import publication, publish
from python_assets.publish.marts import write_marts

PUBLIC = json.loads((Path(__file__).parents[1] / "support" / "public_tables.json").read_text())

# Run by DuckDB 1.0.0: the published file, and the ready queries as JSON.
ASKED_IN_1_0 = """
import json, sys
import duckdb

marts = duckdb.connect(sys.argv[1], read_only=True)
quote = marts.execute(
    "from billing.quote('studio', date '2026-05-20', addons := ['storage_50gb'], "
    "usage := map {'droplet_hours': 1488, 'llm_tokens': 1500000, 'spaces_gb': 200})"
).fetchone()
comments = marts.execute(
    "select (select count(comment) from duckdb_tables()), (select count(comment) from duckdb_columns())"
).fetchone()
answers = [len(marts.execute(query).fetchall()) for query in json.loads(sys.argv[2])]
print(json.dumps([duckdb.__version__, quote, comments, answers]))
"""


@pytest.mark.parametrize("table", PUBLIC)
def test_a_public_table_has_its_columns_and_types(example, table):
    types = dict(example.rows(f"select column_name, column_type from (describe {table})"))
    for column in PUBLIC[table]:
        kind = types[column]
        if column.endswith("_cents") and column != "unit_price_cents":
            assert kind == "BIGINT", column
        elif column.endswith("_qty"):
            assert kind.startswith("DECIMAL"), column
        elif column in ("period", "adjusts_period"):
            assert kind == "DATE", column
        assert kind not in ("DOUBLE", "FLOAT", "HUGEINT"), column


def test_parquet_has_the_same_rows_as_the_database(example):
    folder = example.home.published / "marts"
    tables = example.rows("select schema_name, table_name from duckdb_tables()")
    assert {f"{schema}/{table}.parquet" for schema, table in tables} == {
        str(path.relative_to(folder)) for path in folder.rglob("*.parquet")
    }
    for schema, table in tables:
        with duckdb.connect() as connection:
            parquet = connection.execute(
                f"from read_parquet('{folder}/{schema}/{table}.parquet') order by all"
            ).fetchall()
        assert parquet == example.rows(f"from {schema}.{table} order by all"), table


def test_the_database_opens_in_duckdb_1_0(example, tmp_path):
    """Installed beside, and run in a process of its own: tables, comments, the quote's macros and every ready query."""
    beside = tmp_path / "duckdb-1.0"
    subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--no-deps",
            "--target",
            str(beside),
            "duckdb==1.0.0",
        ],
        check=True,
    )
    answer = subprocess.run(
        [sys.executable, "-c", ASKED_IN_1_0, str(example.home.marts), json.dumps(queries())],
        env=os.environ | {"PYTHONPATH": str(beside)},
        check=True,
        capture_output=True,
        text=True,
    )
    version, quote, comments, answers = json.loads(answer.stdout)
    assert version == "1.0.0"
    assert quote == [5750, 2225, 600, 0, 6350]
    assert [tuple(comments)] == example.rows(
        "select (select count(*) from duckdb_tables()), (select count(*) from duckdb_columns() where not internal)"
    )
    assert answers == [len(example.rows(query)) for query in queries()]


def test_an_unknown_plan_or_addon_fails_a_quote_in_sql(example):
    for arguments, told in (
        ("'none', date '2026-05-01'", "there is no plan none"),
        ("'studio', date '2026-05-01', addons := ['none']", "there is no addon none"),
    ):
        with pytest.raises(duckdb.Error, match=told):
            example.rows(f"from billing.quote({arguments})")


def test_published_files_are_read_only_and_behind_a_link(example):
    assert example.home.published.is_symlink()
    assert all(path.stat().st_mode & 0o222 == 0 for path in example.home.published.resolve().rglob("*.duckdb"))


def test_the_health_report_and_its_facts_agree(example):
    folder = example.home.published / "reports" / "period=2026-04"
    facts = json.loads((folder / "health.json").read_text())
    page = (folder / "health.html").read_text()
    [seal] = example.rows("select audit_hash from audit.seals where period = date '2026-04-01'")
    assert facts["audit_hash"] == seal[0]
    assert seal[0] in page
    assert facts["status"] == "needs-revenue-ops-review"
    assert {t["currency"]: t["total_cents"] for t in facts["totals"]} == dict(
        example.rows(
            "select currency, sum(total_cents)::bigint from billing.invoices "
            "where period = date '2026-04-01' and is_current group by currency"
        )
    )
    for finding in facts["findings"]:
        assert str(escape(finding["message"])) in page
    assert "http" not in page.split("</style>")[1]


def test_a_reader_keeps_what_it_opened_and_the_one_before_stays_until_the_next_run(tmp_path):
    world = World(tmp_path)
    accounts = Accounts()
    accounts.tenant("acme")
    accounts.deliver(world, "2026-01")
    world.close("2026-01", everything=True)
    first = world.home.published.resolve()
    with duckdb.connect(str(world.home.marts), read_only=True) as reader:
        world.close("2026-02", everything=True)
        assert world.home.published.resolve() != first
        assert reader.execute("select count(*) from billing.invoices").fetchone() == (1,)
    assert first.exists()
    report = "reports/period=2026-01/health.html"
    assert (first / report).samefile(world.home.published / report), "January's report has not changed"
    assert world.rows("select count(*) from billing.invoices") == [(2,)]
    world.close("2026-03", everything=True)
    assert not first.exists()
    assert "January 2026" in (world.home.published / report).read_text()
    assert len(list(world.home.publications.iterdir())) == 2


def test_what_is_published_stays_where_nothing_changed_and_is_made_anew_where_a_file_is_gone(tmp_path):
    world = World(tmp_path)
    accounts = Accounts()
    accounts.tenant("acme")
    accounts.deliver(world, "2026-01")
    world.close("2026-01", everything=True)
    first = world.home.published.resolve()
    world.close("2026-01", everything=True)
    assert world.home.published.resolve() == first
    for file in (
        "reports/period=2026-01/health.html",
        "exports/period=2026-01/invoices.csv",
        "exports/period=2026-01/manifest.json",
        "marts/billing/invoices.parquet",
    ):
        gone = world.home.published / file
        before = gone.read_bytes()
        gone.unlink()
        world.close("2026-01", everything=True)
        assert gone.read_bytes() == before, file
    cut = world.home.published / "marts/billing/invoices.parquet"
    before = cut.read_bytes()
    cut.chmod(0o644)
    cut.write_bytes(before[:100])
    world.close("2026-01", everything=True)
    assert cut.read_bytes() == before
    second = world.home.published.resolve()
    assert second != first
    (tmp_path / "counterfoil.toml").write_text('[supplier]\nname = "Example Cloud"\n')
    world.close("2026-01", everything=True)
    assert world.home.published.resolve() != second
    document = world.home.published / "exports/period=2026-01/documents/INV-2026-01-acme-1.html"
    assert "Example Cloud" in document.read_text()


@pytest.fixture(scope="module")
def two_months(tmp_path_factory) -> World:
    """Closed one after the other, so that the second publication can link files of the first. Tests only read it."""
    world = World(tmp_path_factory.mktemp("two_months"))
    accounts = Accounts()
    accounts.tenant("acme")
    accounts.deliver(world, "2026-01")
    world.close("2026-01")
    world.close("2026-02")
    return world


def everything(folder: Path) -> dict[str, object]:
    """Rows, types and comments of every table, the macros, and the bytes of Parquet files."""
    found: dict[str, object] = {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.glob("marts/*/*.parquet"))
    }
    with duckdb.connect(str(folder / "marts.duckdb"), read_only=True) as marts:
        for catalog in ("tables", "columns"):
            names = (
                "schema_name, table_name, column_name, data_type, comment"
                if catalog == "columns"
                else ("schema_name, table_name, comment")
            )
            found[catalog] = marts.execute(f"select {names} from duckdb_{catalog}() order by all").fetchall()
        found["macros"] = marts.execute(
            "select schema_name, function_name, macro_definition, comment from duckdb_functions() "
            "where not internal order by all"
        ).fetchall()
        for schema, table, _ in found["tables"]:
            found[f"{schema}.{table}"] = marts.execute(f"from {schema}.{table} order by all").fetchall()
    return found


def test_a_parquet_file_is_linked_only_if_its_rows_are_the_same(two_months, tmp_path):
    [before] = [
        p for p in two_months.home.publications.glob("publication-*") if p != two_months.home.published.resolve()
    ]
    published = two_months.home.published.resolve()
    (tmp_path / "anew").mkdir()
    write_marts(two_months.home, tmp_path / "anew", None, {})
    assert everything(published) == everything(tmp_path / "anew")
    same, other = "marts/catalog/plan_items.parquet", "marts/billing/invoices.parquet"
    assert (published / same).samefile(before / same)
    assert not (published / other).samefile(before / other)


def test_nothing_is_taken_from_the_database_before(two_months, tmp_path):
    """A file that DuckDB changes from publication to publication cannot be read by its older versions in the end."""
    world = World(Path(shutil.copytree(two_months.root, tmp_path / "home", symlinks=True)))
    wanted = everything(world.home.published)
    marts = world.home.marts
    marts.chmod(0o644)
    with duckdb.connect(str(marts)) as connection:
        connection.execute("create schema former")
        connection.execute("update billing.invoice_lines set amount_cents = amount_cents + 1")
    publish(world.home)
    assert everything(world.home.published) == wanted
    assert world.rows("select count(*) from duckdb_schemas() where schema_name = 'former'") == [(0,)]


def test_a_file_of_another_version_is_not_linked(two_months, tmp_path, monkeypatch):
    world = World(Path(shutil.copytree(two_months.root, tmp_path / "home", symlinks=True)))
    before = world.home.published.resolve()
    (before / "marts.duckdb").unlink()  # Else what is published would stay.
    monkeypatch.setattr(publication, "project_fingerprint", lambda: "of other models")
    publish(world.home)
    same = "marts/catalog/plan_items.parquet"
    assert not (world.home.published / same).samefile(before / same)
