"""Files of rows to a relation of texts: CSV, JSON Lines and Parquet, with a column per column of the table.

Two ways for CSV. What is sure to be regular is read by DuckDB in parallel: plain text (see `files.Survey`), and
text with quotes that Python's csv module finds to be well-formed and rectangular. The rest is read by that module
alone, because DuckDB 2.0 drops rows without a word around a quote that never closes, a record over its buffer, or
mixed line ends, and takes a kilobyte of memory for each cell that a ragged record lacks; and only there the record
numbers are certain. Values are not judged here.
"""

import csv
import io
import json
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from typing import Any, BinaryIO, Protocol

import duckdb
import pyarrow as pa

from python_assets.errors import UserError
from python_assets.ingest.feeds import Table
from python_assets.ingest.files import LandingFile, Survey, check_expansion, open_bytes, shown
from python_assets.ingest.values import TEXT_LIMIT, VALUE_LIMIT, literal, name

LINE_LIMIT = 16 * 1024 * 1024  # bytes of one line of text
CELL_LIMIT = TEXT_LIMIT  # characters of one CSV cell
COLUMN_LIMIT = 10_000
ODD_CELL_LIMIT = 50_000  # cells of ragged records for which DuckDB may take a kilobyte each
REJECT_LIMIT = 1_000_000  # records of one file that cannot be read
BLANK_LIMIT = 10_000_000
ROWS_OF_SMALL_PARQUET = 10_000_000
ROWS_PER_BYTE = 10  # of Parquet
WORTH_PRESUMING = 16 * 1024 * 1024  # bytes of a CSV file
BATCH = 20_000  # rows
BATCH_BYTES = 64 * 1024 * 1024  # of text that a batch was read from

MALFORMED = "is not well-formed CSV: a quote is open, or stands inside a cell"
TOO_FEW = "has fewer cells than the header"
TOO_MANY = "has more cells than the header"
TOO_LONG = "is too long for a record"
TOO_DEEP = "is nested too deeply"
NO_OBJECT = "is not a JSON object"
NO_TEXT = "has characters that are no Unicode text"


class TooManyRejects(UserError):
    """A file has more records without a row than are worth keeping in memory."""


@dataclass
class Rejects:
    """Records that gave no row, by record number, and what is wrong with them; blank ones are no fault.

    Both lists are bounded: a small file can hold millions of such records.
    """

    blank: array = field(default_factory=lambda: array("q"))
    faulty: list[tuple[int, str | None, str | None, str]] = field(default_factory=list)

    def add(self, record: int, column: str | None, value: str | None, reason: str) -> None:
        if len(self.faulty) >= REJECT_LIMIT:
            raise TooManyRejects(f"cannot be read in more than {REJECT_LIMIT} records, up to record {record}")
        self.faulty.append((record, column, value and value[:VALUE_LIMIT], reason))

    def add_blank(self, record: int) -> None:
        if len(self.blank) >= BLANK_LIMIT:
            raise TooManyRejects(f"has more than {BLANK_LIMIT} blank lines, up to record {record}")
        self.blank.append(record)


class Source(Protocol):
    """Rows of text. `first_record` is the number of the first row's record.

    `relation` is what stands after FROM; `rejects` is known once the relation was read to its end.
    """

    first_record: int

    def relation(self, connection: duckdb.DuckDBPyConnection) -> str: ...

    def rejects(self, connection: duckdb.DuckDBPyConnection) -> Rejects: ...


def open_source(file: LandingFile, table: Table, surveyed: Future[Survey]) -> Source:
    """The rows of a file of rows; UserError if it is not of its format or lacks a required column.

    A big CSV file may still be being surveyed: it is presumed to be plain.
    """
    if file.format == "csv" and not file.is_gzipped and file.path.stat().st_size >= WORTH_PRESUMING:
        try:
            return PresumedCsv(file, CsvColumns(CsvRecords(file).header, table, file), surveyed)
        except UserError:
            surveyed.result()  # What is wrong with all of the text says more than what is wrong with its header.
            raise
    survey = surveyed.result()
    if file.format == "parquet":
        return ParquetSource(file, table)
    if file.format == "jsonl":
        return PythonSource(table, JsonLines(file, table), first_record=1)
    return _csv_source(file, table, survey)


def _csv_source(file: LandingFile, table: Table, survey: Survey) -> Source:
    records = CsvRecords(file)
    columns = CsvColumns(records.header, table, file)
    rows = survey.lines - 1 if survey.is_plain else None
    if rows is None and survey.is_bounded:
        rows = records.regular_rows(survey.blank_lines_at_end)
    return careful_csv(file, table) if rows is None else RegularCsv(file, columns, rows)


def careful_csv(file: LandingFile, table: Table) -> Source:
    """The rows of a CSV file as Python's csv module reads them."""
    records = CsvRecords(file)
    return PythonSource(table, CsvRows(records, CsvColumns(records.header, table, file)), first_record=2)


def glob_literal(path: object) -> str:
    """A path as an SQL string that DuckDB does not take for a pattern."""
    return literal("".join(f"[{char}]" if char in "*?[" else char for char in str(path)))


class Unreadable(Exception):
    """DuckDB's reading of a regular CSV does not add up; `instead` is what to read it with."""

    def __init__(self, source: "RegularCsv"):
        self.instead = source.instead


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
    return ", ".join(f"'{shown(column)}'" for column in names)


def listed(names: Iterable[str]) -> str:
    """Names for a message, not too many of them."""
    text = shown(", ".join(islice(names, 500)))
    return text if len(text) <= 500 else text[:500] + " …"


class RegularCsv:
    """CSV that DuckDB reads, in parallel. `rows` is how many records it must find after the header.

    `passes_over`: ragged records go to the rejects; without it any of them makes the file Unreadable this way.
    """

    first_record = 2

    def __init__(self, file: LandingFile, columns: CsvColumns, rows: int, passes_over: bool = False):
        self._file = file
        self._columns = columns
        self._rows = rows
        self._passes_over = passes_over

    def relation(self, connection: duckdb.DuckDBPyConnection) -> str:
        rejecting = ""
        if self._passes_over:
            connection.execute("drop table if exists rejected_lines")
            connection.execute("drop table if exists rejected_scans")
            rejecting = "store_rejects = true, rejects_table = 'rejected_lines', rejects_scan = 'rejected_scans',"
        typed = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(len(self._columns.header)))
        positions, constants = self._columns.positions, self._columns.constants
        selected = ", ".join(
            f"{_cell(positions.get(column), constants.get(column))} as {name(column)}"
            for column in self._columns.table.column_names
        )
        return f"""(select {selected} from read_csv({self._file_sql},
            columns = {{{typed}}}, {rejecting} delim = ',', quote = '"', escape = '"', strict_mode = true))"""

    @property
    def _file_sql(self) -> str:
        compression = "gzip" if self._file.is_gzipped else "none"
        return f"""{glob_literal(self._file.path)}, auto_detect = false, header = true,
            hive_partitioning = false, compression = '{compression}'"""

    def rejects(self, connection: duckdb.DuckDBPyConnection) -> Rejects:
        rejects = Rejects()
        if not self._passes_over:
            return rejects
        rows = connection.execute(
            f"""select line, min(error_type::varchar), left(trim(min(csv_line), e'\\r\\n'), {VALUE_LIMIT})
            from rejected_lines group by line order by line"""
        ).fetchall()
        for record, error, line in rows:
            if error not in ("MISSING COLUMNS", "TOO MANY COLUMNS"):
                raise Unreadable(self)
            rejects.add(record, None, line, TOO_FEW if error == "MISSING COLUMNS" else TOO_MANY)
        return rejects

    def check_count(self, rows: int) -> None:
        """Raise Unreadable unless every record was found."""
        if rows != self._rows:
            raise Unreadable(self)

    def instead(self, connection: duckdb.DuckDBPyConnection) -> Source:
        """What reads the file when this could not: DuckDB once more if it need not pass over too many records."""
        if not self._passes_over and self._odd_cells(connection) <= ODD_CELL_LIMIT:
            return RegularCsv(self._file, self._columns, self._rows, passes_over=True)
        return careful_csv(self._file, self._columns.table)

    def _odd_cells(self, connection: duckdb.DuckDBPyConnection) -> float:
        """How many cells all lines together lack or have too many, taking each comma for the end of a cell."""
        commas = "strlen(line) - strlen(replace(line, ',', ''))"
        try:
            [(cells,)] = connection.execute(
                f"""select coalesce(sum(abs({commas} - {len(self._columns.header) - 1})), 0)
                from read_csv({self._file_sql},
                    columns = {{'line': 'VARCHAR'}}, delim = '\x01', quote = '', escape = '')"""
            ).fetchall()
        except duckdb.Error:
            return float("inf")
        return cells


class PresumedCsv(RegularCsv):
    """A CSV file that is read as if it were plain while that is being found out; if it is not, it is read again."""

    def __init__(self, file: LandingFile, columns: CsvColumns, surveyed: Future[Survey]):
        super().__init__(file, columns, rows=-1)
        self._surveyed = surveyed

    def check_count(self, rows: int) -> None:
        survey = self._surveyed.result()
        if not survey.is_plain or rows != survey.lines - 1:
            raise Unreadable(self)

    def instead(self, connection: duckdb.DuckDBPyConnection) -> Source:
        return _csv_source(self._file, self._columns.table, self._surveyed.result())


def _cell(position: int | None, constant: str | None) -> str:
    if constant is not None:
        return literal(constant)
    return "cast(null as varchar)" if position is None else f"c{position}"


class ParquetSource:
    """Parquet, with every column as the text that DuckDB gives it."""

    first_record = 1

    def __init__(self, file: LandingFile, table: Table):
        self._file = file
        self._table = table

    def relation(self, connection: duckdb.DuckDBPyConnection) -> str:
        present = columns_of_parquet(connection, self._file, self._table.column_names)
        if missing := [column for column in self._table.required if column not in present]:
            raise UserError(f"{missing_columns(missing)}; the file has: {listed(present)}")
        selected = ", ".join(
            f"cast({present[column].sql if column in present else 'null'} as varchar) as {name(column)}"
            for column in self._table.column_names
        )
        return f"(select {selected} from {parquet_sql(self._file)})"

    def rejects(self, connection: duckdb.DuckDBPyConnection) -> Rejects:
        return Rejects()


def parquet_sql(file: LandingFile) -> str:
    """What stands after FROM for a Parquet file."""
    return f"read_parquet({glob_literal(file.path)}, hive_partitioning = false)"


@dataclass(frozen=True)
class ParquetColumn:
    """A column of a Parquet file, as SQL over `parquet_sql`, and its SQL type."""

    sql: str
    kind: str


def columns_of_parquet(
    connection: duckdb.DuckDBPyConnection, file: LandingFile, wanted: Iterable[str]
) -> dict[str, ParquetColumn]:
    """The columns of a Parquet file by their names in it; UserError if the file cannot be trusted, or has one of the
    wanted ones more than once.

    DuckDB takes no note of case, and gives a column another name that differs from one before it in nothing else.
    """
    try:
        described = connection.execute(f"describe select * from {parquet_sql(file)}").fetchall()
        found = [ParquetColumn(name(column), kind) for column, kind, *_ in described]
        _check_footer(connection, file, found)
        names = _names_in_schema(connection, file)
    except duckdb.Error as error:
        raise UserError("is not a Parquet file that can be read") from error
    if len(names) != len(found):
        raise UserError("is not a Parquet file that can be read: its schema contradicts itself")
    wanted = set(wanted)
    check_once([column for column in names if column in wanted], "file's schema")
    return dict(zip(names, found, strict=True))


def _names_in_schema(connection: duckdb.DuckDBPyConnection, file: LandingFile) -> list[str]:
    """Of the columns, without what is inside them: a schema is a tree, written down from its root."""
    tree = connection.execute(
        f"select name, coalesce(num_children, 0) from parquet_schema({glob_literal(file.path)})"
    ).fetchall()
    names, inside = [], 0
    for column, children in tree[1:]:
        if not inside:
            names.append(column)
        inside = max(inside - 1, 0) + children
    return names


def _check_footer(connection: duckdb.DuckDBPyConnection, file: LandingFile, columns: list[ParquetColumn]) -> None:
    """UserError if a Parquet file's footer contradicts itself, or tells of far more than so few bytes can hold.

    A row count that is too low would lose rows without a word; run lengths make rows without number of a few bytes,
    and a dictionary makes a long text of each.
    """
    path, texts = glob_literal(file.path), [column.sql for column in columns if column.kind == "VARCHAR"]
    [(size, rows, in_groups, is_odd)] = connection.execute(
        f"""select
            any_value(file_size_bytes),
            any_value(num_rows),
            coalesce(sum(row_group_num_rows) filter (column_id = 0), 0),
            coalesce(bool_or(num_values < row_group_num_rows), false)
                or coalesce(bool_or(num_values > row_group_num_rows and not contains(path_in_schema, ', ')), false)
        from parquet_file_metadata({path}) left join parquet_metadata({path}) on true"""
    ).fetchall()
    if rows != in_groups or is_odd:
        raise UserError("is not a Parquet file that can be read: the row counts in its footer contradict each other")
    if rows > ROWS_OF_SMALL_PARQUET + ROWS_PER_BYTE * size:
        raise UserError(f"says that it has {rows} rows in {size} bytes; no true file is that dense")
    if texts:
        lengths = " + ".join(f"coalesce(sum(strlen({column})), 0)" for column in texts)
        [(length,)] = connection.execute(f"select {lengths} from {parquet_sql(file)}").fetchall()
        check_expansion(size, length)


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
        self._overflow = ""
        self._rows = rows
        self._schema = pa.schema([(column, pa.string()) for column in table.column_names])

    def relation(self, connection: duckdb.DuckDBPyConnection) -> str:
        reader = pa.RecordBatchReader.from_batches(self._schema, self._batches())
        connection.register("python_rows", reader)
        return "python_rows"

    def rejects(self, connection: duckdb.DuckDBPyConnection) -> Rejects:
        connection.unregister("python_rows")
        if fault := self._overflow or self._rows.fault:
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
        except TooManyRejects as error:
            self._overflow = str(error)

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


class _Lines:
    """Lines of a text file as strings, none longer than LINE_LIMIT; remembers how the current record began."""

    def __init__(self, content: BinaryIO):
        self.consumed = 0
        self._content = content
        self._is_first = True
        self.begin()

    def begin(self) -> None:
        """Forget the record before."""
        self.text = ""
        self.is_overlong = False

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._content.readline(LINE_LIMIT)
        if not line:
            raise StopIteration
        self.consumed += len(line)
        text = line.decode("utf-8-sig" if self._is_first else "utf-8", "ignore")  # only a cut can break a character
        self._is_first = False
        if len(line) == LINE_LIMIT and not line.endswith(b"\n"):
            self.is_overlong = True
            while (rest := self._content.readline(LINE_LIMIT)) and not rest.endswith(b"\n"):
                pass
        if len(self.text) < VALUE_LIMIT:
            self.text += text[: VALUE_LIMIT * 2]
        return text


class CsvRecords:
    """A CSV file record by record. The header is record 1; blank lines before it are passed over."""

    def __init__(self, file: LandingFile):
        self.consumed = 0
        self._file = file
        self.header = self._read_header()

    def _read_header(self) -> list[str]:
        with open_bytes(self._file) as content, _cell_limit():
            lines = _Lines(content)
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
            lines = _Lines(content)
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


class Number(str):
    """A JSON number as it is written."""

    __slots__ = ()  # millions of them may stand in a line


def _no_constant(text: str) -> None:
    raise ValueError(f"{text} is no JSON")


# Whole numbers repeat, and each is an object; a line of zeros would take eighty times its size.
DECODER = json.JSONDecoder(parse_float=Number, parse_int=lru_cache(maxsize=4096)(Number), parse_constant=_no_constant)


def json_text(value: Any) -> str | None:
    """A JSON value as a cell: text as it is, numbers as written, nested values as compact JSON."""
    if value is None or isinstance(value, str):
        return value
    return compact_json(value)


def compact_json(value: Any) -> str:
    """JSON without spaces, with its numbers as they were written."""
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{compact_json(key)}:{compact_json(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(compact_json, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


class JsonObjects:
    """The objects of a JSON Lines file; a record is a line. `keeps_text`: quarantine shows lines that are none."""

    def __init__(self, file: LandingFile, keeps_text: bool = True):
        self.rejects = Rejects()
        self.fault = ""
        self.consumed = 0
        self._file = file
        self._keeps_text = keeps_text

    def __iter__(self) -> Iterator[tuple[int, dict[str, Any]]]:
        with open_bytes(self._file) as content:
            self._lines = lines = _Lines(content)
            for record, self._line in enumerate(lines, 1):
                self.consumed = lines.consumed
                if self._line == "\n":
                    self.rejects.add_blank(record)
                    continue
                try:
                    parsed = _json_object(self._line, lines.is_overlong)
                except (ValueError, RecursionError):
                    self.reject(record)
                else:
                    yield record, parsed
                lines.begin()

    def reject(self, record: int) -> None:
        """Set aside the line that is being read."""
        if self._line.strip() or self._lines.is_overlong:
            text = self._line.strip("\r\n") if self._keeps_text else None
            self.rejects.add(record, None, text, TOO_LONG if self._lines.is_overlong else NO_OBJECT)
        else:
            self.rejects.add_blank(record)


class JsonLines(JsonObjects):
    """The rows of a JSON Lines file. `fault` is known once they were read."""

    def __init__(self, file: LandingFile, table: Table):
        super().__init__(file)
        self._table = table

    def rows(self) -> Iterator[tuple[int, list[str | None]]]:
        columns = self._table.column_names
        missing = set(self._table.required)
        seen: dict[str, None] = {}
        for record, parsed in self:
            try:
                row = [json_text(parsed.get(column)) for column in columns]
            except RecursionError:
                self.reject(record)
                continue
            if missing:
                missing -= parsed.keys()
                seen.update(dict.fromkeys(parsed))
            yield record, row
        if missing and seen:
            wanted = [column for column in self._table.required if column in missing]
            self.fault = f"{missing_columns(wanted)}; the lines have: {listed(seen)}"


def _json_object(line: str, is_overlong: bool) -> dict[str, Any]:
    parsed = None if is_overlong else DECODER.decode(line)
    if not isinstance(parsed, dict):
        raise ValueError(NO_OBJECT)
    return parsed
