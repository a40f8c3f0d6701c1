"""The largest numbers of the input, for whoever must find the one with which an amount cannot be computed.

Models fail rather than round or wrap around where an amount or a sum of quantities is beyond the digits that there are
for it. DuckDB then names a type, and no row: nearly always one number of a file is far too large.
"""

import re

import duckdb

from python_assets import ingest
from python_assets.home import Home
from python_assets.ingest.values import literal, name
from python_assets.periods import period_text
from python_assets.warehouse.database import connect

_TOO_LARGE = re.compile(
    r"out of range|overflow|can't be cast|could not cast|failed to cast|casting value", re.IGNORECASE
)
_NUMBERS = ("quantity", "count", "integer", "cents", "signed_cents", "unit_price", "charge", "rate", "dollars")
_LARGE = 10**8  # smaller ones are not worth looking at
_TOLD = 5


def hint(home: Home, message: str) -> str:
    """What to look at if a message says that a number is too large; else empty, and also where nothing is found."""
    if not _TOO_LARGE.search(message):
        return ""
    try:
        with connect(home) as connection:
            found = connection.execute(
                f"from ({' union all '.join(_largest())}) "
                f"where value >= {_LARGE} order by value desc, file limit {_TOLD}"
            ).fetchall()
    except duckdb.Error:
        return ""
    lines = [
        f"  landing/{feed}/period={period_text(period)}/{file}: {column} {value.normalize():f}"
        for feed, period, file, column, value in found
    ]
    if not lines:
        return ""
    return "\n".join(["an amount or a quantity has more digits than fit; the largest numbers of the input:", *lines])


def _largest() -> list[str]:
    """For each column of numbers a query for its largest, whatever its sign, and the file that has it."""
    return [
        f"select {literal(table.feed)} as feed, arg_max(_period, {size}) as period, arg_max(_file, {size}) as file, "
        f"{literal(column.name)} as column_name, max({size}) as value from raw.{key}"
        for key, table in ingest.TABLES.items()
        for column in table.columns
        if column.kind in _NUMBERS
        for size in [f"abs({name(column.name)}::decimal(38,18))"]
    ]
