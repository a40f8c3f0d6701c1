"""Which months the warehouse holds, and how one is made.

A month's rows are a function of landing, ledger and configuration. Each is kept with a fingerprint of what it rests
on; a month that is missing or rests on something else is made again (contract, "Home").
"""

from collections.abc import Callable
from datetime import date

from python_assets import ingest, ledger
from python_assets.home import Home
from python_assets.warehouse.fingerprints import Run, digest, month_fingerprint, run_fingerprint
from python_assets.warehouse.made import begun_months, discard_months, holdings, made_months, note_month
from python_assets.warehouse.passes import BOOKS, EXPECTED, FOUNDATION, Dbt, ensure
from python_assets.warehouse.project import warehouse_fingerprint
from python_assets.warehouse.recording import NodeResult
from python_assets.warehouse.sources import mark_deliveries_made, prepare, refresh_ledger

OnResult = Callable[[NodeResult], None]


def lacking_months(home: Home) -> list[date]:
    """Sealed months that the warehouse does not hold as they should be, in order."""
    counts, made = ingest.file_counts(home), made_months(home)
    return [
        period
        for period in sorted(set(ledger.sealed_periods(home)))
        if made.get(period) != month_fingerprint(home, period, counts)
    ]


def discard_drafts(home: Home, dbt: Dbt, run: Run) -> list[date]:
    """Removes months that are neither sealed nor the run's own, and returns them: the drafts of earlier runs.

    A warehouse that was deleted would not get them back, and what is published must not depend on that.
    """
    sealed = set(ledger.sealed_periods(home))
    drafts = sorted(period for period in begun_months(home) if period not in sealed and not run.covers(period))
    if drafts:
        discard_months(home, drafts, dbt.tables_by_month, [EXPECTED, BOOKS])
    return drafts


def ensure_foundation(home: Home, dbt: Dbt) -> None:
    """Reference data and staging views, made again only when the project has changed."""
    ensure(home, dbt, FOUNDATION, warehouse_fingerprint())


def derive_expected(home: Home, dbt: Dbt, run: Run, on_result: OnResult = lambda _: None) -> None:
    """What the month should be invoiced, into the warehouse, unless it is there and rests on the same.

    Another run may have left the warehouse, as where one is taken up again in the middle: then it is prepared first.
    """
    if holdings(home).prepared_for != run_fingerprint(home, run, ingest.file_counts(home)):
        prepare(home, run)
    ensure_foundation(home, dbt)
    if ensure(home, dbt, EXPECTED, holdings(home).made_of, on_result):
        mark_deliveries_made(home)


def derive_books(home: Home, dbt: Dbt, run: Run, on_result: OnResult = lambda _: None) -> None:
    """The published tables after sealing, into the warehouse, unless they are there and rest on the same."""
    refresh_ledger(home)
    held = holdings(home)
    seals = [seal.audit_hash for seal in ledger.read_seals(home)]
    months = sorted({run.period, *held.months})
    made_of = digest([held.passes[EXPECTED].token, seals, list(map(str, months))])
    ensure(home, dbt, BOOKS, made_of, on_result)
    note_month(home, run.period, month_fingerprint(home, run.period, ingest.file_counts(home)))


def make_again(home: Home, dbt: Dbt, periods: list[date], as_of: date) -> None:
    """Makes sealed months again, without sealing anything: as of the day that they were sealed on at least. A run as
    of an earlier day takes back nothing of what a month was found to be at its end.
    """
    sealed_on = {seal.period: seal.sealed_on for seal in ledger.read_seals(home)}
    for period in periods:
        run = Run(period, max(as_of, sealed_on[period])).for_books()
        derive_expected(home, dbt, run)
        derive_books(home, dbt, run)
