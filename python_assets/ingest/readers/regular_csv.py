"""CSV that DuckDB reads.

Two ways for CSV. What is sure to be regular is read by DuckDB in parallel: plain text (see `files.Survey`), and
text with quotes that Python's csv module finds to be well-formed and rectangular. The rest is read by that module
alone, because DuckDB 2.0 drops rows without a word around a quote that never closes, a record over its buffer, or
mixed line ends, and takes a kilobyte of memory for each cell that a ragged record lacks; and only there the record
numbers are certain.
"""

from concurrent.futures import Future

import duckdb

from python_assets.ingest.feeds import Table
from python_assets.ingest.files import LandingFile, Survey
from python_assets.ingest.readers import csv
from python_assets.ingest.readers.base import TOO_FEW, TOO_MANY, Rejects, Source, glob_literal
from python_assets.ingest.readers.csv import CsvColumns, CsvRecords
from python_assets.ingest.values import VALUE_LIMIT, literal, name

ODD_CELL_LIMIT = 50_000  # cells of ragged records for which DuckDB may take a kilobyte each
WORTH_PRESUMING = 16 * 1024 * 1024  # bytes of a CSV file


def csv_source(file: LandingFile, table: Table, survey: Survey) -> Source:
    records = CsvRecords(file)
    columns = CsvColumns(records.header, table, file)
    rows = survey.lines - 1 if survey.is_plain else None
    if rows is None and survey.is_bounded:
        rows = records.regular_rows(survey.blank_lines_at_end)
    return csv.careful_csv(file, table) if rows is None else RegularCsv(file, columns, rows)


class Unreadable(Exception):
    """DuckDB's reading of a regular CSV does not add up; `instead` is what to read it with."""

    def __init__(self, source: "RegularCsv"):
        self.instead = source.instead


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
        return csv.careful_csv(self._file, self._columns.table)

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
        return csv_source(self._file, self._columns.table, self._surveyed.result())


def _cell(position: int | None, constant: str | None) -> str:
    if constant is not None:
        return literal(constant)
    return "cast(null as varchar)" if position is None else f"c{position}"
