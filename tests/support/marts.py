"""Published tables made by hand: empty ones as the models' contracts have them, for a test to fill with rows."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import yaml

from python_assets.publish.marts import PUBLIC_SCHEMAS

MODELS = Path(__file__).parents[2] / "models" / "marts"


@cache
def _columns() -> dict[str, list[tuple[str, str]]]:
    """Names and types of the columns of every `schema.table`."""
    found = {}
    for file in sorted(MODELS.rglob("_*__models.yml")):
        for model in yaml.safe_load(file.read_text())["models"]:
            schema, _, table = model["name"].partition("__")
            if schema in PUBLIC_SCHEMAS:
                found[f"{schema}.{table}"] = [(c["name"], c["data_type"]) for c in model["columns"]]
    return found


def empty_marts(path: Path | str = ":memory:") -> duckdb.DuckDBPyConnection:
    """A database with every published table and no rows."""
    marts = duckdb.connect(str(path))
    for table, columns in _columns().items():
        marts.execute(f"create schema if not exists {table.split('.')[0]}")
        listed = ", ".join(f'"{name}" {kind}' for name, kind in columns)
        marts.execute(f"create table {table} ({listed})")
    return marts


def fill(marts: duckdb.DuckDBPyConnection, table: str, rows: Iterable[dict[str, Any]]) -> None:
    """Adds rows; columns that a row leaves out are null."""
    for row in rows:
        names, places = ", ".join(row), ", ".join("?" * len(row))
        marts.execute(f"insert into {table} ({names}) values ({places})", list(row.values()))
