"""The warehouse holds the ledger's rows, each seal's once."""

import shutil
from decimal import Decimal

import duckdb
import pytest
from support.finance_books import APRIL, MAY, Books

from python_assets import ledger
from python_assets.errors import UserError
from python_assets.warehouse import sealed
from python_assets.warehouse.sealed import load_seals


@pytest.fixture
def books(tmp_path) -> Books:
    """April with two invoices, of which one was reissued, and May with none."""
    books = Books(tmp_path / "home")
    acme = books.invoice("acme", 1000)
    books.invoice("birch", 2000)
    books.seal()
    books.void(acme)
    books.invoice("acme", 3000, version=2)
    books.seal()
    return books.seal(MAY)


@pytest.fixture
def connection():
    with duckdb.connect() as connection:
        yield connection


def test_rows_are_those_of_the_ledger_with_the_number_of_their_seal(books, connection):
    assert load_seals(connection, books.home) == 3
    assert connection.execute(
        "select seal_number, invoice_id, status, total_cents from sealed.invoices order by all"
    ).fetchall() == [
        (1, "INV-2026-04-acme-1", "issued", 1100),
        (1, "INV-2026-04-birch-1", "issued", 2200),
        (2, "INV-2026-04-acme-1", "void", 1100),
        (2, "INV-2026-04-acme-2", "issued", 3300),
    ]
    assert connection.execute("select seal_number, period, amount_cents from sealed.invoice_lines").fetchall() == [
        (1, APRIL, 1000),
        (1, APRIL, 100),
        (1, APRIL, 2000),
        (1, APRIL, 200),
        (2, APRIL, 3000),
        (2, APRIL, 300),
    ]
    assert connection.execute("select distinct used_qty from sealed.usage_allowances").fetchall() == [(Decimal("2.5"),)]


def test_a_seal_counts_what_it_issued(books, connection):
    load_seals(connection, books.home)
    found = connection.execute(
        "select seal_number, period, invoice_count, total_cents, audit_hash from sealed.seals order by all"
    ).fetchall()
    hashes = [seal.audit_hash for seal in ledger.read_seals(books.home)]
    assert found == [(1, APRIL, 2, 3300, hashes[0]), (2, APRIL, 1, 3300, hashes[1]), (3, MAY, 0, 0, hashes[2])]


def test_an_empty_ledger_has_no_rows(tmp_path, connection):
    assert load_seals(connection, Books(tmp_path / "home").home) == 0
    for table in (*sealed.TABLES, "seals"):
        assert connection.execute(f"from sealed.{table}").fetchall() == []


def test_only_new_seals_are_read(books, connection, monkeypatch):
    load_seals(connection, books.home)
    books.invoice("late", 500)
    books.seal()
    read = []
    insert = ledger.insert_rows
    monkeypatch.setattr(ledger, "insert_rows", lambda *given: read.append(given[1]) or insert(*given))
    assert load_seals(connection, books.home) == 4
    assert {seal.seal_number for seals in read for seal in seals} == {4}
    assert connection.execute("select count(*) from sealed.invoices").fetchall() == [(5,)]


def test_the_rows_of_another_ledger_replace_those_of_this(books, connection, tmp_path):
    load_seals(connection, books.home)
    other = Books(tmp_path / "other")
    other.invoice("acme", 7)
    other.seal()
    shutil.rmtree(books.home.ledger)
    shutil.copytree(other.home.ledger, books.home.ledger)
    assert load_seals(connection, books.home) == 1
    assert connection.execute("select seal_number, total_cents from sealed.invoices").fetchall() == [(1, 8)]
    assert connection.execute("select count(*) from sealed.seals").fetchall() == [(1,)]


def test_nothing_is_read_from_a_damaged_ledger(books, connection):
    shutil.copy(books.home.ledger / "seal=000002/invoices.parquet", books.home.ledger / "seal=000001")
    with pytest.raises(UserError, match="seal=000001: merkle_root"):
        load_seals(connection, books.home)
