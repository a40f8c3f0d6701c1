"""The ledger's rows as tables.

A filter on a Parquet file is answered from the statistics in its footer where these say that no row fits, and an
aggregate may be too. No hash covers them. So rows are only ever read whole into a table, and queried there.
"""

import glob
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb

from python_assets.ledger.chain import Seal
from python_assets.ledger.tables import TABLES
from python_assets.memory import lent


@contextmanager
def open_rows(seals: Sequence[Seal], *tables: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with a table per name in `tables`: the rows of these seals, and their `seal_number`."""
    with lent() as connection:
        for table in tables:
            create_rows(connection, seals, table, table)
        yield connection
        for table in tables:
            connection.execute(f"DROP TABLE {table}")


def create_rows(connection: duckdb.DuckDBPyConnection, seals: Sequence[Seal], table: str, target: str) -> None:
    """Creates or replaces the table `target`: the columns of `table` and `seal_number INTEGER`, and the seals' rows."""
    columns = ", ".join(f"{name} {kind}" for name, kind in (TABLES[table] | {"seal_number": "INTEGER"}).items())
    connection.execute(f"CREATE OR REPLACE TABLE {target} ({columns})")
    insert_rows(connection, seals, table, target)


def insert_rows(connection: duckdb.DuckDBPyConnection, seals: Sequence[Seal], table: str, target: str) -> None:
    """Adds the seals' rows of `table` to a table as `create_rows` makes it."""
    if not seals:
        return
    # The number comes from the path by hand: Hive partitioning would also take folders above the home for columns.
    files = ", ".join(path_sql(seal.folder / f"{table}.parquet") for seal in seals)
    number = r"CAST(regexp_extract(filename, 'seal=(\d+)[/\\][^/\\]*$', 1) AS INTEGER)"
    connection.execute(
        f"INSERT INTO {target} SELECT {', '.join(TABLES[table])}, {number} "
        f"FROM read_parquet([{files}], hive_partitioning=false, filename=true)"
    )


def path_sql(path: Path) -> str:
    """A path as SQL text, its own wildcards and quotes escaped."""
    return text_sql(glob.escape(str(path)))


def text_sql(text: str) -> str:
    """Text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"
