"""The workbook, read back with another library than the one that wrote it."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest
from support.finance_books import APRIL, Books

from python_assets.exports import workbook as workbooks
from python_assets.exports.tables import TABLES, make_tables, write_tables
from python_assets.exports.workbook import begin_workbook, write_workbook

HOSTILE = [
    '=HYPERLINK("http://evil.example")',
    "http://example.com/a",
    "<r><t>markup</t></r>",
    "{=SUM(A1)}",
    "1e5",
    "007",
    "a\x01b\x0b & <c> 'd'",
    "mailto:a@b.c",
    "\r=1+1",
    "a\r\n\t=1\x00\u2028\u200b=2",
]
LARGEST = 10**15 - 1  # in cents; one more does not fit into a number


@pytest.fixture(scope="module")
def books(tmp_path_factory) -> Iterator[Books]:
    books = Books(tmp_path_factory.mktemp("workbook"))
    for number, text in enumerate(HOSTILE):
        books.invoice(f"t-{number}", 1005, -14, name=text)
    books.invoice("usd", 10005, currency="USD")
    books.invoice("vast", (LARGEST - 10, 0), (10, 0), currency="EUR")
    books.invoice("vaster", (LARGEST + 1, 0), (-1, 0), currency="CHF")
    books.invoice("vastest", (2**53 + 1, 0), currency="GBP")
    books.seal()
    make_tables(books.marts, APRIL)
    yield books
    books.marts.close()


def write(books: Books, folder: Path, **options) -> Path:
    write_workbook(books.marts, APRIL, ["Books", "=1+1"], folder, **options)
    return folder / "workbook.xlsx"


@pytest.fixture(scope="module")
def path(books, tmp_path_factory) -> Path:
    return write(books, tmp_path_factory.mktemp("file"))


@pytest.fixture(scope="module")
def workbook(path):
    return openpyxl.load_workbook(path)


def rows_of(sheet) -> list[dict]:
    header, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(header, row, strict=True)) for row in rows]


def test_totals_come_first_and_then_a_sheet_for_each_table(workbook):
    assert workbook.sheetnames == ["Totals", *TABLES]
    for name in TABLES:
        sheet = workbook[name]
        assert sheet.freeze_panes == "A2"
        assert sheet.auto_filter.ref.startswith("A1:")
        assert {cell.font.b for cell in sheet[1]} == {True}


def test_text_is_never_taken_for_anything_else(workbook):
    cells = [row[2] for row in workbook["invoices"].iter_rows(min_row=2, max_row=1 + len(HOSTILE))]
    expected = [f"'{text}" if text.startswith("<r>") else text for text in HOSTILE]
    assert [openpyxl.utils.escape.unescape(cell.value) for cell in cells] == expected
    assert {cell.data_type for cell in cells} == {"s"} or {cell.data_type for cell in cells} == {"inlineStr"}
    assert not any(cell.hyperlink for cell in cells)
    assert workbook["Totals"]["A2"].value == "=1+1"
    assert workbook["Totals"]["A2"].data_type != "f"


def test_money_is_in_major_units_exact_to_the_cent(workbook, books):
    sealed = books.marts.execute(
        "select invoice_id, subtotal_cents, tax_cents, total_cents from billing.invoices order by tenant_id"
    ).fetchall()
    rows = rows_of(workbook["invoices"])
    for (invoice_id, *cents), row in zip(sealed, rows, strict=True):
        assert row["invoice_id"] == invoice_id
        for name, amount in zip(("subtotal", "tax", "total"), cents, strict=True):
            exact = f"{'-' if amount < 0 else ''}{abs(amount) // 100}.{abs(amount) % 100:02d}"
            assert (row[name] if isinstance(row[name], str) else f"{row[name]:.2f}") == exact
            assert isinstance(row[name], str) == (abs(amount) > LARGEST)
    assert "0.00" in workbook["invoices"]["L2"].number_format


def test_days_are_days(workbook):
    cell = workbook["invoices"]["M2"]
    assert (cell.value, cell.number_format) == (datetime(2026, 5, 1), "yyyy-mm-dd")


def test_an_amount_as_text_leaves_no_formula_that_would_forget_it(workbook):
    assert not any(cell.data_type == "f" for row in workbook["Totals"].iter_rows() for cell in row)


def test_formulas_say_what_is_cached(tmp_path):
    books = Books(tmp_path / "home")
    for number in range(5):
        books.invoice(f"t-{number}", 1005, -14 * number)
    books.invoice("usd", 10005, currency="USD")
    books.seal()
    make_tables(books.marts, APRIL)
    path = write(books, tmp_path)
    workbook, cached = openpyxl.load_workbook(path), openpyxl.load_workbook(path, data_only=True)
    formulas = 0
    for row in workbook["Totals"].iter_rows():
        for cell in row:
            if cell.data_type == "f":
                formulas += 1
                shown = cached["Totals"][cell.coordinate].value
                assert evaluate(cell.value, cached) == pytest.approx(shown, abs=0.001)
    assert formulas > 10


def evaluate(formula: str, workbook) -> float:
    """COUNTIFS(range,criterion,…), or SUMIFS(range,range,criterion,…) rounded, as a spreadsheet does it."""
    name, arguments = re.fullmatch(r"=(?:ROUND\()?(COUNTIFS|SUMIFS)\((.*?)\)(?:,2\))?", formula).groups()
    parts = arguments.split(",")
    summed = values_of(parts.pop(0), workbook) if name == "SUMIFS" else None
    keep = None
    for place in range(0, len(parts), 2):
        wanted = {"TRUE": True}.get(parts[place + 1], parts[place + 1].strip('"'))
        found = [value == wanted for value in values_of(parts[place], workbook)]
        keep = found if keep is None else [a and b for a, b in zip(keep, found, strict=True)]
    if summed is None:
        return sum(keep)
    return sum(value for value, kept in zip(summed, keep, strict=True) if kept and not isinstance(value, str))


def values_of(reference: str, workbook) -> list:
    sheet, cells = reference.split("!")
    return [row[0].value for row in workbook[sheet][cells.replace("$", "")]]


def test_totals_are_those_of_the_books(path, books):
    sheet = openpyxl.load_workbook(path, data_only=True)["Totals"]
    rows = [row for row in sheet.iter_rows(values_only=True) if row[0] == "AUD" and row[1] == "issued"]
    sealed = books.marts.execute(
        "select count(*), sum(subtotal_cents) / 100, sum(tax_cents) / 100, sum(total_cents) / 100 "
        "from billing.invoices where currency = 'AUD'"
    ).fetchall()
    assert [row[2:6] for row in rows] == sealed


def test_a_table_of_more_rows_than_a_sheet_holds_goes_on_in_another(books, tmp_path, workbook):
    split = openpyxl.load_workbook(write(books, tmp_path, max_rows=5))
    parts = [name for name in split.sheetnames if name.startswith("invoice_lines")]
    assert parts[:3] == ["invoice_lines", "invoice_lines 2", "invoice_lines 3"]
    rows = [row for name in parts for row in rows_of(split[name])]
    assert rows == rows_of(workbook["invoice_lines"])
    assert {split[name].max_row for name in parts[:-1]} == {6}


def test_the_same_books_give_the_same_bytes(books, path, tmp_path):
    assert write(books, tmp_path).read_bytes() == path.read_bytes()


def begun(books: Books, folder: Path):
    """The workbook as begun beside other exports, and what has to be waited for."""
    tables = write_tables(books.marts, folder)
    with ThreadPoolExecutor(1) as beside:
        controls, future = begin_workbook(books.marts, APRIL, ["Books", "=1+1"], tables, folder, beside)
    return controls["workbook.xlsx"], future


def test_a_large_one_is_written_by_another_process_and_is_the_same(books, path, tmp_path, monkeypatch):
    small, nothing = begun(books, tmp_path)
    assert nothing is None
    assert (tmp_path / "workbook.xlsx").read_bytes() == path.read_bytes()
    (tmp_path / "workbook.xlsx").unlink()
    monkeypatch.setattr(workbooks, "_MANY", small.rows)
    large, future = begun(books, tmp_path)
    assert future.result() is None
    assert (tmp_path / "workbook.xlsx").read_bytes() == path.read_bytes()
    assert large == small


def test_a_workbook_that_cannot_be_written_is_no_success(books, tmp_path, monkeypatch):
    monkeypatch.setattr(workbooks, "_MANY", 0)
    (tmp_path / "workbook.xlsx").mkdir()
    with pytest.raises(RuntimeError, match=r"workbook\.xlsx could not be written: .*[Dd]irectory"):
        begun(books, tmp_path)[1].result()
