"""The warehouse's file: opening it, and deleting one that another version of the project made."""

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from python_assets.errors import UserError
from python_assets.home import Home
from python_assets.memory import bound_memory
from python_assets.warehouse.project import warehouse_fingerprint


@contextmanager
def connect(home: Home, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """The warehouse, closed again at the end: dbt and a second process must be able to open it."""
    connection = duckdb.connect(str(home.warehouse), read_only=read_only)
    try:
        bound_memory(connection)
        yield connection
    finally:
        connection.close()


def has_table(connection: duckdb.DuckDBPyConnection, schema: str, table: str) -> bool:
    query = "select count(*) from duckdb_tables() where schema_name = ? and table_name = ?"
    return bool(connection.execute(query, [schema, table]).fetchone()[0])


def discard_outdated(home: Home) -> None:
    """Deletes a warehouse that another version of the project made: it is made again from landing and ledger."""
    if not home.warehouse.exists():
        return
    try:
        with connect(home, read_only=True) as connection:
            made = connection.execute("select made_of from control.passes where name = 'foundation'").fetchall()
    except duckdb.CatalogException:
        made = []
    except duckdb.Error as error:
        if "lock" in str(error).lower():
            raise UserError(f"{home.warehouse} is open in another program; close it there and run again") from error
        made = []  # Damaged: it is made again.
    if made != [(warehouse_fingerprint(),)]:
        home.warehouse.unlink()
        home.warehouse.with_name(home.warehouse.name + ".wal").unlink(missing_ok=True)
