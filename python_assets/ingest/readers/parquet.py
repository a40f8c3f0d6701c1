"""Parquet: whether its footer can be true, and its columns as texts."""

from collections.abc import Iterable
from dataclasses import dataclass

import duckdb

from python_assets.errors import UserError
from python_assets.ingest.feeds import Table
from python_assets.ingest.files import RECORD_LIMIT, LandingFile, check_expansion
from python_assets.ingest.readers.base import Rejects, check_once, check_size, glob_literal, listed, missing_columns
from python_assets.ingest.values import name

ROWS_OF_SMALL_PARQUET = 10_000_000
ROWS_PER_BYTE = 10  # of Parquet


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
        _check_footer(connection, file)
        names = _names_in_schema(connection, file)
    except duckdb.Error as error:
        raise UserError("is not a Parquet file that can be read") from error
    if len(names) != len(found):
        raise UserError("is not a Parquet file that can be read: its schema contradicts itself")
    wanted = set(wanted)
    check_once([column for column in names if column in wanted], "file's schema")
    columns = dict(zip(names, found, strict=True))
    try:
        _check_texts(connection, file, columns, wanted)
    except duckdb.Error as error:
        raise UserError("is not a Parquet file that can be read") from error
    return columns


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


def _check_footer(connection: duckdb.DuckDBPyConnection, file: LandingFile) -> None:
    """UserError if a Parquet file's footer contradicts itself, or has more rows than so few bytes can hold.

    A row count that is too low would lose rows without a word; run lengths make rows without number of a few bytes.
    """
    path = glob_literal(file.path)
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


def _check_texts(
    connection: duckdb.DuckDBPyConnection, file: LandingFile, columns: dict[str, ParquetColumn], wanted: set[str]
) -> None:
    """UserError if the texts are far longer than so few bytes can hold, as a dictionary can make them, or if those that
    are wanted are too long for one record."""
    texts = {column: found.sql for column, found in columns.items() if found.kind == "VARCHAR"}
    if not texts:
        return
    every = " + ".join(f"coalesce(sum(strlen({sql})), 0)" for sql in texts.values())
    record = " + ".join(["0", *(f"coalesce(strlen({sql}), 0)" for column, sql in texts.items() if column in wanted)])
    source = parquet_sql(file)
    [(length, longest)] = connection.execute(f"select {every}, max({record}) from {source}").fetchall()
    check_expansion(file.path.stat().st_size, length)
    if longest and longest > RECORD_LIMIT:
        numbered = source.removesuffix(")") + ", file_row_number = true)"
        [(row,)] = connection.execute(
            f"select min(file_row_number) from {numbered} where {record} > {RECORD_LIMIT}"
        ).fetchall()
        check_size(f"record {row + 1}", longest)
