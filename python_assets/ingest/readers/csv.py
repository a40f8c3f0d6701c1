"""CSV as Python's csv module reads it, record by record."""

import csv
import io
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from python_assets.errors import UserError
from python_assets.ingest.feeds import Table
from python_assets.ingest.files import LandingFile, open_bytes
from python_assets.ingest.readers.base import (
    LINE_LIMIT,
    TOO_FEW,
    TOO_LONG,
    TOO_MANY,
    Lines,
    PythonSource,
    Rejects,
    Source,
    check_once,
    listed,
    missing_columns,
)
from python_assets.ingest.values import TEXT_LIMIT

CELL_LIMIT = TEXT_LIMIT  # characters of one CSV cell
COLUMN_LIMIT = 10_000
MALFORMED = "is not well-formed CSV: a quote is open, or stands inside a cell"


def careful_csv(file: LandingFile, table: Table) -> Source:
    """The rows of a CSV file as Python's csv module reads them."""
    records = CsvRecords(file)
    return PythonSource(table, CsvRows(records, CsvColumns(records.header, table, file)), first_record=2)


@dataclass
class CsvColumns:
    """Where the columns of a table stand in a CSV header, by position."""

    header: list[str]
    table: Table
    file: LandingFile
    positions: dict[str, int] = field(init=False)
    constants: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.constants = {"invoice_uuid": self.file.subject} if self.table.feed == "digitalocean_invoices" else {}
        known = [column for column in self.header if column in self.table.column_names]
        check_once(known, "header")
        missing = [c for c in self.table.required if c not in self.header and c not in self.constants]
        if missing:
            raise UserError(f"{missing_columns(missing)}; the header has: {listed(self.header)}")
        self.positions = {c: i for i, c in enumerate(self.header) if c in self.table.column_names}
        self.positions = {c: i for c, i in self.positions.items() if c not in self.constants}


class CsvRecords:
    """A CSV file record by record. The header is record 1; blank lines before it are passed over."""

    def __init__(self, file: LandingFile):
        self.consumed = 0
        self._file = file
        self.header = self._read_header()

    def _read_header(self) -> list[str]:
        with open_bytes(self._file) as content, _cell_limit():
            lines = Lines(content)
            try:
                header = next((record for record in csv.reader(lines, strict=True) if record), None)
            except csv.Error as error:
                raise UserError("the header cannot be read as CSV") from error
        if header is None:
            raise UserError("is empty; a CSV file begins with a header")
        if len(header) > COLUMN_LIMIT or lines.is_overlong:
            raise UserError(f"the header has more than {COLUMN_LIMIT} columns, or {LINE_LIMIT} bytes")
        return header

    def regular_rows(self, blank_lines_at_end: int) -> int | None:
        """How many records follow the header, if all of them are well-formed and as wide as it; else None.

        Blank lines at the end of the file are no records.
        """
        width = len(self.header)
        with open_bytes(self._file) as content, _cell_limit(CELL_LIMIT // width):
            text = io.TextIOWrapper(content, "utf-8-sig", newline="")
            try:
                widths = Counter(map(len, csv.reader(text, strict=True)))
            except csv.Error:
                return None
        if widths.pop(0, 0) > blank_lines_at_end or set(widths) != {width}:
            return None
        return widths[width] - 1

    def __iter__(self) -> Iterator[tuple[int, list[str] | None, str, str]]:
        """Record number from 2, cells (none if the record cannot be read), its text's beginning, and why not."""
        with open_bytes(self._file) as content, _cell_limit():
            lines = Lines(content)
            reader = csv.reader(lines, strict=True)
            while not next(reader):
                pass
            record = 1
            while True:
                lines.begin()
                record += 1
                self.consumed = lines.consumed
                try:
                    cells = next(reader)
                except StopIteration:
                    return
                except csv.Error as error:
                    reason = TOO_LONG if lines.is_overlong or "limit" in str(error) else MALFORMED
                    yield record, None, lines.text, reason
                    continue
                if lines.is_overlong:
                    yield record, None, lines.text, TOO_LONG
                else:
                    yield record, cells, lines.text, ""


@contextmanager
def _cell_limit(limit: int = CELL_LIMIT) -> Iterator[None]:
    before = csv.field_size_limit(limit)
    try:
        yield
    finally:
        csv.field_size_limit(before)


class CsvRows:
    """The rows of a CSV file."""

    fault = ""

    def __init__(self, records: CsvRecords, columns: CsvColumns):
        self.rejects = Rejects()
        self.consumed = 0
        self._records = records
        self._columns = columns

    def rows(self) -> Iterator[tuple[int, list[str | None]]]:
        width = len(self._columns.header)
        # A cell beyond the record's own stands for a column that the file does not have.
        places = [self._columns.positions.get(column, width) for column in self._columns.table.column_names]
        extra: list[str | None] = [None]
        for index, column in enumerate(self._columns.table.column_names):
            if column in self._columns.constants:
                places[index] = width + len(extra)
                extra.append(self._columns.constants[column])
        for record, cells, text, reason in self._records:
            self.consumed = self._records.consumed
            if cells is not None and len(cells) == width:
                cells += extra  # type: ignore[arg-type]
                yield record, [cells[place] for place in places]
            elif cells == []:
                self.rejects.add_blank(record)
            else:
                reason = reason or (TOO_FEW if len(cells or []) < width else TOO_MANY)
                self.rejects.add(record, None, text.strip("\r\n"), reason)
