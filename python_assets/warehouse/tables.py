"""What the warehouse holds, for people who look at it: rows and columns of its tables."""

from collections import defaultdict
from dataclasses import dataclass

from python_assets.home import Home
from python_assets.warehouse.database import connect


@dataclass(frozen=True)
class TableFacts:
    """Rows of a table, and its columns as (name, type) in their order."""

    rows: int
    columns: tuple[tuple[str, str], ...]


def table_facts(home: Home, schemas: set[str]) -> dict[tuple[str, str], TableFacts]:
    """By (schema, table), of all tables of some schemas."""
    columns: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    with connect(home, read_only=True) as connection:
        for schema, table, column, kind in connection.execute(
            "select schema_name, table_name, column_name, data_type from duckdb_columns() "
            "where schema_name in ? and not internal order by schema_name, table_name, column_index",
            [list(schemas)],
        ).fetchall():
            columns[schema, table].append((column, kind))
        counts = " union all ".join(
            f"select '{schema}', '{table}', count(*) from {schema}.{table}" for schema, table in columns
        )
        rows = connection.execute(counts).fetchall() if counts else []
    return {(schema, table): TableFacts(count, tuple(columns[schema, table])) for schema, table, count in rows}
