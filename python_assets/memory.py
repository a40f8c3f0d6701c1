"""DuckDB in memory, and how much of it DuckDB may take. What does not fit goes to disk, beside the file worked on."""

import atexit
import os
import secrets
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import duckdb

from python_assets.errors import UserError

VARIABLE = "COUNTERFOIL_MEMORY_LIMIT"
_MEMORY_FOR_QUESTIONS = "1GB"  # beyond it, DuckDB sorts on disk


class Lender:
    """Connections that are lent again when they are free: to make one takes longer than most that it is made for."""

    def __init__(self, make: Callable[[], duckdb.DuckDBPyConnection]):
        self._make = make
        # By process: they are of no use to a fork.
        self._free: defaultdict[int, list[duckdb.DuckDBPyConnection]] = defaultdict(list)
        atexit.register(self._close)

    @contextmanager
    def lend(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """One that nobody else has. What was set and made with it stays, unless the loan ends with an error."""
        free = self._free[os.getpid()]
        try:
            connection = free.pop()
        except IndexError:
            connection = self._make()
        try:
            yield connection
        except BaseException:
            connection.close()
            raise
        if _answers(connection):
            free.append(connection)

    def _close(self) -> None:
        for connection in self._free.pop(os.getpid(), []):
            connection.close()


def in_memory() -> duckdb.DuckDBPyConnection:
    """A connection to no file."""
    return _quiet(duckdb.connect())


def open_file(path: Path, read_only: bool = False) -> duckdb.DuckDBPyConnection:
    """A connection to a database file."""
    return _quiet(duckdb.connect(str(path), read_only=read_only))


def _quiet(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """Of its own it may draw a progress bar, on the standard output that may be JSON."""
    connection.execute("set enable_progress_bar = false")
    return connection


def _for_questions() -> duckdb.DuckDBPyConnection:
    connection = in_memory()
    # Made when something has to go there, and removed with the connection.
    spill = Path(tempfile.gettempdir(), f"counterfoil-{secrets.token_hex(8)}")
    connection.execute("set temp_directory = $1", [str(spill)])
    connection.execute(f"set memory_limit = '{_MEMORY_FOR_QUESTIONS}'")
    return connection


# For questions to files: whoever has one sets nothing, and replaces views rather than making them.
lent = Lender(_for_questions).lend


def _answers(connection: duckdb.DuckDBPyConnection) -> bool:
    """False, and it is closed, if an error has ended it, as a damaged file can."""
    try:
        connection.execute("select 1")
    except duckdb.Error:
        connection.close()
        return False
    return True


def bound_memory(
    connection: duckdb.DuckDBPyConnection, spill: Path | None = None, environment: Mapping[str, str] = os.environ
) -> None:
    """Holds a connection to what the environment allows, written as DuckDB does (`2GiB`); else to DuckDB's own limit.

    `spill` is the folder for what does not fit; a database in a file has one beside it. UserError for no size.
    """
    if spill:
        connection.execute("set temp_directory = $1", [str(spill)])
    limit = environment.get(VARIABLE, "").strip()
    if not limit:
        return
    try:
        connection.execute("set memory_limit = $1", [limit])
    except duckdb.Error as error:
        raise UserError(f"{VARIABLE} is no size of memory, such as 2GiB or 500MB: {limit}") from error
