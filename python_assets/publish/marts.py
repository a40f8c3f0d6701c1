"""`marts.duckdb` and the same tables as Parquet.

Both begin as those of the publication before: nearly all rows of a long history stay as they are, and writing them
takes far longer than seeing that. What is there is held against the books, not taken on trust: months are compared by
the sum of their rows' 64-bit hashes and by their number, and written again where these differ.
"""

import os
import shutil
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import duckdb

from python_assets.home import Home
from python_assets.ledger.relations import text_sql
from python_assets.links import has_size, link_or_copy
from python_assets.memory import bound_memory, in_memory
from python_assets.publish.comments import comment_on_tables

PUBLIC_SCHEMAS = ("billing", "cost", "campaigns", "reconciliation", "audit", "catalog")
# Analysts open the file with any client from DuckDB 1.0 on.
STORAGE_VERSION = "v1.0.0"
_FILE = "marts.duckdb"
_AT_ONCE = min(4, os.cpu_count() or 1)  # tables: each may take much memory
Sizes = Mapping[str, int]  # bytes of files, by their path in a publication


def write_marts(home: Home, folder: Path, previous: Path | None = None, sizes: Sizes | None = None) -> dict[str, int]:
    """Writes `marts.duckdb` and `marts/<schema>/<table>.parquet` into `folder`; rows per `schema.table`.

    `previous` is the publication before, `sizes` the bytes of its files that can be used as they are. Rows of a Parquet
    file stand in one order (by all columns), so that the same books give the same files. Tables, columns and table
    macros say in their comments what they mean.
    """
    if previous:
        try:
            shutil.copyfile(previous / _FILE, folder / _FILE)
            return _write(home, folder, previous, sizes or {})
        except (FileNotFoundError, duckdb.Error):  # It is gone or damaged: then it is no help.
            (folder / _FILE).unlink(missing_ok=True)
            shutil.rmtree(folder / "marts", ignore_errors=True)
    return _write(home, folder, None, {})


def _write(home: Home, folder: Path, previous: Path | None, sizes: Sizes) -> dict[str, int]:
    with in_memory() as connection:
        connection.execute("set global timezone = 'UTC'")
        bound_memory(connection, home.publications / ".spill")
        # Written through to the disk once, at the end, and not with every table that is finished.
        connection.execute("set checkpoint_threshold = '1TB'")
        connection.execute(f"attach {text_sql(str(home.warehouse))} as warehouse (read_only)")
        connection.execute(f"attach {text_sql(str(folder / _FILE))} as marts (storage_version '{STORAGE_VERSION}')")
        tables = _public_tables(connection)
        standing = _prepare(connection, folder, tables)

        def written(table: tuple[str, str]) -> tuple[str, int]:
            with connection.cursor() as cursor:
                return _write_table(cursor, *table, folder, standing.get(table), previous, sizes)

        # DuckDB writes a table of this size with one thread: so several at a time, the greatest first.
        with ThreadPoolExecutor(_AT_ONCE) as writers:
            rows = dict(writers.map(written, tables))
        connection.execute("begin")
        connection.execute("use marts")
        comment_on_tables(connection, [table for table in tables if table not in standing])
        _make_table_macros(connection)
        connection.execute("commit")
        connection.execute("use memory")
        connection.execute("detach marts")
    return dict(sorted(rows.items()))


def _public_tables(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    return connection.execute(
        "select schema_name, table_name from duckdb_tables() "
        f"where database_name = 'warehouse' and schema_name in {PUBLIC_SCHEMAS} "
        "order by estimated_size desc, schema_name, table_name"
    ).fetchall()


def _prepare(
    connection: duckdb.DuckDBPyConnection, folder: Path, tables: list[tuple[str, str]]
) -> dict[tuple[str, str], list[str]]:
    """Makes schemas and folders, and takes away what is of another version; the tables that stand as they should, with
    their columns."""
    for schema in PUBLIC_SCHEMAS:
        connection.execute(f"create schema if not exists marts.{schema}")
        (folder / "marts" / schema).mkdir(parents=True)
    macros = connection.execute(
        "select distinct schema_name, function_name from duckdb_functions() "
        "where database_name = 'marts' and function_type = 'table_macro'"
    ).fetchall()
    for schema, macro in macros:
        connection.execute(f"drop macro table marts.{schema}.{macro}")
    columns = "list((column_name, data_type) order by column_index)"
    found = connection.execute(
        f"select schema_name, table_name, {columns} filter (database_name = 'marts'), "
        f"{columns} filter (database_name = 'warehouse') from duckdb_columns() "
        f"where database_name in ('marts', 'warehouse') and schema_name in {PUBLIC_SCHEMAS} group by all"
    ).fetchall()
    for schema, table, there, wanted in found:
        if there and there != wanted:
            connection.execute(f"drop table marts.{schema}.{table}")
    standing = {(schema, table): there for schema, table, there, wanted in found if there == wanted}
    return {name: [column for column, _ in standing[name]] for name in tables if name in standing}


def _write_table(
    connection: duckdb.DuckDBPyConnection,
    schema: str,
    table: str,
    folder: Path,
    standing: list[str] | None,
    previous: Path | None,
    sizes: Sizes,
) -> tuple[str, int]:
    """The table's name, with its schema, and its rows. `standing` are its columns if it stands as in `previous`."""
    name, parquet = f"{schema}.{table}", Path("marts", schema, f"{table}.parquet")
    if standing is None:
        is_unchanged = False
        connection.execute(f"create table marts.{name} as from warehouse.{name} order by all")
        [rows] = connection.execute(f"select count(*) from marts.{name}").fetchone()
    else:
        rows, is_unchanged = _write_changed_months(connection, name, "period" in standing)
    if is_unchanged and previous and has_size(previous / parquet, sizes.get(parquet.as_posix())):
        link_or_copy(previous / parquet, folder / parquet)
    else:
        connection.execute(
            f"copy (from warehouse.{name} order by all) to {text_sql(str(folder / parquet))} "
            "(format parquet, compression zstd)"
        )
    return name, rows


def _write_changed_months(connection: duckdb.DuckDBPyConnection, name: str, has_months: bool) -> tuple[int, bool]:
    """Makes a table's rows those of the books; how many they are, and whether they were these. A table without months
    is all one."""
    month = "there.period" if has_months else "cast(null as date)"
    hashes = (
        f"select {month} as period, count(*) as row_count, sum(hash(hash(there))) as hashes from {{}}.{name} as there"
    )
    months = connection.execute(
        "select coalesce(wanted.period, found.period), coalesce(wanted.row_count, 0), "
        "(wanted.row_count, wanted.hashes) is distinct from (found.row_count, found.hashes) "
        f"from ({hashes.format('warehouse')} group by 1) as wanted "
        f"full join ({hashes.format('marts')} group by 1) as found on wanted.period is not distinct from found.period"
    ).fetchall()
    changed = [period for period, _, is_changed in months if is_changed]
    if changed:
        of_them = _of_months(changed) if has_months else "true"
        connection.execute("begin")
        connection.execute(f"delete from marts.{name} as there where {of_them}")
        connection.execute(f"insert into marts.{name} from warehouse.{name} as there where {of_them} order by all")
        connection.execute("commit")
    return sum(count for _, count, _ in months), not changed


def _of_months(months: list[date | None]) -> str:
    """SQL that tells whether a row is of one of these months, or of none where one is None."""
    days = ", ".join(f"date '{month}'" for month in months if month)
    return " or ".join([f"there.period in ({days})"] * bool(days) + ["there.period is null"] * (None in months))


def _make_table_macros(connection: duckdb.DuckDBPyConnection) -> None:
    macros = connection.execute(
        "select macro_name, create_statement, description from catalog.table_macros order by position"
    ).fetchall()
    for name, statement, description in macros:
        connection.execute(statement)
        connection.execute(f"comment on macro table {name} is {text_sql(description)}")
