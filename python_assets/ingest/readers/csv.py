"""CSV as Python's csv module reads it, record by record."""

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from python_assets.errors import UserError
from python_assets.ingest.feeds import Table
from python_assets.ingest.files import RECORD_LIMIT, LandingFile, open_bytes
from python_assets.ingest.readers.base import (
    BREAK_LIMIT,
    TOO_FEW,
    TOO_MANY,
    BrokenFile,
    Lines,
    PythonSource,
    Rejects,
    Source,
    check_once,
    listed,
    missing_columns,
)
from python_assets.ingest.readers.stray_quotes import joins_cells, joins_lines

COLUMN_LIMIT = 10_000
BYTES_PER_CHARACTER = 4  # at most; a doubled quote has two
MALFORMED = "is not well-formed CSV: a quote stands inside a cell"
HINT = "; does a quote in it open and never close?"
NEVER_CLOSED = "opens a quote that is never closed; close it, or double it and quote the cell if it is part of the text"
JOINED = "joins lines that look like records themselves: a quote in it is stray; double it and quote the cell"


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
            lines = Lines(content, HINT)
            reader = csv.reader(lines, strict=True)
            try:
                while not (header := next(reader)):
                    lines.begin(1)
            except StopIteration:
                raise UserError("is empty; a CSV file begins with a header") from None
            except csv.Error as error:
                if _is_end(error):
                    raise BrokenFile(f"{lines.place} {NEVER_CLOSED}") from error
                raise UserError("the header cannot be read as CSV") from error
        if len(header) > COLUMN_LIMIT:
            raise UserError(f"the header has more than {COLUMN_LIMIT} columns")
        return header

    def regular_rows(self, blank_lines_at_end: int) -> int | None:
        """How many records follow the header, if all are well-formed, as wide as it and surely not too big; else None.

        Blank lines at the end of the file are no records.
        """
        width = len(self.header)
        blank = breaks = 0
        line = 1  # that the record begins with
        # Even if every cell were as long as this, and all of it wide characters, the record would not be too big.
        with open_bytes(self._file) as content, _cell_limit(RECORD_LIMIT // BYTES_PER_CHARACTER // width - 1):
            reader = csv.reader(io.TextIOWrapper(content, "utf-8-sig", newline=""), strict=True)
            try:
                for cells in reader:
                    if reader.line_num != line:
                        if reader.line_num - line > BREAK_LIMIT or joins_cells(cells, width):
                            return None
                        breaks += reader.line_num - line
                        line = reader.line_num
                    if len(cells) != width:
                        if cells:
                            return None
                        blank += 1
                    line += 1
            except csv.Error:
                return None
        return None if blank > blank_lines_at_end else line - 1 - breaks - blank - 1

    def __iter__(self) -> Iterator[tuple[int, list[str] | None, str, str]]:
        """Record number from 2, cells (none if the record cannot be read), its text's beginning, and why not.

        BrokenFile if a quote is never closed, or has joined records.
        """
        width = len(self.header)
        with open_bytes(self._file) as content, _cell_limit():
            lines = Lines(content, HINT)
            reader = csv.reader(lines, strict=True)
            while not next(reader):
                lines.begin(1)
            record = 1
            while True:
                record += 1
                lines.begin(record)
                self.consumed = lines.consumed
                try:
                    cells = next(reader)
                except StopIteration:
                    return
                except csv.Error as error:
                    if _is_end(error):
                        raise BrokenFile(f"{lines.place} {NEVER_CLOSED}") from error
                    cells = None
                if len(lines.lines) > 1:
                    is_joined = joins_lines(lines.lines, width) if cells is None else joins_cells(cells, width)
                    if is_joined:
                        raise BrokenFile(f"{lines.place} {JOINED}")
                yield record, cells, lines.text, MALFORMED if cells is None else ""


def _is_end(error: csv.Error) -> bool:
    """Whether the text ended within quotes."""
    return str(error) == "unexpected end of data"


@contextmanager
def _cell_limit(limit: int = RECORD_LIMIT) -> Iterator[None]:
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
