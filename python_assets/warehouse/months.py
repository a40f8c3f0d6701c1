"""Which months the warehouse holds, and how one is made.

A month's rows are a function of landing, ledger and configuration. Each is kept with a fingerprint of what it rests
on; a month that is missing or rests on something else is made again (contract, "Home").
"""

from collections.abc import Callable
from datetime import date

from python_assets import ingest, ledger
from python_assets.home import Home
from python_assets.warehouse.passes import BOOKS, EXPECTED, Dbt, ensure_foundation
from python_assets.warehouse.recording import NodeResult
from python_assets.warehouse.sources import (
    Run,
    connect,
    has_table,
    is_derived,
    is_prepared,
    mark_deliveries_made,
    mark_derived,
    month_fingerprint,
    prepare,
    refresh_ledger,
)

OnResult = Callable[[NodeResult], None]


def lacking_months(home: Home) -> list[date]:
    """Sealed months that the warehouse does not hold as they should be, in order."""
    sealed = ledger.sealed_periods(home)
    counts = ingest.file_counts(home)
    with connect(home) as connection:
        is_begun = has_table(connection, "control", "made_months")
        made = dict(connection.execute("select * from control.made_months").fetchall()) if is_begun else {}
    return [period for period in sorted(set(sealed)) if made.get(period) != month_fingerprint(home, period, counts)]


def derive_expected(home: Home, dbt: Dbt, run: Run, on_result: OnResult = lambda _: None) -> None:
    """What the month should be invoiced, into the warehouse, which is prepared for the run if it is not."""
    if not is_prepared(home, run):
        prepare(home, run)
    ensure_foundation(home, dbt, on_result)
    dbt.run_pass(EXPECTED, on_result)
    mark_deliveries_made(home)
    mark_derived(home)


def ensure_expected(home: Home, dbt: Dbt, run: Run) -> None:
    """Derives the month if the warehouse was left by another run, as where one is taken up again in the middle."""
    if not is_derived(home, run):
        derive_expected(home, dbt, run)


def derive_books(home: Home, dbt: Dbt, run: Run, on_result: OnResult = lambda _: None) -> None:
    """The published tables after sealing, into the warehouse."""
    refresh_ledger(home)
    dbt.run_pass(BOOKS, on_result)
    mark_month_made(home, run.period)


def make_again(home: Home, dbt: Dbt, periods: list[date], as_of: date) -> None:
    """Makes sealed months again, without sealing anything."""
    for period in periods:
        run = Run(period, as_of)
        derive_expected(home, dbt, run)
        derive_books(home, dbt, run)


def mark_month_made(home: Home, period: date) -> None:
    fingerprint = month_fingerprint(home, period, ingest.file_counts(home))
    with connect(home) as connection:
        connection.execute("delete from control.made_months where period = ?", [period])
        connection.execute("insert into control.made_months values (?, ?)", [period, fingerprint])
