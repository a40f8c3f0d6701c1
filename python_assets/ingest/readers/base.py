"""What the readers of all formats share: records that gave no row, rows handed to DuckDB, lines of text, messages."""

from array import array
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import BinaryIO, Protocol

import duckdb
import pyarrow as pa

from python_assets.errors import UserError
from python_assets.ingest.feeds import Table
from python_assets.ingest.files import RECORD_LIMIT, SHOWN_LIMIT, cut
from python_assets.ingest.values import VALUE_LIMIT, literal

BREAK_LIMIT = 1_000  # line breaks within one record
REJECT_LIMIT = 1_000_000  # records of one file that cannot be read
BLANK_LIMIT = 10_000_000
BATCH = 20_000  # rows
BATCH_BYTES = 64 * 1024 * 1024  # of text that a batch was read from

TOO_FEW = "has fewer cells than the header"
TOO_MANY = "has more cells than the header"
TOO_DEEP = "is nested too deeply"
NO_OBJECT = "is not a JSON object"
NO_TEXT = "has characters that are no Unicode text"


class BrokenFile(UserError):
    """A file that cannot be read any further; none of its rows counts."""


def check_size(place: str, size: int, breaks: int = 0, hint: str = "") -> None:
    """BrokenFile if the record at `place` has too many bytes (`size`) or line breaks: it is no single row."""
    if size > RECORD_LIMIT:
        raise BrokenFile(f"{place} is over {RECORD_LIMIT:,} bytes long, the limit of a record{hint}")
    if breaks > BREAK_LIMIT:
        raise BrokenFile(f"{place} has over {BREAK_LIMIT:,} line breaks, the limit of a record{hint}")


@dataclass
class Rejects:
    """Records that gave no row, by record number, and what is wrong with them; blank and skipped ones are no fault.

    The lists of blank and faulty ones are bounded: a small file can hold millions of such records.
    """

    blank: array = field(default_factory=lambda: array("q"))
    skipped: array = field(default_factory=lambda: array("q"))  # by a condition of the file's mapping
    faulty: list[tuple[int, str | None, str | None, str]] = field(default_factory=list)

    def add(self, record: int, column: str | None, value: str | None, reason: str) -> None:
        if len(self.faulty) >= REJECT_LIMIT:
            raise BrokenFile(f"cannot be read in more than {REJECT_LIMIT} records, up to record {record}")
        self.faulty.append((record, column, value and value[:VALUE_LIMIT], reason))

    def add_blank(self, record: int) -> None:
        if len(self.blank) >= BLANK_LIMIT:
            raise BrokenFile(f"has more than {BLANK_LIMIT} blank lines, up to record {record}")
        self.blank.append(record)


class Source(Protocol):
    """Rows of text. `first_record` is the number of the first row's record.

    `relation` is what stands after FROM; `rejects` is known once the relation was read to its end.
    """

    first_record: int

    def relation(self, connection: duckdb.DuckDBPyConnection) -> str: ...

    def rejects(self, connection: duckdb.DuckDBPyConnection) -> Rejects: ...


def glob_literal(path: object) -> str:
    """A path as an SQL string that DuckDB does not take for a pattern."""
    return literal("".join(f"[{char}]" if char in "*?[" else char for char in str(path)))


def check_once(known: list[str], place: str) -> None:
    """UserError if a column that is read stands more than once in a header or a file's schema."""
    if twice := [column for column in dict.fromkeys(known) if known.count(column) > 1]:
        raise UserError(f"{_columns(twice)} stands in the {place} more than once")


def missing_columns(missing: Iterable[str]) -> str:
    missing = list(missing)
    return f"required {_columns(missing)} {'is' if len(missing) == 1 else 'are'} missing"


def _columns(names: list[str]) -> str:
    return f"column{'s' * (len(names) > 1)} {quoted(names)}"


def quoted(names: Iterable[str]) -> str:
    return ", ".join(f"'{cut(column)}'" for column in names)


def listed(names: Iterable[str]) -> str:
    """Names for a message, not too many of them."""
    return cut(", ".join(islice(names, SHOWN_LIMIT)))


class Rows(Protocol):
    """Records read in Python. `rows` gives (record number, a text or None per column of the table).

    `fault` is what makes the whole file unusable, known at the end; `consumed` counts the bytes read so far.
    """

    rejects: Rejects
    fault: str
    consumed: int

    def rows(self) -> Iterator[tuple[int, list[str | None]]]: ...


class PythonSource:
    """Rows read in Python, handed to DuckDB in Arrow batches as it asks for them."""

    def __init__(self, table: Table, rows: Rows, first_record: int, origins: Mapping[str, str] | None = None):
        self.first_record = first_record
        self._origins = origins or {}
        self._broken = ""
        self._rows = rows
        self._schema = pa.schema([(column, pa.string()) for column in table.column_names])

    def relation(self, connection: duckdb.DuckDBPyConnection) -> str:
        reader = pa.RecordBatchReader.from_batches(self._schema, self._batches())
        connection.register("python_rows", reader)
        return "python_rows"

    def rejects(self, connection: duckdb.DuckDBPyConnection) -> Rejects:
        connection.unregister("python_rows")
        if fault := self._broken or self._rows.fault:
            raise UserError(fault)
        return self._rows.rejects

    def _batches(self) -> Iterator[pa.RecordBatch]:
        batch: list[tuple[int, list[str | None]]] = []
        start = 0
        try:
            for row in self._rows.rows():
                batch.append(row)
                if len(batch) == BATCH or self._rows.consumed - start > BATCH_BYTES:
                    yield self._batch(batch)
                    batch, start = [], self._rows.consumed
            yield self._batch(batch)
        except BrokenFile as error:
            self._broken = str(error)

    def _batch(self, batch: list[tuple[int, list[str | None]]]) -> pa.RecordBatch:
        try:
            return self._arrow([row for _, row in batch])
        except UnicodeEncodeError:  # a lone surrogate, which JSON can write and Unicode text cannot hold
            return self._arrow([row for record, row in batch if self._is_text(record, row)])

    def _arrow(self, rows: list[list[str | None]]) -> pa.RecordBatch:
        columns = zip(*rows, strict=True) if rows else [()] * len(self._schema)
        return pa.record_batch([pa.array(column, pa.string()) for column in columns], schema=self._schema)

    def _is_text(self, record: int, row: list[str | None]) -> bool:
        for column, value in zip(self._schema.names, row, strict=True):
            try:
                (value or "").encode()
            except UnicodeEncodeError:
                origin = self._origins.get(column, column)
                self._rows.rejects.add(record, origin, value.encode("utf-8", "backslashreplace").decode(), NO_TEXT)
                return False
        return True


class Lines:
    """Lines of a text file as strings, and those of the current record; BrokenFile if that is too big.

    `hint` is what a person should look for in such a record.
    """

    def __init__(self, content: BinaryIO, hint: str = ""):
        self.consumed = 0
        self._content = content
        self._hint = hint
        self._number = 0
        self.begin(1)

    def begin(self, record: int) -> None:
        """Begin a record with the line that follows."""
        self.record = record
        self.lines: list[str] = []
        self._first = self._number + 1
        self._start = self.consumed

    @property
    def place(self) -> str:
        """Where the current record is, for a message."""
        return f"record {self.record} (line {self._first})"

    @property
    def text(self) -> str:
        """How the current record begins."""
        return "".join(self.lines[:VALUE_LIMIT])[: VALUE_LIMIT * 2]

    def __iter__(self) -> "Lines":
        return self

    def __next__(self) -> str:
        line = self._content.readline(RECORD_LIMIT + 1)
        if not line:
            raise StopIteration
        self._number += 1
        self.consumed += len(line)
        check_size(self.place, self.consumed - self._start, len(self.lines), self._hint)
        text = line.decode("utf-8-sig" if self._number == 1 else "utf-8", "ignore")  # `survey` names what is no UTF-8
        self.lines.append(text)
        return text
