"""`marts.duckdb` and the same tables as Parquet."""

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
    rows = {}
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        bound_memory(connection, home.publications / ".spill")
        connection.execute(f"attach {text_sql(str(home.warehouse))} as warehouse (read_only)")
        connection.execute(
            f"attach {text_sql(str(folder / 'marts.duckdb'))} as marts (storage_version '{STORAGE_VERSION}')"
        )
        # One transaction: else every table and every comment would be written through to the disk by itself.
        connection.execute("begin")
        tables = _public_tables(connection)
        for schema, table in tables:
            target = folder / "marts" / schema / f"{table}.parquet"
            target.parent.mkdir(parents=True, exist_ok=True)
            connection.execute(f"create schema if not exists marts.{schema}")
            connection.execute(f"create table marts.{schema}.{table} as from warehouse.{schema}.{table} order by all")
            connection.execute(
                f"copy marts.{schema}.{table} to {text_sql(str(target))} (format parquet, compression zstd)"
            )
            count = connection.execute(f"select count(*) from marts.{schema}.{table}").fetchone()
            rows[f"{schema}.{table}"] = count[0]
        connection.execute("use marts")
        comment_on_tables(connection, tables)
        _make_table_macros(connection)
        connection.execute("commit")
        connection.execute("use memory")
        connection.execute("detach marts")
    return rows


def _public_tables(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    return connection.execute(
        "select schema_name, table_name from duckdb_tables() "
        f"where database_name = 'warehouse' and schema_name in {PUBLIC_SCHEMAS} order by all"
    ).fetchall()


def _make_table_macros(connection: duckdb.DuckDBPyConnection) -> None:
    macros = connection.execute(
        "select macro_name, create_statement, description from catalog.table_macros order by position"
    ).fetchall()
    for name, statement, description in macros:
        connection.execute(statement)
        connection.execute(f"comment on macro table {name} is {text_sql(description)}")
