"""Local days as data agree with the time zone's own rules, at every edge."""

import bisect
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from python_assets.warehouse.days import local_days

ZONES = [
    "UTC",
    "Australia/Sydney",
    "America/New_York",
    "Asia/Beirut",
    "Africa/Casablanca",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Asia/Kathmandu",
]


@pytest.mark.parametrize("zone", ZONES)
def test_the_day_of_an_instant_is_the_zones_own(zone):
    days = local_days(zone)
    rows = list(zip(days["utc_from"], days["utc_until"], days["local_on"], strict=True))
    starts = [row[0] for row in rows]
    instant = datetime(2010, 12, 30, 23, 45)
    while instant < datetime(2028, 1, 2):
        begin, end, local = rows[bisect.bisect_right(starts, instant) - 1]
        assert begin <= instant < end
        assert local == instant.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).date(), instant
        instant += timedelta(minutes=487)


@pytest.mark.parametrize("zone", ZONES)
def test_stretches_cover_time_without_gap_or_overlap(zone):
    days = local_days(zone)
    assert days["utc_from"][0] == datetime(1970, 1, 1)
    assert days["utc_from"][1:] == days["utc_until"][:-1]
    assert all(on == begin.date() for on, begin in zip(days["utc_on"], days["utc_from"], strict=True))


def test_the_day_begins_at_local_midnight_after_the_clocks_change():
    """Sydney leaves daylight saving on 5 April 2026: its midnight moves from 13:00 to 14:00 UTC."""
    days = local_days("Australia/Sydney")
    begin_of = {}
    for begin, local in zip(days["utc_from"], days["local_on"], strict=True):
        begin_of.setdefault(local, begin)
    assert begin_of[date(2026, 4, 5)] == datetime(2026, 4, 4, 13)
    assert begin_of[date(2026, 4, 6)] == datetime(2026, 4, 5, 14)
