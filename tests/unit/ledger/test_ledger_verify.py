"""One changed value is found, and the first broken seal is named."""

import json
import shutil

import duckdb
import pytest
import rfc8785
from ledger_rows import APRIL, JUNE, MAY, new_home, seal_month

from python_assets.ledger import verify
from python_assets.ledger.tables import TABLES
from python_assets.memory import lent

COLUMNS = [(table, column) for table in TABLES if table != "inputs" for column in TABLES[table]]
CHANGED = {"VARCHAR": "coalesce({0}, '') || 'x'", "DATE": "coalesce({0}, DATE '2026-01-01') + 1"}
SMALLEST = {"DECIMAL(38,15)": "0.000000000000001", "DECIMAL(27,9)": "0.000000001", "DECIMAL(15,6)": "0.000001"}


@pytest.fixture(scope="module")
def sealed(tmp_path_factory):
    home = new_home(tmp_path_factory.mktemp("ledger"))
    for period in (APRIL, MAY, JUNE):
        seal_month(home, period)
    return home


@pytest.fixture
def home(sealed, tmp_path):
    shutil.copytree(sealed.ledger, tmp_path / "ledger")
    return new_home(tmp_path)


def rewrite(path, query):
    """Replaces a Parquet file by a query over `old`."""
    with lent() as con:
        con.execute(f"CREATE TABLE old AS FROM read_parquet('{path}', hive_partitioning=false)")
        con.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet)")
        con.execute("DROP TABLE old")


def edit(home, number, **changes):
    """Changes fields of a `seal.json`."""
    path = home.ledger / f"seal={number:06d}" / "seal.json"
    path.write_bytes(rfc8785.dumps(json.loads(path.read_bytes()) | changes))


@pytest.mark.parametrize(("table", "column"), COLUMNS)
@pytest.mark.parametrize("clear", [False, True], ids=["changed", "cleared"])
def test_one_changed_value_is_found(home, table, column, clear):
    kind = TABLES[table][column]
    path = home.ledger / "seal=000002" / f"{table}.parquet"
    changed = CHANGED.get(kind, f"coalesce({{0}}, 0) + {SMALLEST.get(kind, 1)}").format(column)
    where = f"rowid = (SELECT min(rowid) FROM old WHERE {column} IS NOT NULL OR NOT {clear})"
    new = f"CAST({'NULL' if clear else changed} AS {kind})"
    before = duckdb.sql(f"FROM read_parquet('{path}', hive_partitioning=false)").fetchall()
    rewrite(path, f"SELECT * REPLACE (CASE WHEN {where} THEN {new} ELSE {column} END AS {column}) FROM old")
    after = duckdb.sql(f"FROM read_parquet('{path}', hive_partitioning=false)").fetchall()
    assert before != after
    verdict = verify(home)
    assert (verdict.ok, verdict.broken_seal, verdict.seals) == (False, 2, 3)
    assert all(fault.startswith("seal=000002: ") for fault in verdict.faults)


@pytest.mark.parametrize("table", [table for table in TABLES if table != "inputs"])
@pytest.mark.parametrize("query", ["FROM old LIMIT 1", "FROM old UNION ALL (FROM old LIMIT 1)"], ids=["fewer", "more"])
def test_rows_that_are_gone_or_added_are_found(home, table, query):
    if table == "top_up_balances" and "LIMIT 1" in query and "UNION" not in query:
        query = "FROM old LIMIT 0"
    rewrite(home.ledger / "seal=000001" / f"{table}.parquet", query)
    assert verify(home).broken_seal == 1


def test_the_order_of_rows_in_a_file_does_not_matter(home):
    rewrite(
        home.ledger / "seal=000001" / "invoice_lines.parquet", "FROM old ORDER BY line_number DESC, invoice_id DESC"
    )
    rewrite(home.ledger / "seal=000001" / "invoices.parquet", "FROM old ORDER BY tenant_id DESC")
    assert verify(home).ok


@pytest.mark.parametrize(
    "query", ["SELECT *, 1 AS extra FROM old", "SELECT * REPLACE (CAST(tax_cents AS DOUBLE) AS tax_cents) FROM old"]
)
def test_other_columns_or_types_are_found(home, query):
    rewrite(home.ledger / "seal=000003" / "invoices.parquet", query)
    verdict = verify(home)
    assert verdict.broken_seal == 3
    assert "invoices.parquet: columns or their types differ" in verdict.faults[0]


@pytest.mark.parametrize("file", [*(f"{table}.parquet" for table in TABLES), "seal.json"])
@pytest.mark.parametrize("damage", ["missing", "garbage", "cut", "folder"])
def test_a_file_that_cannot_be_read_is_a_fault(home, file, damage):
    path = home.ledger / "seal=000002" / file
    content = path.read_bytes()
    path.unlink()
    if damage == "folder":
        path.mkdir()
    elif damage != "missing":
        path.write_bytes(b"\xff[" * 99 if damage == "garbage" else content[: len(content) // 2])
    verdict = verify(home)
    assert (verdict.ok, verdict.broken_seal) == (False, 2)


@pytest.mark.parametrize(
    "change",
    [
        {"previous_hash": "1" * 64},
        {"merkle_root": "1" * 64},
        {"balances_root": "1" * 64},
        {"allowances_root": "1" * 64},
        {"seal_number": 7},
        {"period": "2026-01-01"},
        {"sealed_on": "2026-05-31"},
        {"timezone": "Europe/Vienna"},
        {"format": 2},
        {"extra": 1},
        {"period": "2026-04-31"},
        {"sealed_on": 1.5},
    ],
    ids=str,
)
@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_changed_seal_is_named(home, change, number):
    edit(home, number, **change)
    verdict = verify(home)
    assert (verdict.ok, verdict.broken_seal) == (False, number)


def test_a_seal_that_is_not_canonical_is_named(home):
    path = home.ledger / "seal=000001" / "seal.json"
    path.write_bytes(path.read_bytes() + b"\n")
    verdict = verify(home)
    assert verdict.broken_seal == 1
    assert "canonical" in verdict.faults[0]


def test_the_changed_side_of_a_link_is_named_where_nothing_else_tells(tmp_path):
    home = new_home(tmp_path)
    for period in (APRIL, MAY, JUNE):
        seal_month(home, period, [])
    for folder in home.ledger.glob("seal=*"):
        for table in ("top_up_balances", "usage_allowances"):
            assert (folder / f"{table}.parquet").exists()
    edit(home, 1, sealed_on="2026-05-09")
    assert verify(home).broken_seal == 1


def test_a_missing_seal_in_the_middle_is_named(home):
    shutil.rmtree(home.ledger / "seal=000002")
    verdict = verify(home)
    assert (verdict.ok, verdict.broken_seal, verdict.seals) == (False, 2, 2)
    assert verdict.faults == ["seal=000002: is missing"]


def test_exchanged_seals_are_found(home):
    (home.ledger / "seal=000001").rename(home.ledger / "x")
    (home.ledger / "seal=000002").rename(home.ledger / "seal=000001")
    (home.ledger / "x").rename(home.ledger / "seal=000002")
    assert verify(home).broken_seal == 1


def test_a_lost_secret_is_a_fault_of_no_seal(home):
    (home.ledger / "secret").unlink()
    verdict = verify(home)
    assert (verdict.ok, verdict.broken_seal) == (False, None)
    assert "secret" in verdict.faults[0]


def test_a_home_without_ledger_verifies(tmp_path):
    verdict = verify(new_home(tmp_path))
    assert (verdict.ok, verdict.seals, verdict.last_hash) == (True, 0, "0" * 64)
