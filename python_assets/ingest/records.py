"""Records of other systems as objects: from CSV, JSON Lines, JSON and Parquet, for `mapped.py`.

A record's own text never reaches quarantine from here: it may hold what people wrote.
"""

import codecs
import json
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any, BinaryIO, Protocol

import duckdb

from python_assets.errors import UserError
from python_assets.ingest.files import BLOCK, RECORD_LIMIT, LandingFile, cut, open_bytes
from python_assets.ingest.readers.base import BATCH, NO_OBJECT, TOO_FEW, TOO_MANY, Rejects, check_size, quoted
from python_assets.ingest.readers.csv import CsvRecords
from python_assets.ingest.readers.jsonl import DECODER, JsonObjects
from python_assets.ingest.readers.parquet import ParquetColumn, columns_of_parquet, parquet_sql
from python_assets.ingest.values import literal
from python_assets.memory import in_memory

NO_SINGLE = "is not a single value"
LONGEST_ESCAPE = 16  # characters at the end of a text that was cut which may look like a fault
NAMES_LIMIT = 100  # names of fields that are kept for a message
_SPACE = re.compile(r"[ \t\r\n]*")

Fields = dict[str, Any]


class Records(Protocol):
    """Records as objects, by number. `names` are the fields known so far; the rest is as in `readers.base.Rows`."""

    rejects: Rejects
    fault: str
    consumed: int
    names: dict[str, None]

    def __iter__(self) -> Iterator[tuple[int, Fields]]: ...


class JsonLineRecords(JsonObjects):
    """The lines of a JSON Lines file."""

    def __init__(self, file: LandingFile, fields: list[str]):
        super().__init__(file, keeps_text=False)
        self.names: dict[str, None] = {}

    def __iter__(self) -> Iterator[tuple[int, Fields]]:
        for record, item in super().__iter__():
            _note(self.names, item)
            yield record, item


class JsonItems:
    """The items of the list that a JSON file is, one by one; an object alone is a list of one."""

    def __init__(self, file: LandingFile, fields: list[str]):
        self.rejects = Rejects()
        self.fault = ""
        self.consumed = 0
        self.names: dict[str, None] = {}
        self._file = file

    def __iter__(self) -> Iterator[tuple[int, Fields]]:
        with open_bytes(self._file) as content:
            window = _Window(content)
            try:
                for record, item in enumerate(_items(window), 1):
                    self.consumed = window.consumed
                    if isinstance(item, dict):
                        _note(self.names, item)
                        yield record, item
                    else:
                        self.rejects.add(record, None, None, NO_OBJECT)
            except json.JSONDecodeError as error:
                self.fault = f"is not JSON: line {window.line + error.lineno - 1}"
            except (RecursionError, ValueError):
                self.fault = f"is not JSON: line {window.line_of_item}"


def _items(window: "_Window") -> Iterator[Any]:
    if window.next() == "{":
        yield window.take_item()
    else:
        window.take("[")
        while window.next() != "]":
            yield window.take_item()
            if window.next() != "]":
                window.take(",")
        window.take("]")
    window.take("")


class _Window:
    """JSON text of any length, of which no more is held than an item and a block."""

    def __init__(self, content: BinaryIO):
        self.consumed = 0
        self.line = 1  # that the held text begins in
        self._content = content
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")()
        self._text = ""
        self._at = 0
        self._items = 0

    @property
    def line_of_item(self) -> int:
        return self.line + self._text.count("\n", 0, self._at)

    def next(self) -> str:
        """The next character that is no space; empty at the end."""
        while True:
            self._at = _SPACE.match(self._text, self._at).end()  # type: ignore[union-attr]
            if self._at < len(self._text) or not self._read():
                return self._text[self._at : self._at + 1]

    def take(self, char: str) -> None:
        """Pass over the next character, which must be this one."""
        if self.next() != char:
            raise json.JSONDecodeError("another character was expected", self._text, self._at)
        self._at += 1

    def take_item(self) -> Any:
        """The next item. One that does not end in the text that is held is read again with twice as much.

        BrokenFile if it is too big for a record.
        """
        self.next()
        self._items += 1
        while True:
            try:
                item, end = DECODER.raw_decode(self._text, self._at)
            except ValueError as error:
                if len(self._text) - self._at > RECORD_LIMIT + LONGEST_ESCAPE:
                    if self._goes_on(error):
                        self._check_size(len(self._text))
                    raise
                if not self._read():
                    raise
            else:
                if end < len(self._text) or not self._read():  # a number at the end may go on
                    self._check_size(end)
                    self._at = end
                    return item

    def _goes_on(self, error: ValueError) -> bool:
        """Whether there is no fault in as much text as a record may have."""
        is_json_fault = isinstance(error, json.JSONDecodeError)
        return is_json_fault and (error.msg.startswith("Unterminated") or error.pos - self._at > RECORD_LIMIT)

    def _check_size(self, end: int) -> None:
        size = end - self._at
        if size > RECORD_LIMIT // 4:  # characters, which have four bytes at most
            size = len(self._text[self._at : end].encode("utf-8", "replace"))
        breaks = self._text.count("\n", self._at, end)
        check_size(f"record {self._items} (line {self.line_of_item})", size, breaks)

    def _read(self) -> bool:
        """Forget what was passed over, and read on; False at the end."""
        block = self._content.read(max(BLOCK, len(self._text) - self._at))
        if not block:
            return False
        self.line += self._text.count("\n", 0, self._at)
        self._text = self._text[self._at :] + self._decoder.decode(block)
        self._at = 0
        self.consumed += len(block)
        return True


class CsvObjects:
    """The records of a CSV file, by the names in its header."""

    fault = ""

    def __init__(self, file: LandingFile, fields: list[str]):
        self.rejects = Rejects()
        self.consumed = 0
        self._records = CsvRecords(file)
        header = self._records.header
        self.names = dict.fromkeys(header)
        if twice := [field for field in self.names if _is_wanted(field, fields) and header.count(field) > 1]:
            raise UserError(f"{quoted(twice)} stands in the header more than once")

    def __iter__(self) -> Iterator[tuple[int, Fields]]:
        header = self._records.header
        for record, cells, _, reason in self._records:
            self.consumed = self._records.consumed
            if cells is not None and len(cells) == len(header):
                yield record, dict(zip(header, cells, strict=True))
            elif cells == []:
                self.rejects.add_blank(record)
            else:
                self.rejects.add(
                    record, None, None, reason or (TOO_FEW if len(cells or []) < len(header) else TOO_MANY)
                )


class ParquetObjects:
    """The rows of a Parquet file: of the wanted columns, and of parts inside them, the text that DuckDB gives."""

    def __init__(self, file: LandingFile, fields: list[str]):
        self.rejects = Rejects()
        self.fault = ""
        self.consumed = 0
        self._source = parquet_sql(file)
        with in_memory() as connection:
            columns = columns_of_parquet(connection, file, [*fields, *map(_first, fields)])
            self.names = dict.fromkeys(columns)
            self._columns = dict(_wanted_columns(connection, file, columns, fields))

    def __iter__(self) -> Iterator[tuple[int, Fields]]:
        # A connection of its own: the one that loads is busy with asking for these very rows.
        texts = ", ".join(f"cast({column} as varchar)" for column in self._columns.values())
        try:
            with in_memory() as connection:
                connection.execute("set TimeZone = 'UTC'")
                rows = connection.execute(f"select {texts} from {self._source}")
                record = 0
                while batch := rows.fetchmany(BATCH // 10):
                    for texts_of_row in batch:
                        record += 1
                        self.consumed += sum(map(len, filter(None, texts_of_row)))
                        yield record, dict(zip(self._columns, texts_of_row, strict=True))
        except duckdb.Error as error:
            self.fault = f"cannot be read as Parquet: {cut(str(error).splitlines()[0])}"


def _wanted_columns(
    connection: duckdb.DuckDBPyConnection, file: LandingFile, columns: dict[str, ParquetColumn], fields: list[str]
) -> Iterator[tuple[str, str]]:
    """Name and SQL of what is taken: whole columns, and parts of structs and maps under the field's full name."""
    for field in fields:
        first, *parts = [field] if field in columns else field.split(".")
        if first not in columns:
            continue
        if not parts or not columns[first].kind.startswith(("STRUCT", "MAP")):
            parts, field = [], first
        sql = columns[first].sql + "".join(f"[{literal(part)}]" for part in parts)
        try:
            [(_, kind, *_)] = connection.execute(f"describe select {sql} from {parquet_sql(file)}").fetchall()
        except duckdb.Error:
            continue
        if kind.startswith(("STRUCT", "MAP", "UNION")) or kind.endswith("]"):
            raise UserError(f"'{cut(field)}' {NO_SINGLE}")
        yield field, sql


def _is_wanted(column: str, fields: list[str]) -> bool:
    return any(column in (field, _first(field)) for field in fields)


def _first(field: str) -> str:
    return field.split(".")[0]


def _note(names: dict[str, None], item: Fields) -> None:
    if len(names) < NAMES_LIMIT:
        names.update(dict.fromkeys(islice(item, NAMES_LIMIT)))
