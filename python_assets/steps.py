"""The steps of a monthly close after its files were read, one function each. Their order is Dagster's to say."""

from dataclasses import dataclass
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


@dataclass(frozen=True)
class Beginning:
    """Earlier months that were rebuilt because the warehouse lacked them, and drafts that earlier runs had left."""

    made_again: list[date]
    discarded: list[date]


def begin(home: Home, dbt: Dbt, run: Run, accept_missing: bool = False) -> Beginning:
    """Makes the warehouse ready for a run.

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
    discarded = months.discard_drafts(home, dbt, run)
    earlier = [month for month in months.lacking_months(home) if month < run.period]
    months.make_again(home, dbt, earlier, run.as_of)
    prepare(home, run)
    months.ensure_foundation(home, dbt)
    return Beginning(earlier, discarded)


def derive(home: Home, dbt: Dbt, run: Run, on_result: OnResult = lambda _: None) -> None:
    """What the month should be invoiced, into the warehouse. Another run may have left drafts since this one began."""
    months.discard_drafts(home, dbt, run)
    months.derive_expected(home, dbt, run, on_result)


def seal(home: Home, dbt: Dbt, run: Run) -> SealOutcome:
    """Issues what can be issued and is not; UserError if the month may not be sealed."""
    derive(home, dbt, run)
    return seal_month(home, run)


def keep_books(home: Home, dbt: Dbt, run: Run, is_last: bool, on_result: OnResult = lambda _: None) -> None:
    """The published tables, into the warehouse. After the last month of a run it lacks no sealed month."""
    if run.force or is_followed(home, run):
        run = run.for_books()
    derive(home, dbt, run)
    months.derive_books(home, dbt, run, on_result)
    others = [month for month in months.lacking_months(home) if month != run.period] if is_last else []
    months.make_again(home, dbt, others, run.as_of)
    if others:
        prepare(home, run)
