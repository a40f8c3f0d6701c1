"""Which months have files that no run has read as they are now. Looks at names, sizes and times alone.

A run looks closer (at when a file's entry changed, and then at its bytes), so nothing is lost by looking at less here:
else a home that was copied would run all its months.
"""

import hashlib
from collections import defaultdict
from datetime import date

from python_assets.errors import UserError
from python_assets.home import Home
from python_assets.ingest.feeds import FEEDS
from python_assets.ingest.files import list_feed, stat_of
from python_assets.ingest.mapping import read_mappings
from python_assets.ingest.store import known_stats


def changed_periods(home: Home, made: set[date], quiet_since_ns: int) -> dict[date, str]:
    """The months whose landing files came, changed or went since they were read, each with a digest of its files and
    those before them: a run of an earlier month discards a later draft, which must then be run again.

    `made` are the months that the warehouse holds: one with files that is not among them has changed too. A month with
    a file touched after `quiet_since_ns` (nanoseconds since 1970) is left out: it may still be being written.
    """
    there = _landing(home)
    known = {feed: known_stats(home, feed) for feed in FEEDS}
    changed = {}
    for period in {*there, *(period for stats in known.values() for period, _ in stats)}:
        files = there.get(period, {})
        if any(modified > quiet_since_ns for _, modified in files.values()):
            continue
        before = {(feed, file): stat[:2] for feed in FEEDS for (of, file), stat in known[feed].items() if of == period}
        if files != before or (files and period not in made):
            known_then = sorted((of, sorted(files.items())) for of, files in there.items() if of <= period)
            changed[period] = hashlib.sha256(repr(known_then).encode()).hexdigest()
    return dict(sorted(changed.items()))


def _landing(home: Home) -> dict[date, dict[tuple[str, str], tuple[int, ...]]]:
    """By period: (feed, file) with size and time of its content in nanoseconds, (-1, -1) if it is unreadable."""
    mappings = read_mappings(home.mappings)
    found: dict[date, dict[tuple[str, str], tuple[int, ...]]] = defaultdict(dict)
    for feed in FEEDS:
        for file in list_feed(home.landing, feed, mappings.usable)[0]:
            try:
                found[file.period][feed, file.name] = stat_of(file.path)[:2]
            except (OSError, UserError):
                found[file.period][feed, file.name] = (-1, -1)
    return found
