"""From a seal's files to its leaves and roots. Sealing, verifying and proving all read the files here.

Leaves come as a stream in tree order: rows are fetched in batches from ordered queries, and lines are merged to
their invoices, so that memory does not grow with the number of lines.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from typing import Any

import duckdb

from python_assets.ledger.canonical import FIRST_UNSAFE_INTEGER, canonical_of_plain
from python_assets.ledger.merkle import tree_root
from python_assets.ledger.relations import parquet_sql
from python_assets.ledger.tables import TABLES
from python_assets.memory import lent

_BATCH = 20_000


class UnreadableSeal(Exception):
    """A file of a seal cannot be read, or has not exactly its columns; the message names file and reason."""


@contextmanager
def open_seal(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection of its own with a view per file of the seal; UnreadableSeal if a file is not as declared."""
    with lent() as connection:
        for table, columns in TABLES.items():
            path = folder / f"{table}.parquet"
            try:
                connection.execute(f"CREATE OR REPLACE VIEW {table} AS SELECT * FROM {parquet_sql(path)}")
                found = {name: kind for name, kind, *_ in connection.execute(f"DESCRIBE {table}").fetchall()}
            except duckdb.Error as error:
                why = "is missing" if not path.exists() else str(error).splitlines()[0]
                raise UnreadableSeal(f"{path.name}: {why}") from error
            if found != columns:
                differing = sorted(dict(found.items() ^ columns.items()))
                raise UnreadableSeal(f"{path.name}: columns or their types differ: {', '.join(differing)}")
        yield connection


def roots(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """The three roots in hex, by their names in `seal.json`, of a seal opened by `open_seal`."""
    balances = _rows(connection, "top_up_balances", "top_up_balances ORDER BY top_up_id")
    allowances = _rows(connection, "usage_allowances", "usage_allowances ORDER BY deployment_id, resource_kind")
    leaves = {
        "merkle_root": (canonical_of_plain(leaf) for leaf in invoice_leaves(connection)),
        "balances_root": map(canonical_of_plain, balances),
        "allowances_root": map(canonical_of_plain, allowances),
    }
    return {name: tree_root(stream).hex() for name, stream in leaves.items()}


def invoice_leaves(connection: duckdb.DuckDBPyConnection) -> Iterator[dict[str, Any]]:
    """Each invoice with its `lines`, as plain values, ordered by (tenant_id, version)."""
    # invoice_id last only settles the order in files that someone has tampered with.
    order = "invoices.tenant_id, invoices.version, invoices.invoice_id"
    invoices = _rows(connection, "invoices", f"invoices ORDER BY {order}")
    own_lines = f"invoice_lines JOIN invoices USING (invoice_id) ORDER BY {order}, invoice_lines.line_number"
    groups = groupby(_rows(connection, "invoice_lines", own_lines), key=lambda line: line.get("invoice_id"))
    invoice_id, lines = next(groups, (None, iter(())))
    for invoice in invoices:
        if invoice.get("invoice_id") == invoice_id:
            yield {**invoice, "lines": list(lines)}
            invoice_id, lines = next(groups, (None, iter(())))
        else:
            yield {**invoice, "lines": []}


def _rows(connection: duckdb.DuckDBPyConnection, table: str, source: str) -> Iterator[dict[str, Any]]:
    """The rows of an ordered query as plain values, columns in order of their names, nulls left out."""
    # The types are those of TABLES (open_seal has checked), so that DuckDB can write decimals and dates as text.
    names = sorted(TABLES[table])
    columns = ", ".join(_plain_sql(f"{table}.{name}", TABLES[table][name]) for name in names)
    cents = [name for name in names if TABLES[table][name] == "BIGINT"]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns} FROM {source}")
        while batch := cursor.fetchmany(_BATCH):
            for values in batch:
                row = {name: value for name, value in zip(names, values, strict=True) if value is not None}
                for name in cents:
                    if not -FIRST_UNSAFE_INTEGER < row.get(name, 0) < FIRST_UNSAFE_INTEGER:
                        row[name] = str(row[name])
                yield row


def _plain_sql(column: str, kind: str) -> str:
    if kind.startswith("DECIMAL"):
        return f"rtrim(rtrim(CAST({column} AS VARCHAR), '0'), '.')"
    return f"CAST({column} AS VARCHAR)" if kind == "DATE" else column
