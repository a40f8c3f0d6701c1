"""Which days are billed, and the segments that they make (R2 to R4)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from .landing import Known, Row
from .values import day, in_bytes, instant

BILLING_STATES = {"active", "past_due"}
Span = tuple[datetime | None, datetime | None, str]


@dataclass(frozen=True)
class Segment:
    """R4: the billed days of a deployment that fall to one plan version, and the subscription that wins each."""

    deployment_id: str
    plan_version_id: str
    subscription_of: dict[date, str]

    @property
    def first_day(self) -> date:
        return min(self.subscription_of)

    @property
    def billed_days(self) -> int:
        return len(self.subscription_of)


@cache
def local_day(text: str, zone: ZoneInfo) -> date:
    """R2: the day of a timestamp in the billing time zone."""
    return instant(text).astimezone(zone).date()


def state_spans(events: list[Row]) -> list[Span]:
    """R3: (from, to, state) between events, and before the first."""
    if not events:
        return [(None, None, "active")]
    ordered = sorted(events, key=lambda event: (instant(event["occurred_at"]), in_bytes(event["event_id"])))
    times = [None, *(instant(event["occurred_at"]) for event in ordered), None]
    states = [ordered[0].get("from_state") or "", *(event["to_state"] for event in ordered)]
    return list(zip(times[:-1], times[1:], states, strict=True))


def days_of_state(events: list[Row], zone: ZoneInfo, days: list[date]) -> set[date]:
    """R3: the days in which a billing state holds at any instant. A span of no length has no instant."""
    found: set[date] = set()
    for start, end, state in state_spans(events):
        if state in BILLING_STATES and (start is None or end is None or start < end):
            first = start.astimezone(zone).date() if start else days[0]
            last = (end - timedelta(microseconds=1)).astimezone(zone).date() if end else days[-1]
            found.update(one for one in days if first <= one <= last)
    return found


def covers(row: Row, on: date) -> bool:
    """R3: `starts_on <= day < ends_on`."""
    ends_on = day(row.get("ends_on"))
    return day(row["starts_on"]) <= on and (ends_on is None or on < ends_on)


def usable(row: Row, known: Known, tenant: Row) -> bool:
    """R3: the plan version is known and has the tenant's currency."""
    version = known.plan_versions.get(row["plan_version_id"])
    return version is not None and currency(version) == currency(tenant)


def currency(row: Row) -> str:
    return row.get("currency") or "AUD"


def segments(deployment_id: str, rows: list[Row], state_days: set[date]) -> list[Segment]:
    """R3, R4: of the rows that cover a day the latest start wins, then the greatest id. In order of first day."""
    found: dict[str, Segment] = {}
    for on in sorted(state_days):
        covering = [row for row in rows if covers(row, on)]
        if covering:
            winner = max(covering, key=lambda row: (day(row["starts_on"]), row["subscription_id"].encode()))
            version = winner["plan_version_id"]
            segment = found.setdefault(version, Segment(deployment_id, version, {}))
            segment.subscription_of[on] = winner["subscription_id"]
    return sorted(found.values(), key=lambda segment: segment.first_day)
