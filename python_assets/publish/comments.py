"""What the published tables and columns mean, as comments in the database: any client shows them.

The descriptions in dbt's yml beside the models are the one source. They are read there rather than from dbt's
manifest, which a publication would have to parse the project for, and rather than from comments in the warehouse
(`persist_docs`), which dbt would write anew with every table of every month.
"""

from functools import cache
from typing import Any

import duckdb

from python_assets.ledger.relations import text_sql
from python_assets.warehouse.project import PROJECT


def comment_on_tables(connection: duckdb.DuckDBPyConnection, tables: list[tuple[str, str]]) -> None:
    """Comments on tables (schema, name) of the current database, and on their columns."""
    statements = [statement for table in tables for statement in _statements(*table)]
    connection.execute(";\n".join(statements))


def _statements(schema: str, table: str) -> list[str]:
    model = _models().get(f"{schema}__{table}", {})
    comments = [(f"table {schema}.{table}", model.get("description"))]
    for column in model.get("columns", []):
        comments.append((f'column {schema}.{table}."{column["name"]}"', column.get("description")))
    return [f"comment on {thing} is {text_sql(' '.join(text.split()))}" for thing, text in comments if text]


@cache
def _models() -> dict[str, dict[str, Any]]:
    """The public models as their yml describes them, by name. A process reads them once."""
    import yaml

    # libyaml, where it is there, reads the same six times as fast.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    files = sorted((PROJECT / "models" / "marts").rglob("_*.yml"))
    documents = [yaml.load(file.read_text("utf-8"), Loader=loader) for file in files]
    return {model["name"]: model for document in documents for model in document.get("models", [])}
