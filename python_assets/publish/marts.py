"""`marts.duckdb` and the same tables as Parquet."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb

from python_assets.home import Home
from python_assets.ledger.relations import text_sql
from python_assets.memory import bound_memory
from python_assets.publish.comments import comment_on_tables

PUBLIC_SCHEMAS = ("billing", "cost", "campaigns", "reconciliation", "audit", "catalog")
# Analysts open the file with any client from DuckDB 1.0 on.
STORAGE_VERSION = "v1.0.0"


def write_marts(home: Home, folder: Path) -> dict[str, int]:
    """Writes `marts.duckdb` and `marts/<schema>/<table>.parquet` into `folder`; rows per `schema.table`.

    Rows stand in one order (by all columns), so that the same books give the same files. Tables, columns and table
    macros say in their comments what they mean.
    """
    with duckdb.connect() as connection:
        connection.execute("set global timezone = 'UTC'")
        bound_memory(connection, home.publications / ".spill")
        # Written through to the disk once, at the end, and not with every table that is finished.
        connection.execute("set checkpoint_threshold = '1TB'")
        connection.execute(f"attach {text_sql(str(home.warehouse))} as warehouse (read_only)")
        connection.execute(
            f"attach {text_sql(str(folder / 'marts.duckdb'))} as marts (storage_version '{STORAGE_VERSION}')"
        )
        tables = _public_tables(connection)
        for schema in PUBLIC_SCHEMAS:
            connection.execute(f"create schema marts.{schema}")
            (folder / "marts" / schema).mkdir(parents=True)
        # DuckDB writes a table of this size with one thread: so several at a time, the greatest first.
        with ThreadPoolExecutor(os.cpu_count() or 1) as writers:
            rows = dict(writers.map(lambda table: _write_table(connection.cursor(), *table, folder), tables))
        connection.execute("begin")
        connection.execute("use marts")
        comment_on_tables(connection, tables)
        _make_table_macros(connection)
        connection.execute("commit")
        connection.execute("use memory")
        connection.execute("detach marts")
    return dict(sorted(rows.items()))


def _write_table(connection: duckdb.DuckDBPyConnection, schema: str, table: str, folder: Path) -> tuple[str, int]:
    """The table's name, with its schema, and its rows."""
    name, target = f"{schema}.{table}", folder / "marts" / schema / f"{table}.parquet"
    connection.execute(f"create table marts.{name} as from warehouse.{name} order by all")
    connection.execute(f"copy marts.{name} to {text_sql(str(target))} (format parquet, compression zstd)")
    [rows] = connection.execute(f"select count(*) from marts.{name}").fetchone()
    return name, rows


def _public_tables(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    return connection.execute(
        "select schema_name, table_name from duckdb_tables() "
        f"where database_name = 'warehouse' and schema_name in {PUBLIC_SCHEMAS} "
        "order by estimated_size desc, schema_name, table_name"
    ).fetchall()


def _make_table_macros(connection: duckdb.DuckDBPyConnection) -> None:
    macros = connection.execute(
        "select macro_name, create_statement, description from catalog.table_macros order by position"
    ).fetchall()
    for name, statement, description in macros:
        connection.execute(statement)
        connection.execute(f"comment on macro table {name} is {text_sql(description)}")
