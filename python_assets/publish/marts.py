"""`marts.duckdb` and the same tables as Parquet.

The database is written anew, in one checkpoint: older clients cannot read a file that DuckDB has changed in several.
A Parquet file is written only if its rows are not those of the publication before, as the sum of their 64-bit hashes
and their number tell; else it is linked.
"""

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
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
DATABASE = "marts.duckdb"
_AT_ONCE = min(4, os.cpu_count() or 1)  # tables: each may take much memory


@dataclass(frozen=True)
class Table:
    """A table as published: its rows, the sum of their hashes, and the bytes of its Parquet file."""

    rows: int
    hashes: str
    parquet_bytes: int


Tables = Mapping[str, Table]  # by `schema.table`


def parquet_path(name: str) -> Path:
    """Where the table `schema.table` stands as Parquet in a publication."""
    schema, table = name.split(".")
    return Path("marts", schema, f"{table}.parquet")


def write_marts(home: Home, folder: Path, previous: Path | None, before: Tables) -> dict[str, Table]:
    """Writes `marts.duckdb` and `marts/<schema>/<table>.parquet` into `folder`; what was written, by `schema.table`.

    `previous` is a publication of the same version of this project, `before` its tables: Parquet files that would come
    out the same are linked from there. Rows stand in one order (by all columns), so that the same books give the same
    files. Tables, columns and table macros say in their comments what they mean.
    """
    with in_memory() as connection:
        connection.execute("set global timezone = 'UTC'")
        bound_memory(connection, home.publications / ".spill")
        # One checkpoint, at the end.
        connection.execute("set checkpoint_threshold = '1TB'")
        connection.execute(f"attach {text_sql(str(home.warehouse))} as warehouse (read_only)")
        connection.execute(f"attach {text_sql(str(folder / DATABASE))} as marts (storage_version '{STORAGE_VERSION}')")
        for schema in PUBLIC_SCHEMAS:
            connection.execute(f"create schema marts.{schema}")
            (folder / "marts" / schema).mkdir(parents=True)
        names = _public_tables(connection)

        def written(name: str) -> Table:
            with connection.cursor() as cursor:
                return _write_table(cursor, name, folder, previous, before.get(name))

        # DuckDB writes a table of this size with one thread: so several at a time, the greatest first.
        with ThreadPoolExecutor(_AT_ONCE) as writers:
            tables = dict(zip(names, writers.map(written, names), strict=True))
        connection.execute("begin")
        connection.execute("use marts")
        comment_on_tables(connection, [tuple(name.split(".")) for name in names])
        _make_table_macros(connection)
        connection.execute("commit")
        connection.execute("use memory")
        connection.execute("detach marts")
    return dict(sorted(tables.items()))


def _public_tables(connection: duckdb.DuckDBPyConnection) -> list[str]:
    rows = connection.execute(
        "select schema_name || '.' || table_name from duckdb_tables() "
        f"where database_name = 'warehouse' and schema_name in {PUBLIC_SCHEMAS} order by estimated_size desc, 1"
    ).fetchall()
    return [name for (name,) in rows]


def _write_table(
    connection: duckdb.DuckDBPyConnection, name: str, folder: Path, previous: Path | None, before: Table | None
) -> Table:
    connection.execute(f"create table marts.{name} as from warehouse.{name} order by all")
    # Hashed twice: takeover.py says why.
    rows, hashes = connection.execute(
        f"select count(*), coalesce(sum(hash(hash(written)))::hugeint, 0)::varchar from marts.{name} as written"
    ).fetchone()
    parquet = parquet_path(name)
    if (
        previous
        and before
        and (before.rows, before.hashes) == (rows, hashes)
        and has_size(previous / parquet, before.parquet_bytes)
    ):
        link_or_copy(previous / parquet, folder / parquet)
    else:
        connection.execute(
            f"copy (from marts.{name}) to {text_sql(str(folder / parquet))} (format parquet, compression zstd)"
        )
    return Table(rows, hashes, (folder / parquet).stat().st_size)


def _make_table_macros(connection: duckdb.DuckDBPyConnection) -> None:
    macros = connection.execute(
        "select macro_name, create_statement, description from catalog.table_macros order by position"
    ).fetchall()
    for name, statement, description in macros:
        connection.execute(statement)
        connection.execute(f"comment on macro table {name} is {text_sql(description)}")
