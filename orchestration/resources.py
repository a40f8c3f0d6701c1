"""What assets share: the home under its lock, and the settings of a close. No work is done here."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import dagster as dg
from pydantic import Field

from orchestration.interrupts import interrupts_unwrapped
from orchestration.settings import home_folder
from python_assets.clock import today
from python_assets.disk import full_disk
from python_assets.errors import UserError
from python_assets.home import CAN_BE_DELETED, Home
from python_assets.lock import home_lock, release_home_lock
from python_assets.periods import parse_day, parse_period
from python_assets.permissions import kept_from_others, restrict
from python_assets.warehouse.database import kept_open, release
from python_assets.warehouse.fingerprints import Run

# For another run on the same home.
SECONDS_TO_WAIT = 600

# A run cannot configure which folder it works on: starting a run must not allow writing anywhere else.
_NO_SETTINGS: dict[str, dg.Field] = {}


@contextmanager
def failing_plainly() -> Iterator[None]:
    """Turns what a user can cause (a UserError, a full disk, a file of the home that cannot be opened) into a Dagster
    failure with a message and no traceback."""
    try:
        with interrupts_unwrapped():
            yield
    except Exception as error:
        if message := full_disk(error, home_folder(None)) or _message_of(error):
            raise dg.Failure(description=message, allow_retries=False) from None
        raise


def _message_of(error: Exception) -> str | None:
    if isinstance(error, UserError):
        return str(error)
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {error.strerror}. {CAN_BE_DELETED}"
    return None


# The home as a parameter of an asset.
HomeResource = dg.ResourceParam[Home]


def locked_home(home: Home) -> dg.ResourceDefinition:
    """The home under its lock, held from the first step of a run to the last that changes the home."""

    def hold(context: dg.InitResourceContext) -> Iterator[Home]:
        purpose = f"Dagster run {context.run.run_id}"
        with (
            failing_plainly(),
            kept_from_others(),
            home_lock(home, SECONDS_TO_WAIT, purpose),
            kept_open(home),
        ):
            restrict(home)
            yield home

    return dg.ResourceDefinition(hold, _NO_SETTINGS, description="The home, locked until the push.")


def release_home(home: Home) -> None:
    """Lets other runs have the home before this one ends, also where the command line took the lock.

    The warehouse is closed too: a run that has the lock could not open it.
    """
    release(home)
    release_home_lock(home)


def unlocked_home(home: Home) -> dg.ResourceDefinition:
    """The home, for steps that only add to its landing and take its lock themselves where they need it."""

    def hold(_: dg.InitResourceContext) -> Iterator[Home]:
        with kept_from_others():
            yield home

    return dg.ResourceDefinition(hold, _NO_SETTINGS, description="The home, not locked.")


def no_stored_values() -> dg.IOManagerDefinition:
    """Instead of Dagster's default, whose folder a run could choose. Assets write their results themselves."""
    return dg.IOManagerDefinition(lambda _: dg.InMemoryIOManager(), _NO_SETTINGS)


class CloseSettings(dg.ConfigurableResource):
    """How a month is closed; the defaults are right for a backfill from the UI."""

    as_of: str = Field(default="", description="As-of date YYYY-MM-DD that invoices and seals bear; empty is today")
    draft: bool = Field(default=False, description="Derive drafts only, seal nothing")
    force: bool = Field(default=False, description="Void what is sealed of the month and issue it anew")
    tenants: list[str] = Field(default=[], description="Tenants that a forced run reissues; empty is all")
    accept_missing: bool = Field(
        default=False, description="Go on although a file is gone that a sealed month rested on"
    )
    through: str = Field(
        default="", description="Last month YYYY-MM of a run over several; its files are read first, it alone publishes"
    )

    since: str = Field(
        default="", description="First month YYYY-MM of a run over several: drafts from there on are its own"
    )

    def last_period(self, period: date) -> date:
        """The last month of the run that this month is closed in."""
        return parse_period(self.through) if self.through else period

    def run_of(self, home: Home, period: date) -> Run:
        first = parse_period(self.since) if self.since else period
        return Run(period, as_of_date(self.as_of, home), self.draft, self.force, tuple(self.tenants), first=first)


def as_of_date(text: str, home: Home) -> date:
    """An as-of date, empty being today; UserError if it is no date or lies in the future."""
    now = today(home)
    if not text:
        return now
    as_of = parse_day(text)
    if as_of > now:
        raise UserError(f"the as-of date {as_of} lies after today ({now} in {home.config.timezone})")
    return as_of
