"""The journal, loaded by Beancount itself."""

import unicodedata
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from beancount import loader
from beancount.core import data, inventory
from support.finance_books import APRIL, FREE, Books

from python_assets.exports.journal import TAX_PAYABLE, receivable, write_journal

NAMES = [
    'Say "no"',
    "back\\slash",
    "two\nlines\t=1",
    "; comment",
    "Größe 😀",
    "\x01\x1f",
    "",
    "a\r2026-01-01 close x\x00\x7f\x85\u2028b",
    '" 2026-01-01 close',
]


@pytest.fixture(scope="module")
def books(tmp_path_factory) -> Iterator[Books]:
    books = Books(tmp_path_factory.mktemp("journal"))
    for number, name in enumerate(NAMES):
        books.invoice(f"t-{number}", 1005 + number, 14, name=name)
    books.invoice("a.b", 100)
    books.invoice("a_b", 200)
    books.invoice("a-b", 300)
    books.invoice("A-b", 400)
    books.invoice("free", (1234, FREE))
    books.invoice("nothing", 0)
    books.invoice("credit", -5000)
    books.invoice("usd", 10005, currency="USD")
    replaced = books.invoice("twice", 7777)
    books.seal()
    books.void(replaced)
    books.invoice("twice", 8888, version=2)
    books.seal()
    run = books.marts.execute
    run("insert into cost.invoices values ('u-1', '2026-04-01', 10.0025, 0.91, 9.0925, 10.0025, 'USD')")
    for number, (product, is_tax, amount) in enumerate(
        [("Load Balancers", False, 9), ("??", False, "0.0925"), ("1-Click", False, 0), ("Taxes", True, "0.91")]
    ):
        run(f"insert into cost.lines values ('u-1', '2026-04-01', {number}, '{product}', {is_tax}, {amount})")
    yield books
    books.marts.close()


@pytest.fixture(scope="module")
def journal(books, tmp_path_factory) -> list:
    folder = tmp_path_factory.mktemp("file")
    write_journal(books.marts, APRIL, 'Title "quoted"', "AUD", folder)
    return loaded(folder)


def loaded(folder: Path) -> list:
    """The entries of a journal that Beancount finds no fault with."""
    entries, errors, options = loader.load_file(str(folder / "journal.beancount"))
    assert errors == []
    assert (options["title"], options["operating_currency"]) == ('Title "quoted"', ["AUD"])
    return entries


def test_text_of_others_brings_no_line_breaks_and_control_characters_along(journal, books, tmp_path):
    write_journal(books.marts, APRIL, "a\rb", "AUD", tmp_path)
    text = (tmp_path / "journal.beancount").read_bytes().decode()
    assert text.startswith('option "title" "a b"\n')
    assert len(text.splitlines()) == text.count("\n")
    assert [character for character in text if unicodedata.category(character) == "Cc" and character != "\n"] == []


def balances(journal) -> dict[tuple[str, str], Decimal]:
    totals: dict[tuple[str, str], Decimal] = {}
    for entry in data.filter_txns(journal):
        for posting in entry.postings:
            key = (posting.account, posting.units.currency)
            totals[key] = totals.get(key, Decimal(0)) + posting.units.number
    return totals


def test_what_tenants_owe_is_what_is_current(books, journal):
    owed = {key: amount * 100 for key, amount in balances(journal).items() if key[0].startswith("Assets:Receivable")}
    current = books.marts.execute("select tenant_id, currency, total_cents from billing.invoices where is_current")
    assert owed == {(receivable(tenant), currency): cents for tenant, currency, cents in current.fetchall()}


def test_no_two_tenants_share_an_account():
    ids = ["a.b", "a_b", "a-b", "a--b", "a:b", "a@b", "ab", "A-b", "a-db", "a.", "a-d"]
    assert len({receivable(tenant) for tenant in ids}) == len(ids)


def test_tax_owed_is_the_tax_of_what_is_current(books, journal):
    tax = balances(journal)[TAX_PAYABLE, "AUD"]
    (cents,) = books.marts.execute(
        "select sum(tax_cents)::bigint from billing.invoices where is_current and currency = 'AUD'"
    ).fetchone()
    assert tax * 100 == -cents


def test_a_voided_invoice_is_turned_round_on_the_day_of_the_seal_that_voids_it(journal):
    entries = [entry for entry in data.filter_txns(journal) if entry.meta.get("tenant") == "twice"]
    assert [(entry.narration, entry.postings[0].units.number) for entry in entries] == [
        ("tax invoice INV-2026-04-twice-1", Decimal("85.55")),
        ("void: tax invoice INV-2026-04-twice-1", Decimal("-85.55")),
        ("tax invoice INV-2026-04-twice-2", Decimal("97.77")),
    ]


def test_the_provider_is_owed_its_invoice_with_all_its_decimals(journal):
    [bill] = [entry for entry in data.filter_txns(journal) if entry.payee == "DigitalOcean"]
    assert str(bill.date) == "2026-04-30"
    assert {posting.account: posting.units.number for posting in bill.postings} == {
        "Expenses:DigitalOcean:Load-Balancers": Decimal("9.00"),
        "Expenses:DigitalOcean:Other": Decimal("0.0925"),
        "Expenses:DigitalOcean:1-Click": Decimal("0.00"),
        "Assets:GST:Paid": Decimal("0.91"),
        "Liabilities:Payable:DigitalOcean": Decimal("-10.0025"),
    }


def test_names_stay_names(journal):
    payees = {entry.payee for entry in data.filter_txns(journal)}
    assert {'Say "no"', "back\\slash", "two lines =1", "; comment", "Größe 😀", '" 2026-01-01 close'} <= payees
    assert not any(isinstance(entry, data.Close) for entry in journal)


def test_everything_adds_up_to_nothing(journal):
    total = inventory.Inventory()
    for entry in data.filter_txns(journal):
        for posting in entry.postings:
            total.add_amount(posting.units)
    assert total.is_empty()


def test_a_month_without_anything_is_a_journal_too(tmp_path):
    books = Books(tmp_path / "home").seal()
    write_journal(books.marts, APRIL, 'Title "quoted"', "AUD", tmp_path)
    assert loaded(tmp_path) == []
