"""Whether the statistics in the footers of a seal's files hold for their rows.

No hash covers them and nothing here relies on them, but other readers do: an auditor's filtered query skips a row
group whose statistics exclude the value.
"""

from pathlib import Path

import duckdb

from python_assets.ledger.relations import path_sql, text_sql
from python_assets.ledger.tables import TABLES

_LEAST, _GREATEST = ("stats_min", "stats_min_value"), ("stats_max", "stats_max_value")


def faults(connection: duckdb.DuckDBPyConnection, folder: Path) -> list[str]:
    """One message per file of the seal whose statistics contradict its rows, as `leaves.open_seal` has read them."""
    found = []
    for table, columns in TABLES.items():
        wrong = _wrong_columns(connection, folder / f"{table}.parquet", table, columns)
        if wrong:
            found.append(f"{table}.parquet: the file's statistics contradict its rows: {', '.join(wrong)}")
    return found


def _wrong_columns(connection: duckdb.DuckDBPyConnection, path: Path, table: str, columns: dict[str, str]) -> list[str]:
    names = ", ".join((*_LEAST, *_GREATEST))
    chunks = connection.execute(
        "SELECT row_group_id, row_group_num_rows, path_in_schema, stats_null_count, "
        f"{names} FROM parquet_metadata({path_sql(path)}) ORDER BY row_group_id, column_id"
    ).fetchall()
    groups: dict[int, list[tuple]] = {}
    for group, *chunk in chunks:
        groups.setdefault(group, []).append(chunk)
    wrong, first = set(), 0
    for group in groups.values():
        rows = group[0][0]
        conditions = [_contradicts_sql(columns[name], name, rows, *stated) for _, name, *stated in group]
        answers = connection.execute(
            f"SELECT {', '.join(conditions)} FROM {table} WHERE file_row_number >= {first} "
            f"AND file_row_number < {first + rows}"
        ).fetchone()
        wrong |= {name for (_, name, *_), is_wrong in zip(group, answers, strict=True) if is_wrong}
        first += rows
    [stated] = connection.execute(f"SELECT num_rows FROM parquet_file_metadata({path_sql(path)})").fetchone()
    [held] = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    return [name for name in columns if name in wrong] + ["number of rows"] * ({stated, held} != {first})


def _contradicts_sql(kind: str, name: str, rows: int, nulls: int | None, *bounds: str | None) -> str:
    """SQL that says whether a column of one row group breaks what is stated of it. Bounds may be wider than its
    values: writers cut long text."""
    holds = [f"count({name}) = {rows - nulls}"] if nulls is not None else []
    limits = [f"<= min({name})"] * len(_LEAST) + [f">= max({name})"] * len(_GREATEST)
    for text, limit in zip(bounds, limits, strict=True):
        if text is not None:
            holds.append(f"(count({name}) = 0 OR coalesce(TRY_CAST({text_sql(text)} AS {kind}) {limit}, false))")
    return f"NOT ({' AND '.join(holds) or 'true'})"
