"""Xero's import: what it computes from the lines is what was invoiced."""

import csv
from collections import defaultdict
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.finance_books import APRIL, FREE, GST, Books

from python_assets.exports.xero import COLUMNS, MAX_DESCRIPTION, Line, write_xero, xero_lines

CENTS = st.integers(-(10**12), 10**12)


def rounded(amount: Decimal) -> int:
    return int(amount.quantize(Decimal(1), ROUND_HALF_UP))


@given(st.lists(st.tuples(CENTS, st.sampled_from([GST, FREE])), min_size=1, max_size=30))
def test_tax_by_line_adds_up_to_the_tax_that_was_rounded_once(amounts):
    lines = [Line(f"line {number}", cents, rate) for number, (cents, rate) in enumerate(amounts)]
    tax = rounded(sum(line.cents for line in lines if line.rate) * GST)
    made = xero_lines(lines, tax)
    assert sum(rounded(line.cents * line.rate) for line in made) == tax
    assert sum(line.cents for line in made) == sum(line.cents for line in lines)
    told = "; ".join(line.description for line in made).split("; ")
    assert sorted(told) == sorted(line.description for line in lines)


def test_lines_that_agree_already_stay_as_they_are():
    lines = [Line("base", 5000, GST), Line("addon", 750, GST), Line("overage", 672, GST)]
    assert xero_lines(lines, 642) == lines


def test_the_published_case_of_one_cent_is_put_together():
    """12.04 + 7.56 + 3.35 + 0.95: tax 2.39, where rounding each line gives 2.40."""
    lines = [Line(name, cents, GST) for name, cents in (("a", 1204), ("b", 756), ("c", 335), ("d", 95))]
    made = xero_lines(lines, 239)
    assert [(line.description, line.cents) for line in made] == [("a", 1204), ("b", 756), ("c; d", 430)]


def test_a_tax_that_no_rate_gives_is_a_line_of_its_own():
    """The tenant's region was corrected after its invoice was sealed with tax."""
    made = xero_lines([Line("base", 5000, FREE)], 500)
    assert [(line.description, line.cents, line.tax_cents, line.account) for line in made] == [
        ("base", 5000, 0, "200"),
        ("GST", 500, 0, "820"),
    ]


def test_a_description_is_never_longer_than_xero_takes():
    lines = [Line("x" * 100, 4, GST) for _ in range(1000)]
    made = xero_lines(lines, 400)
    assert max(len(line.description) for line in made) == MAX_DESCRIPTION
    assert sum(line.tax_cents for line in made) == 400


@pytest.fixture(scope="module")
def books(tmp_path_factory) -> Iterator[Books]:
    books = Books(tmp_path_factory.mktemp("xero"))
    for number in range(5):
        books.invoice(f"t-{number}", 1204, 756, 335, 95, name="Same Name" if number < 2 else f"Name {number}")
    books.invoice("credit", -5000, 14)
    books.invoice("free", (1234, FREE))
    books.invoice("mixed", 5000, (777, FREE), 4)
    books.invoice("nothing", 0)
    books.invoice("usd", 10005, currency="USD", name="=cmd|' /C calc'!A0", description="@sum(1)\r=1\u2028\n\x85x")
    books.invoice("old", 100)
    yield books.seal()
    books.marts.close()


def files(books: Books, folder: Path, per_file: int = 500) -> list[list[dict[str, str]]]:
    controls = write_xero(books.marts, APRIL, folder, per_file)
    assert sorted(controls) == sorted(path.name for path in folder.iterdir())
    found = []
    for path in sorted(folder.iterdir()):
        with path.open(newline="") as file:
            reader = csv.DictReader(file)
            found.append(list(reader))
            assert reader.fieldnames == COLUMNS
    return found


def test_xero_computes_the_sealed_totals(books, tmp_path):
    [rows] = files(books, tmp_path)
    computed: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for row in rows:
        amount = Decimal(row["*Quantity"]) * Decimal(row["*UnitAmount"]) * 100
        computed[row["*InvoiceNumber"]][0] += rounded(amount)
        taxed = {"GST on Income": GST, "GST Free Income": FREE}[row["*TaxType"]]
        computed[row["*InvoiceNumber"]][1] += rounded(amount * taxed)
    sealed = books.marts.execute("select invoice_id, subtotal_cents, tax_cents from billing.invoices").fetchall()
    assert computed == {invoice_id: cents for invoice_id, *cents in sealed}
    assert {row["*InvoiceNumber"]: Decimal(row["Total"]) * 100 for row in rows} == dict(
        books.marts.execute("select invoice_id, total_cents from billing.invoices").fetchall()
    )


def test_no_invoice_is_cut_in_two_and_none_is_lost(books, tmp_path, tmp_path_factory):
    parts = files(books, tmp_path, per_file=3)
    numbers = [{row["*InvoiceNumber"] for row in part} for part in parts]
    assert [len(part) for part in numbers] == [3, 3, 3, 2]
    assert len(set.union(*numbers)) == 11
    [whole] = files(books, tmp_path_factory.mktemp("whole"))
    assert [row for part in parts for row in part] == whole


def test_days_names_and_currencies_are_as_xero_reads_them(books, tmp_path):
    [rows] = files(books, tmp_path)
    by_number = {row["*InvoiceNumber"]: row for row in rows}
    first, foreign = by_number["INV-2026-04-t-2-1"], by_number["INV-2026-04-usd-1"]
    assert (first["*InvoiceDate"], first["*DueDate"], first["Currency"]) == ("01/05/2026", "15/05/2026", "AUD")
    assert (foreign["*UnitAmount"], foreign["Currency"], foreign["*ContactName"]) == (
        "100.05",
        "USD",
        "=cmd|' /C calc'!A0",
    )
    assert foreign["*Description"] == "@sum(1) =1 x"  # a machine's file: no apostrophe, but a record is a line
    assert len((tmp_path / "xero_sales_invoices_01.csv").read_bytes().decode().splitlines()) == len(rows) + 1
    assert {by_number[f"INV-2026-04-t-{n}-1"]["*ContactName"] for n in (0, 1)} == {
        "Same Name (t-0)",
        "Same Name (t-1)",
    }


def test_drafts_and_voided_invoices_are_not_imported(tmp_path):
    books = Books(tmp_path / "home")
    first = books.invoice("acme", 5000)
    books.seal()
    books.void(first)
    books.invoice("acme", 6000, version=2)
    books.invoice("held", 7000)
    books.seal()
    books.marts.execute("update billing.invoices set status = 'draft' where tenant_id = 'held'")
    (tmp_path / "out").mkdir()
    [rows] = files(books, tmp_path / "out")
    assert [(row["*InvoiceNumber"], row["*UnitAmount"]) for row in rows] == [("INV-2026-04-acme-2", "60.00")]


def test_a_month_without_an_invoice_has_the_header_alone(tmp_path):
    books = Books(tmp_path / "home").seal()
    (tmp_path / "out").mkdir()
    assert files(books, tmp_path / "out") == [[]]
