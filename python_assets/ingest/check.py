"""Every problem of a landing, found without keeping anything: what `counterfoil check` shows."""

import tempfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from python_assets.home import Home
from python_assets.ingest.feeds import FEEDS
from python_assets.ingest.files import shown
from python_assets.ingest.store import ingest, quarantine_sql
from python_assets.memory import lent


@dataclass(frozen=True)
class Problem:
    """What is wrong, and where. `file` begins with `landing/` or `mappings/`; without `record` it is at fault."""

    feed: str
    file: str
    record: int | None
    column: str | None
    value: str | None
    reason: str


def problems(home: Home) -> list[Problem]:
    """All problems of all files in landing, feed by feed: of files first, then of records in order."""
    found: dict[Problem, None] = {}
    for feed in FEEDS:
        with tempfile.TemporaryDirectory(prefix="counterfoil-check-") as scratch:
            found.update(dict.fromkeys(_problems_of(home, Home(Path(scratch)), feed)))
    return list(found)


def _problems_of(home: Home, scratch: Home, feed: str) -> list[Problem]:
    _, faults = ingest(home, scratch.raw, feed, date.max, keep_going=True)
    found = [Problem(fault.feed, fault.where, None, None, None, fault.message) for fault in faults]
    with lent() as connection:
        rows = connection.execute(
            "select period, file, line, column_name, value, reason "
            f"from ({quarantine_sql(scratch)}) order by period, file, line"
        ).fetchall()
    return found + [
        Problem(feed, f"landing/{feed}/period={period:%Y-%m}/{shown(file)}", line, column, value, reason)
        for period, file, line, column, value, reason in rows
    ]
