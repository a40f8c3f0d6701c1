"""DuckDB in memory, and how much of it DuckDB may take. What does not fit goes to disk, beside the file worked on."""

import os
from collections.abc import Mapping
from pathlib import Path

import duckdb

from python_assets.errors import UserError

VARIABLE = "COUNTERFOIL_MEMORY_LIMIT"


def in_memory() -> duckdb.DuckDBPyConnection:
    """A connection to no file. Of its own such a one draws a progress bar, on the standard output that may be JSON."""
    connection = duckdb.connect()
    connection.execute("set enable_progress_bar = false")
    return connection


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
