"""The steps of a monthly close after its files were read, one function each. Their order is Dagster's to say."""

from datetime import date

from python_assets import ledger
from python_assets.closing import SealOutcome, check_order, check_time_zone, missing_inputs_message, seal_month
from python_assets.errors import UserError
from python_assets.home import Home
from python_assets.warehouse import months
from python_assets.warehouse.database import discard_outdated
from python_assets.warehouse.fingerprints import Run, is_followed
from python_assets.warehouse.months import OnResult
from python_assets.warehouse.passes import Dbt
from python_assets.warehouse.sources import prepare


def begin(home: Home, dbt: Dbt, run: Run, accept_missing: bool = False) -> list[date]:
    """Makes the warehouse ready for a run; the earlier months that were made again because it lacked them.

    UserError if the ledger is damaged, if days are not those of the ledger, if the month's turn has not come, or if
    files are gone that sealed months rested on.
    """
    ledger.verified_seals(home)
    check_time_zone(home)
    check_order(home, run)
    missing = missing_inputs_message(home, run.period)
    if missing and not accept_missing:
        raise UserError(missing)
    discard_outdated(home)
    earlier = [month for month in months.lacking_months(home) if month < run.period]
    months.make_again(home, dbt, earlier, run.as_of)
    prepare(home, run)
    months.ensure_foundation(home, dbt)
    return earlier


def seal(home: Home, dbt: Dbt, run: Run) -> SealOutcome:
    """Issues what can be issued and is not; UserError if the month may not be sealed."""
    months.derive_expected(home, dbt, run)
    return seal_month(home, run)


def keep_books(home: Home, dbt: Dbt, run: Run, is_last: bool, on_result: OnResult = lambda _: None) -> None:
    """The published tables, into the warehouse. After the last month of a run it lacks no sealed month."""
    if run.force or is_followed(home, run):
        run = run.for_books()
    months.derive_expected(home, dbt, run)
    months.derive_books(home, dbt, run, on_result)
    others = [month for month in months.lacking_months(home) if month != run.period] if is_last else []
    months.make_again(home, dbt, others, run.as_of)
    if others:
        prepare(home, run)
