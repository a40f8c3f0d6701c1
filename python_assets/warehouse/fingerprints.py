"""What runs, months and deliveries rest on, as SHA-256 in hex: what has the same has the same rows."""

import hashlib
import json
from dataclasses import dataclass, field, replace
from datetime import date

from python_assets import ledger
from python_assets.home import Home
from python_assets.ingest import FileCount
from python_assets.periods import add_months
from python_assets.warehouse.project import code_fingerprint, project_fingerprint

EVENT_FEEDS = ("metering", "llm_usage")


@dataclass(frozen=True)
class Run:
    """One run over one month, as the models see it."""

    period: date
    as_of: date
    is_draft: bool = False
    force: bool = False
    tenants: tuple[str, ...] = ()  # that a forced run reissues; all if empty
    is_for_books: bool = False  # makes what is published of a month that others follow, and seals nothing
    # The first month of a run over several: drafts from there on are the run's own. No rule depends on it.
    first: date | None = field(default=None, repr=False)

    def covers(self, period: date) -> bool:
        """Whether the run closes that month or has closed it already."""
        return (self.first or self.period) <= period <= self.period

    def for_books(self) -> "Run":
        """What is published of a month depends neither on how often it was issued nor on what was sealed after it."""
        return replace(self, force=False, tenants=(), is_for_books=True)


def is_followed(home: Home, run: Run) -> bool:
    """Whether what a run seals must leave lots to a later month that is sealed already (R14)."""
    if run.is_for_books or not any(period > run.period for period in ledger.sealed_periods(home)):
        return False
    return run.force or _lists_lots_after(home, run.period)


def _lists_lots_after(home: Home, period: date) -> bool:
    """Whether a seal of a later period lists a top-up lot."""
    later = [seal for seal in ledger.read_seals(home) if seal.period > period]
    with ledger.open_rows(later, "top_up_balances") as rows:
        return rows.execute("select count(*) > 0 from top_up_balances").fetchone() == (True,)


def horizon(home: Home, period: date) -> date:
    """The newest month that the warehouse is to know of: what is published does not shrink when March runs again.

    Drafts of later months do not count: the run discards them.
    """
    return max([period, *ledger.sealed_periods(home)])


def delivery_fingerprints(home: Home, counts: list[FileCount]) -> dict[tuple[str, date], str]:
    """What the events of each (feed, delivery) rest on: its files, earlier ones that they may repeat, the rules."""
    result = {}
    for feed in EVENT_FEEDS:
        periods = sorted({c.period for c in counts if c.feed == feed})
        for period in periods:
            earliest = add_months(period, -home.config.adjustment_months) if feed == "metering" else date.min
            files = [
                (str(c.period), c.file, c.sha256) for c in counts if c.feed == feed and earliest <= c.period <= period
            ]
            result[feed, period] = digest([sorted(files), home.config.timezone, project_fingerprint()])
    return result


def month_fingerprint(home: Home, period: date, counts: list[FileCount]) -> str:
    """What a month's rows rest on: files up to it, seals before it, configuration, the rules themselves."""
    files = sorted((c.feed, str(c.period), c.file, c.sha256) for c in counts if c.period <= period)
    seals = [seal.audit_hash for seal in ledger.read_seals(home) if seal.period < period]
    return digest([files, seals, repr(home.config), project_fingerprint()])


def run_fingerprint(home: Home, run: Run, counts: list[FileCount]) -> str:
    """What the home has for a run: later files too, which say who is on hold, and what was paid."""
    files = sorted((c.feed, str(c.period), c.file, c.sha256) for c in counts)
    month = month_fingerprint(home, run.period, counts)
    later = [seal.audit_hash for seal in ledger.read_seals(home) if seal.period >= run.period]
    followed_by = later if is_followed(home, run) else []
    return digest([repr(run), str(horizon(home, run.period)), month, files, followed_by, code_fingerprint()])


def digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()
