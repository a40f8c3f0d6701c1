"""The warehouse's file: opening it, and deleting one that another version of the project made."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from python_assets.errors import UserError
from python_assets.home import Home
from python_assets.memory import bound_memory, open_file
from python_assets.warehouse.project import warehouse_fingerprint

# What is kept open, by its path; None if it is to be opened by whoever needs it next.
_kept: dict[Path, duckdb.DuckDBPyConnection | None] = {}


@contextmanager
def connect(home: Home, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to the warehouse; at its end the file is closed, unless it is `kept_open`."""
    path = _path_of(home)
    if path in _kept:
        kept = _kept[path] = _kept[path] or _open(path)
        connection = kept.cursor()
    else:
        connection = _open(path, read_only)
    try:
        yield connection
    finally:
        connection.close()


@contextmanager
def kept_open(home: Home) -> Iterator[None]:
    """This process opens the warehouse once and keeps it open to the end: opening takes longer than most that is asked.

    Nobody else can open it meanwhile, so this is for who holds the home's lock.
    """
    path = _path_of(home)
    if path in _kept:
        yield
        return
    _kept[path] = None
    try:
        yield
    finally:
        release(home)
        del _kept[path]


def release(home: Home) -> None:
    """Closes a warehouse that is kept open, for dbt or whoever else opens the file; `connect` opens it again."""
    path = _path_of(home)
    if kept := _kept.get(path):
        _kept[path] = None
        kept.close()


def _path_of(home: Home) -> Path:
    """The same however the home is named."""
    return home.warehouse.resolve()


def _open(path: Path, read_only: bool = False) -> duckdb.DuckDBPyConnection:
    connection = open_file(path, read_only)
    try:
        bound_memory(connection)
    except UserError:
        connection.close()
        raise
    return connection


def has_table(connection: duckdb.DuckDBPyConnection, schema: str, table: str) -> bool:
    query = "select count(*) from duckdb_tables() where schema_name = ? and table_name = ?"
    return bool(connection.execute(query, [schema, table]).fetchone()[0])


def discard_outdated(home: Home) -> None:
    """Deletes a warehouse that another version of the project made: it is made again from landing and ledger."""
    write_ahead = home.warehouse.with_name(home.warehouse.name + ".wal")
    if not home.warehouse.exists():
        release(home)  # Deleted while it was kept open.
        write_ahead.unlink(missing_ok=True)  # Of a run that was killed, to a warehouse that was deleted since.
        return
    try:
        with connect(home, read_only=True) as connection:
            made = connection.execute("select made_of from control.passes where name = 'foundation'").fetchall()
    except duckdb.CatalogException:
        made = []
    except duckdb.Error as error:
        if "Could not set lock on file" in str(error):
            raise UserError(f"{home.warehouse} is open in another program; close it there and run again") from error
        made = []  # Damaged: it is made again.
    if made != [(warehouse_fingerprint(),)]:
        release(home)
        home.warehouse.unlink()
        write_ahead.unlink(missing_ok=True)
