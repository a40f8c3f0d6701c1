"""The ledger's files as SQL relations: what dbt and queries read."""

import glob
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from python_assets.home import Home
from python_assets.ledger.chain import Seal, read_seals
from python_assets.ledger.tables import SEALS, TABLES
from python_assets.memory import lent


def relation_sql(home: Home, table: str) -> str:
    """A SELECT over all seals of `table`, the body of a view on any DuckDB connection.

    A table of `TABLES` gives its columns and `seal_number INTEGER`; `seals` one row per seal with the columns of
    `audit.seals`, of which invoice_count and total_cents are over its issued invoices (void ones left out, all
    currencies added). An empty ledger gives the same columns and no rows. UserError for a damaged chain.
    """
    seals = read_seals(home)
    if table == "seals":
        return _seals_sql(home, seals)
    if not seals:
        return _no_rows(TABLES[table] | {"seal_number": "INTEGER"})
    # The number comes from the path by hand: Hive partitioning would also take folders above the home for columns.
    files = ", ".join(path_sql(seal.folder / f"{table}.parquet") for seal in seals)
    columns = ", ".join(TABLES[table])
    number = r"CAST(regexp_extract(filename, 'seal=(\d+)[/\\][^/\\]*$', 1) AS INTEGER)"
    return (
        f"SELECT {columns}, {number} AS seal_number "
        f"FROM read_parquet([{files}], hive_partitioning=false, filename=true)"
    )


def lists_lots_after(home: Home, period: date) -> bool:
    """Whether a seal of a later period lists a top-up lot."""
    later = [path_sql(seal.folder / "top_up_balances.parquet") for seal in read_seals(home) if seal.period > period]
    if not later:
        return False
    with lent() as connection:
        files = f"read_parquet([{', '.join(later)}], hive_partitioning=false)"
        return connection.execute(f"SELECT count(*) > 0 FROM {files}").fetchone() == (True,)


def parquet_sql(path: Path) -> str:
    """The FROM item for one Parquet file."""
    return f"read_parquet({path_sql(path)}, hive_partitioning=false)"


def path_sql(path: Path) -> str:
    """A path as SQL text, its own wildcards and quotes escaped."""
    return text_sql(glob.escape(str(path)))


def text_sql(text: str) -> str:
    """Text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def _seals_sql(home: Home, seals: list[Seal]) -> str:
    if not seals:
        return _no_rows(SEALS)
    stored = ["seal_number", "period", "previous_hash", "merkle_root", "audit_hash", "sealed_on"]
    rows = ", ".join(_values(str(getattr(seal, name)) for name in stored) for seal in seals)
    columns = ", ".join(f"CAST({name} AS {kind}) AS {name}" for name, kind in SEALS.items())
    return (
        f"WITH seals ({', '.join(stored)}) AS (VALUES {rows}), "
        "totals AS (SELECT seal_number AS number, count(*) AS invoices, sum(total_cents) AS cents "
        f"FROM ({relation_sql(home, 'invoices')}) WHERE status = 'issued' GROUP BY seal_number) "
        f"SELECT {columns} FROM (SELECT seals.*, coalesce(invoices, 0) AS invoice_count, "
        "coalesce(cents, 0) AS total_cents FROM seals LEFT JOIN totals ON CAST(seal_number AS INTEGER) = number)"
    )


def _values(texts: Iterable[str]) -> str:
    return f"({', '.join(map(text_sql, texts))})"


def _no_rows(columns: dict[str, str]) -> str:
    return f"SELECT {', '.join(f'CAST(NULL AS {kind}) AS {name}' for name, kind in columns.items())} WHERE false"
