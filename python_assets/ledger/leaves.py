"""From a seal's files to its leaves and roots. Sealing, verifying and proving all read the files here.

Leaves come as a stream in tree order: rows are fetched in batches from ordered queries, and lines are merged to
their invoices, so that memory does not grow with the number of lines. Their canonical JSON (RFC 8785) is written by
DuckDB: to verify a million lines takes 10 s, and took 29 in Python. A test holds it against the rfc8785 library.

Source: the contract's "Ledger and audit hash".
"""

import json
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from itertools import groupby
from operator import itemgetter
from pathlib import Path

import duckdb
import rfc8785

from python_assets.ledger.merkle import tree_root
from python_assets.ledger.relations import path_sql
from python_assets.ledger.tables import TABLES
from python_assets.memory import lent

# Whole numbers from here on are text, since JSON readers may hold numbers as doubles.
FIRST_UNSAFE_INTEGER = 2**53
_BATCH = 20_000


class UnreadableSeal(Exception):
    """A file of a seal cannot be read, or has not exactly its columns; the message names file and reason."""


@contextmanager
def open_seal(folder: Path, tables: Collection[str] = tuple(TABLES)) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection of its own with a table per file of the seal; UnreadableSeal if a file is not as declared.

    Each has its rows' `file_row_number` too.
    """
    with lent() as connection:
        for table in tables:
            path = folder / f"{table}.parquet"
            try:
                _read(connection, path, table)
            except (OSError, duckdb.Error) as error:
                why = "is missing" if not path.exists() else str(error).splitlines()[0]
                raise UnreadableSeal(f"{path.name}: {why}") from error
        yield connection
        for table in tables:
            connection.execute(f"DROP TABLE {table}")


def _read(connection: duckdb.DuckDBPyConnection, path: Path, table: str) -> None:
    """Reads all rows of a file into a table: nothing is left to the file's statistics (see relations.py)."""
    source, columns = f"read_parquet({path_sql(path)}, hive_partitioning=false)", TABLES[table]
    found = {name: kind for name, kind, *_ in connection.execute(f"DESCRIBE FROM {source}").fetchall()}
    if found != columns:
        differing = sorted(dict(found.items() ^ columns.items()))
        raise UnreadableSeal(f"{path.name}: columns or their types differ: {', '.join(differing)}")
    connection.execute(f"CREATE OR REPLACE TABLE {table} AS SELECT *, file_row_number FROM {source}")


def roots(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """The three roots in hex, by their names in `seal.json`, of a seal opened by `open_seal`."""
    leaves = {
        "merkle_root": invoice_leaves(connection),
        "balances_root": _leaves(connection, "top_up_balances", "top_up_id"),
        "allowances_root": _leaves(connection, "usage_allowances", "deployment_id, resource_kind"),
    }
    return {name: tree_root(stream).hex() for name, stream in leaves.items()}


def invoice_leaves(connection: duckdb.DuckDBPyConnection) -> Iterator[bytes]:
    """Each invoice with its `lines` as canonical JSON, ordered by (tenant_id, version)."""
    # invoice_id last only settles the order in files that someone has tampered with.
    order = "invoices.tenant_id, invoices.version, invoices.invoice_id"
    before = [name for name in TABLES["invoices"] if name < "lines"]
    after = [name for name in TABLES["invoices"] if name > "lines"]
    invoices = _fetched(
        connection,
        f"SELECT invoice_id, {_members_sql('invoices', before)}, {_members_sql('invoices', after)} "
        f"FROM invoices ORDER BY {order}",
    )
    own_lines = _fetched(
        connection,
        f"SELECT invoice_id, {_members_sql('invoice_lines', TABLES['invoice_lines'])} "
        f"FROM invoice_lines JOIN invoices USING (invoice_id) ORDER BY {order}, invoice_lines.line_number",
    )
    groups = groupby(own_lines, key=itemgetter(0))
    owner, group = next(groups, (None, ()))
    for invoice_id, first, last in invoices:
        lines = ""
        if owner == invoice_id:
            lines = "},{".join([members for _, members in group])
            owner, group = next(groups, (None, ()))
        lines = f'"lines":[{{{lines}}}]' if lines else '"lines":[]'
        yield _canonical(",".join(filter(None, (first, lines, last))))


def _leaves(connection: duckdb.DuckDBPyConnection, table: str, order: str) -> Iterator[bytes]:
    """Each row of a table as canonical JSON."""
    query = f"SELECT {_members_sql(table, TABLES[table])} FROM {table} ORDER BY {order}"
    return (_canonical(members) for (members,) in _fetched(connection, query))


def _fetched(connection: duckdb.DuckDBPyConnection, query: str) -> Iterator[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        while batch := cursor.fetchmany(_BATCH):
            yield from batch


def _canonical(members: str) -> bytes:
    """The object of these members. Control characters are the one thing that DuckDB escapes in another way."""
    text = f"{{{members}}}"
    return rfc8785.dumps(json.loads(text)) if r"\u00" in text else text.encode()


def _members_sql(table: str, names: Iterable[str]) -> str:
    """SQL for the members of a row's object, in order of their names, nulls left out."""
    # The types are those of TABLES (open_seal has checked).
    members = (f"""'"{name}":' || {_value_sql(f"{table}.{name}", TABLES[table][name])}""" for name in sorted(names))
    return f"concat_ws(',', {', '.join(members)})"


def _value_sql(column: str, kind: str) -> str:
    """SQL for a value, null for null: decimals without trailing zeros, dates and numbers too great for JSON as text."""
    if kind == "VARCHAR":
        return f"CAST(to_json({column}) AS VARCHAR)"
    if kind == "INTEGER":
        return f"CAST({column} AS VARCHAR)"
    if kind == "BIGINT":
        is_safe = f"{column} BETWEEN {1 - FIRST_UNSAFE_INTEGER} AND {FIRST_UNSAFE_INTEGER - 1}"
        return f"""CASE WHEN {is_safe} THEN CAST({column} AS VARCHAR) ELSE '"' || {column} || '"' END"""
    text = f"CAST({column} AS VARCHAR)"
    if kind.startswith("DECIMAL"):
        text = f"rtrim(rtrim({text}, '0'), '.')"
    return f"""'"' || {text} || '"'"""
