"""What assets share: the home under its lock, and the settings of a close. No work is done here."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

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
from python_assets.warehouse.database import kept_open, release
from python_assets.warehouse.fingerprints import Run


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


class HomeResource(dg.ConfigurableResource):
    """The home. Its lock is held from the first step of a run to the last that changes the home."""

    root: str = Field(description="Folder of the home")
    wait_seconds: int = Field(default=600, description="How long to wait for another run on this home")

    @property
    def paths(self) -> Home:
        return Home.open(Path(self.root))

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator["HomeResource"]:
        purpose = f"Dagster run {context.run.run_id}"
        with failing_plainly(), home_lock(self.paths, self.wait_seconds, purpose), kept_open(self.paths):
            yield self

    def unlock(self) -> None:
        """Lets other runs have the home, also where the command line took the lock: the rest of this one only pushes.

        The warehouse is closed too: a run that has the lock could not open it.
        """
        release(self.paths)
        release_home_lock(self.paths)


class UnlockedHome(dg.ConfigurableResource):
    """The home, for steps that only add to its landing and take its lock themselves where they need it."""

    root: str = Field(description="Folder of the home")
    wait_seconds: int = Field(default=600, description="How long to wait for a run on this home")

    @property
    def paths(self) -> Home:
        return Home.open(Path(self.root))


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
