"""`workbook.xlsx`: the four tables of finance as typed sheets, and a sheet `Totals` first.

A cell's number is a binary double, and a spreadsheet shows 15 digits of it: an amount below 10^15 cents is exact to
the cent in major units, since two of them are always farther apart than a double's step (2^53 cents would be too
much: at 9 * 10^13 dollars the step is 1.6 cents). What does not fit is written as text, so nothing is rounded.
Rows go to disk as they are written: memory does not grow with the month. A cell takes some ten microseconds of one
processor, so that a large workbook is as much work as all other exports: it is written by a process of its own beside
them, from the Parquet files of the tables.
"""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from python_assets.exports.control import Control, Controls
from python_assets.exports.tables import TABLES, columns_of
from python_assets.processes import begin

NAME = "workbook.xlsx"
MAX_ROWS = 1_048_575  # of a sheet, below its header
_MANY = 20_000  # rows from which a process is worth its start
_DIGITS = 15  # that a spreadsheet shows
_TOO_LARGE = 10**_DIGITS
_DAY_ZERO = date(1899, 12, 30).toordinal()  # dates are days since then
_MONEY = "#,##0.00;[Red]-#,##0.00"
_WIDTHS = {
    "description": 44,
    "message": 100,
    "what_to_do": 100,
    "explanation": 50,
    "anomaly_id": 18,
    "subject": 38,
    "invoice_id": 28,
    "name": 32,
    "tenant_name": 32,
    "rule": 26,
    "verdict": 24,
    "expected_from": 34,
    "deployment_id": 24,
}

Write = Callable[[int, int, Any], Any]


def begin_workbook(
    marts: duckdb.DuckDBPyConnection, period: date, heading: list[str], tables: Controls, folder: Path, beside: Executor
) -> tuple[Controls, Future[None] | None]:
    """Writes `workbook.xlsx` from the tables of `make_tables`, which `write_tables` has written into `folder` already.

    `heading` are lines at the top of `Totals`. A large one is not there before the future is done, and is waited for in
    a thread of `beside`.
    """
    rows = sum(tables[f"{name}.parquet"].rows for name in TABLES)
    controls = {NAME: Control(rows, _sealed_and_current(marts))}
    if rows >= _MANY:
        return controls, beside.submit(_write_elsewhere, period, heading, folder)
    write_workbook(marts, period, heading, folder)
    return controls, None


def _write_elsewhere(period: date, heading: list[str], folder: Path) -> None:
    """RuntimeError with what the process says if it cannot."""
    job = {"period": period.isoformat(), "heading": heading, "folder": str(folder)}
    answer, _ = begin("python_assets.exports.helper").communicate(json.dumps(job))
    if answer != "written\n":
        raise RuntimeError(f"{NAME} could not be written: {answer.strip() or 'the process that writes it ended'}")


def write_workbook(
    marts: duckdb.DuckDBPyConnection, period: date, heading: list[str], folder: Path, max_rows: int = MAX_ROWS
) -> None:
    """Writes `workbook.xlsx` here and now.

    A table of more than `max_rows` rows goes on in further sheets (`invoice_lines 2` …).
    """
    import xlsxwriter

    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(str(folder / NAME), options) as workbook:
        # The clock has no place in a file that is a function of the books.
        workbook.set_properties({"title": heading[0], "created": datetime(period.year, period.month, 1)})
        formats = _formats(workbook)
        totals = workbook.add_worksheet("Totals")
        for name in TABLES:
            _Table(marts, name).write(workbook, formats, max_rows)
        _write_totals(marts, totals, formats, heading, max_rows)


def _formats(workbook: Any) -> dict[str, Any]:
    return {
        "title": workbook.add_format({"bold": True, "font_size": 14}),
        "header": workbook.add_format({"bold": True, "bg_color": "#DDE5EE", "bottom": 1}),
        "sum": workbook.add_format({"bold": True}),
        "money": workbook.add_format({"num_format": _MONEY}),
        "price": workbook.add_format({"num_format": "#,##0.00######"}),
        "quantity": workbook.add_format({"num_format": "#,##0.#########"}),
        "count": workbook.add_format({"num_format": "#,##0"}),
        "date": workbook.add_format({"num_format": "yyyy-mm-dd"}),
    }


class _Table:
    """One of the tables, over as many sheets as it needs."""

    def __init__(self, marts: duckdb.DuckDBPyConnection, name: str):
        self._name = name
        self._columns = columns_of(marts, f"export_{name}")
        self._result = marts.execute(f"select * from export_{name} order by rowid")

    def write(self, workbook: Any, formats: dict[str, Any], max_rows: int) -> None:
        written = 0
        sheet, writers = self._sheet(workbook, formats, 1)
        for rows, values in enumerate(_fetched(self._result)):
            if written == max_rows:
                self._finish(sheet, written)
                sheet, writers = self._sheet(workbook, formats, rows // max_rows + 1)
                written = 0
            written += 1
            for column, value in enumerate(values):
                if value is not None:
                    writers[column](written, column, value)
        self._finish(sheet, written)

    def _sheet(self, workbook: Any, formats: dict[str, Any], number: int) -> tuple[Any, list[Write]]:
        sheet = workbook.add_worksheet(self._name if number == 1 else f"{self._name} {number}")
        sheet.freeze_panes(1, 0)
        for column, (name, kind) in enumerate(self._columns.items()):
            width = _WIDTHS.get(name, 14 if kind == "VARCHAR" or name.endswith("_cents") else 12)
            sheet.set_column(column, column, width)
            sheet.write_string(0, column, name.removesuffix("_cents"), formats["header"])
        return sheet, [_writer(sheet, formats, name, kind) for name, kind in self._columns.items()]

    def _finish(self, sheet: Any, rows: int) -> None:
        sheet.autofilter(0, 0, max(rows, 1), len(self._columns) - 1)


def _fetched(result: duckdb.DuckDBPyConnection) -> Iterator[tuple]:
    while batch := result.fetchmany(5_000):
        yield from batch


def _writer(sheet: Any, formats: dict[str, Any], name: str, kind: str) -> Write:
    """What writes a column's values, as what they are."""
    number, text = sheet.write_number, sheet.write_string
    if name.endswith("_cents") and kind == "BIGINT":
        return lambda row, column, cents: _write_money(sheet, row, column, cents, formats["money"])
    if name.endswith("_cents"):
        return lambda row, column, cents: _write_decimal(sheet, row, column, cents.scaleb(-2), formats["price"])
    if kind.startswith("DECIMAL"):
        return lambda row, column, value: _write_decimal(sheet, row, column, value, formats["quantity"])
    if kind == "DATE":
        return lambda row, column, day: number(row, column, day.toordinal() - _DAY_ZERO, formats["date"])
    if kind == "BOOLEAN":
        return sheet.write_boolean
    if kind == "VARCHAR":
        return lambda row, column, value: text(row, column, _plain(value))
    return number


def _write_money(sheet: Any, row: int, column: int, cents: int, style: Any) -> None:
    if -_TOO_LARGE < cents < _TOO_LARGE:
        sheet.write_number(row, column, cents / 100, style)  # the double nearest to the amount
    else:
        sheet.write_string(row, column, format(_major(cents), "f"), style)


def _write_decimal(sheet: Any, row: int, column: int, value: Decimal, style: Any) -> None:
    digits = value.normalize()
    if len(digits.as_tuple().digits) <= _DIGITS and abs(value) < _TOO_LARGE:
        sheet.write_number(row, column, float(value), style)
    else:
        sheet.write_string(row, column, format(digits, "f"), style)


def _major(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)


def _plain(text: str) -> str:
    """The library takes a string in these tags for ready-made markup; behind an apostrophe it is text."""
    return f"'{text}" if text.startswith("<r>") and text.endswith("</r>") else text


def _sealed_and_current(marts: duckdb.DuckDBPyConnection) -> dict[str, dict[str, int]]:
    """What the month comes to by currency: current invoices that are sealed."""
    found = marts.execute(
        "select currency, sum(subtotal_cents)::bigint, sum(tax_cents)::bigint, sum(total_cents)::bigint "
        "from export_invoices where is_current and status <> 'draft' group by currency order by currency"
    ).fetchall()
    return {
        currency: {"subtotal_cents": net, "tax_cents": tax, "total_cents": total} for currency, net, tax, total in found
    }


def _write_totals(
    marts: duckdb.DuckDBPyConnection, sheet: Any, formats: dict[str, Any], heading: list[str], max_rows: int
) -> None:
    """The sums, computed here from the whole cents, and as formulas over the sheets, which show the same."""
    sheet.set_column(0, 0, 20)
    sheet.set_column(1, 1, 28)
    sheet.set_column(2, 6, 16)
    page = _Page(sheet, formats)
    for number, line in enumerate(heading):
        page.text(line, "title" if number == 0 else None)
    invoices = _Formulas(marts, "invoices", max_rows)
    page.table("Invoices", ["currency", "status", "invoices", "subtotal", "tax", "total"])
    for currency, status, count, *cents in marts.execute(
        "select currency, status, count(*), sum(subtotal_cents)::hugeint, sum(tax_cents)::hugeint, "
        "sum(total_cents)::hugeint from export_invoices group by all order by all"
    ).fetchall():
        where = {"currency": currency, "status": status}
        page.row([currency, status])
        page.count(2, count, invoices.count(where))
        for place, (name, amount) in enumerate(zip(("subtotal", "tax", "total"), cents, strict=True)):
            page.money(3 + place, amount, invoices.sum(f"{name}_cents", where))
    page.table("Sealed and current, to be booked", ["currency", "", "", "subtotal", "tax", "total"])
    for currency, sums in _sealed_and_current(marts).items():
        page.row([currency], "sum")
        for place, amount in enumerate(sums.values()):
            page.money(3 + place, amount)
    lines = _Formulas(marts, "invoice_lines", max_rows)
    page.table("Lines of current invoices", ["currency", "kind", "lines", "amount"])
    for currency, kind, count, cents in marts.execute(
        "select currency, kind, count(*), sum(amount_cents)::hugeint from export_invoice_lines "
        "where is_current group by all order by all"
    ).fetchall():
        where = {"currency": currency, "kind": kind, "is_current": True}
        page.row([currency, kind])
        page.count(2, count, lines.count(where))
        page.money(3, cents, lines.sum("amount_cents", where))
    page.table("Reconciliation", ["kind", "verdict", "rows", "currency", "delta"])
    for kind, verdict, count, currency, cents in marts.execute(
        "select kind, verdict, count(*), currency, sum(delta_cents)::hugeint from export_reconciliation "
        "group by kind, verdict, currency order by all"
    ).fetchall():
        page.row([kind, verdict])
        page.count(2, count)
        page.text_at(3, currency or "")
        page.money(4, cents)
    page.table("Anomalies", ["severity", "rule", "rows"])
    for severity, rule, count in marts.execute(
        "select severity, rule, count(*) from export_anomalies group by severity, rule "
        "order by list_position(['critical', 'warning', 'info'], severity), rule"
    ).fetchall():
        page.row([severity, rule])
        page.count(2, count)


class _Page:
    """Writes down a sheet, row by row (a sheet of constant memory is written in order only)."""

    def __init__(self, sheet: Any, formats: dict[str, Any]):
        self._sheet = sheet
        self._formats = formats
        self._row = -1

    def text(self, text: str, style: str | None = None) -> None:
        self._row += 1
        self._sheet.write_string(self._row, 0, _plain(text), style and self._formats[style])

    def table(self, title: str, columns: list[str]) -> None:
        self._row += 1
        self.text(title, "sum")
        self._row += 1
        for column, name in enumerate(columns):
            self._sheet.write_string(self._row, column, name, self._formats["header"])

    def row(self, texts: list[str], style: str | None = None) -> None:
        self._row += 1
        for column, text in enumerate(texts):
            self._sheet.write_string(self._row, column, text, style and self._formats[style])

    def text_at(self, column: int, text: str) -> None:
        self._sheet.write_string(self._row, column, text)

    def count(self, column: int, value: int, formula: str | None = None) -> None:
        if formula:
            self._sheet.write_formula(self._row, column, formula, self._formats["count"], value)
        else:
            self._sheet.write_number(self._row, column, value, self._formats["count"])

    def money(self, column: int, cents: int, formula: str | None = None) -> None:
        if formula and abs(cents) < _TOO_LARGE:
            self._sheet.write_formula(self._row, column, formula, self._formats["money"], cents / 100)
        else:
            _write_money(self._sheet, self._row, column, cents, self._formats["money"])


class _Formulas:
    """Counts and sums over the sheet of a table; none where it has no row, goes on in further sheets, or has an
    amount as text, which a spreadsheet would leave out."""

    def __init__(self, marts: duckdb.DuckDBPyConnection, name: str, max_rows: int):
        self._name = name
        columns = columns_of(marts, f"export_{name}")
        self._columns = list(columns)
        money = [column for column, kind in columns.items() if column.endswith("_cents") and kind == "BIGINT"]
        largest = ", ".join(f"max(abs({column}::hugeint))" for column in money)
        self._rows, *amounts = marts.execute(f"select count(*), {largest} from export_{name}").fetchone()
        self._is_whole = 0 < self._rows <= max_rows and all((amount or 0) < _TOO_LARGE for amount in amounts)

    def count(self, where: dict[str, str | bool]) -> str | None:
        return f"=COUNTIFS({self._criteria(where)})" if self._is_whole else None

    def sum(self, column: str, where: dict[str, str | bool]) -> str | None:
        # Rounded: a sum of doubles may end in a trace of a cent.
        return f"=ROUND(SUMIFS({self._range(column)},{self._criteria(where)}),2)" if self._is_whole else None

    def _criteria(self, where: dict[str, str | bool]) -> str:
        return ",".join(f"{self._range(name)},{_criterion(value)}" for name, value in where.items())

    def _range(self, column: str) -> str:
        from xlsxwriter.utility import xl_range_abs

        place = self._columns.index(column)
        return f"{self._name}!{xl_range_abs(1, place, self._rows, place)}"


def _criterion(value: str | bool) -> str:
    return str(value).upper() if isinstance(value, bool) else f'"{value}"'
