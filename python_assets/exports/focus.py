"""`focus_1_2.csv` and `focus_1_2.parquet`: the table `cost.focus`, written as FOCUS 1.2 wants values to look.

Which value stands where is the model's to say; here are only its instants: `YYYY-MM-DDTHH:MM:SSZ` as text, UTC in
Parquet. Decimals are exact in both and have a point in the text. Source: the specification's attributes Date/Time
Format and Numeric Format, https://focus.finops.org/focus-specification/v1-2/.
"""

from datetime import date
from pathlib import Path

import duckdb

from python_assets.exports.control import Control, Controls
from python_assets.exports.payloads import cents_of
from python_assets.ledger.relations import text_sql

_AS_TEXT = "strftime({column}, '%Y-%m-%dT%H:%M:%SZ')"
_AS_UTC = "timezone('UTC', {column})"


def write_focus(marts: duckdb.DuckDBPyConnection, period: date, folder: Path) -> Controls:
    """Both files of the provider's charges of a month, in the order of invoices and lines."""
    _copy(marts, period, _AS_TEXT, folder / "focus_1_2.csv", "format csv, header")
    _copy(marts, period, _AS_UTC, folder / "focus_1_2.parquet", "format parquet, compression zstd")
    found = marts.execute(
        "select BillingCurrency, count(*), sum(BilledCost) from cost.focus where BillingPeriodStart = ? "
        "group by 1 order by 1",
        [period],
    ).fetchall()
    # The sum has parts of cents; the total is rounded once.
    control = Control(
        sum(count for _, count, _ in found),
        {currency: {"billed_cost_cents": cents_of(amount)} for currency, _, amount in found},
    )
    return {"focus_1_2.csv": control, "focus_1_2.parquet": control}


def _copy(marts: duckdb.DuckDBPyConnection, period: date, instant: str, path: Path, options: str) -> None:
    described = marts.execute("select column_name, column_type from (describe cost.focus)").fetchall()
    columns = [
        f'{instant.format(column=_quoted(name))} as "{name}"' if kind == "TIMESTAMP" else _quoted(name)
        for name, kind in described
    ]
    marts.execute(
        f"copy (select {', '.join(columns)} from cost.focus as charges "
        f"where charges.BillingPeriodStart = date '{period}' order by InvoiceId, x_LineNumber) "
        f"to {text_sql(str(path))} ({options})"
    )


def _quoted(name: str) -> str:
    return f'charges."{name}"'
