"""Which months have exports, and where each lies."""

from pathlib import Path

import duckdb

from python_assets.exports.focus import write_focus
from python_assets.exports.payloads import write_payables, write_receivables
from python_assets.periods import period_text


def write_exports(marts: duckdb.DuckDBPyConnection, folder: Path) -> int:
    """Writes `period=YYYY-MM/` below `folder` for every month with invoices of ours or of the provider; their number.

    A month without a row has the same files, with a header or an empty list.
    """
    months = marts.execute(
        "select period from reconciliation.period_health union select period from cost.invoices order by 1"
    ).fetchall()
    for (period,) in months:
        target = folder / f"period={period_text(period)}"
        target.mkdir(parents=True)
        write_focus(marts, period, target)
        write_payables(marts, period, target)
        write_receivables(marts, period, target)
    return len(months)
