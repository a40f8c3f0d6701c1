"""Rows of the published tables as plain values that JSON can hold."""

from datetime import date
from decimal import Decimal
from typing import Any

import duckdb

SEVERITIES = ("critical", "warning", "info")
# Of a list in the report as many rows as a person reads; the exports have them all.
MOST_ROWS = 12


def rows_of(marts: duckdb.DuckDBPyConnection, query: str, period: date) -> list[dict[str, Any]]:
    """Rows of a query over the published tables with the parameter `$period`; dates and decimals are text."""
    result = marts.execute(query, {"period": period})
    names = [column[0] for column in result.description]
    return [{name: _plain(value) for name, value in zip(names, row, strict=True)} for row in result.fetchall()]


def cut(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Rows that carry the number of all in `row_count`, as `rows` and how many there are `more`."""
    total = rows[0]["row_count"] if rows else 0
    return {
        "rows": [{name: value for name, value in row.items() if name != "row_count"} for row in rows],
        "more": total - len(rows),
    }


def _plain(value: Any) -> Any:
    """Dates and decimals as text: JSON has no exact type for either."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value:.2f}" if value == value.quantize(Decimal("0.01")) else format(value.normalize(), "f")
    return value
