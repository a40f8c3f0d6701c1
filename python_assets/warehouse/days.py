"""Local days of a time zone as data, so that every engine finds the same day for an instant (R2).

Engines bring time zone tables of their own, of different age; Python's `zoneinfo` is the one source here.
"""

from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

FIRST_DAY = date(1970, 1, 1)
LAST_DAY = date(2100, 1, 1)
_SECOND, _DAY = timedelta(seconds=1), timedelta(days=1)


@cache
def local_days(timezone: str) -> dict[str, list]:
    """Columns utc_on, utc_from, utc_until, local_on: for each UTC day the stretches of it that lie on one local day.

    Stretches are half-open and cover 1970 to 2099 without a gap; timestamps are naive UTC.
    """
    zone = ZoneInfo(timezone)
    columns: dict[str, list] = {"utc_on": [], "utc_from": [], "utc_until": [], "local_on": []}
    start, first = _midnight(FIRST_DAY), _offset(zone, _midnight(FIRST_DAY))
    while start < _midnight(LAST_DAY):
        end = start + _DAY
        next_first = _offset(zone, end)
        for begin, until, local in _stretches(zone, start, end, first, next_first):
            columns["utc_on"].append(start.date())
            columns["utc_from"].append(begin)
            columns["utc_until"].append(until)
            columns["local_on"].append(local)
        start, first = end, next_first
    return columns


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day)


def _stretches(
    zone: ZoneInfo, start: datetime, end: datetime, first: timedelta, after: timedelta
) -> list[tuple[datetime, datetime, date]]:
    """Cuts [start, end) wherever the offset changes or a local midnight passes; `first` is the offset at its start and
    `after` the one at its end."""
    if first == after or first == (last := _offset(zone, end - _SECOND)):
        return _cut_at_midnight(start, end, first)
    change = _first_second_of(zone, start, end, last)
    return _cut_at_midnight(start, change, first) + _cut_at_midnight(change, end, last)


def _cut_at_midnight(start: datetime, end: datetime, offset: timedelta) -> list[tuple[datetime, datetime, date]]:
    local = start + offset
    midnight = datetime(local.year, local.month, local.day) + timedelta(days=1) - offset
    if midnight >= end:
        return [(start, end, local.date())]
    return [(start, midnight, local.date()), (midnight, end, (midnight + offset).date())]


def _first_second_of(zone: ZoneInfo, start: datetime, end: datetime, offset: timedelta) -> datetime:
    """When the zone takes to `offset` between two instants, by halving."""
    while end - start > _SECOND:
        middle = start + timedelta(seconds=(end - start) // _SECOND // 2)
        start, end = (start, middle) if _offset(zone, middle) == offset else (middle, end)
    return end


def _offset(zone: ZoneInfo, instant: datetime) -> timedelta:
    offset = instant.replace(tzinfo=UTC).astimezone(zone).utcoffset()
    assert offset is not None
    return offset
