"""Which months have files that no run has read as they are now. Looks at names, sizes and times alone."""

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
    """The months whose landing files came, changed or went since they were read, each with a digest of its files.

    `made` are the months that the warehouse holds: one with files that is not among them has changed too. A month with
    a file touched after `quiet_since_ns` (nanoseconds since 1970) is left out: it may still be being written.
    """
    there = _landing(home)
    known = {feed: known_stats(home, feed) for feed in FEEDS}
    changed = {}
    for period in {*there, *(period for stats in known.values() for period, _ in stats)}:
        files = there.get(period, {})
        if any(stat and max(stat[1:3]) > quiet_since_ns for stat in files.values()):
            continue
        before = {(feed, file): stat for feed in FEEDS for (of, file), stat in known[feed].items() if of == period}
        if files != before or (files and period not in made):
            changed[period] = hashlib.sha256(repr(sorted(files.items())).encode()).hexdigest()
    return dict(sorted(changed.items()))


def _landing(home: Home) -> dict[date, dict[tuple[str, str], tuple[int, ...]]]:
    """By period: (feed, file) with what changes when the file does; nothing of it for one that cannot be read."""
    mappings = read_mappings(home.mappings)
    found: dict[date, dict[tuple[str, str], tuple[int, ...]]] = defaultdict(dict)
    for feed in FEEDS:
        for file in list_feed(home.landing, feed, mappings.usable)[0]:
            try:
                found[file.period][feed, file.name] = stat_of(file.path)
            except (OSError, UserError):
                found[file.period][feed, file.name] = ()
    return found
