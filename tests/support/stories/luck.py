"""Values that tend to lie where rules change."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta, timezone
from random import Random
from zoneinfo import ZoneInfo

from support.opinion.values import days_of, month_number, month_of

# kind -> the unit that it usually has, and about how much of it is used
KINDS = {
    "hours": ("hour", 40),
    "gb.stored": ("gb", 60),
    "Requests": ("request", 900),
    "seats": ("each", 7),
    "tokens": ("1k_tokens", 40000),
    "batch_tokens": ("1m_tokens", 30000000),
}


class Luck:
    """Values that tend to lie where rules change: edges of days and months, zeros, many decimals."""

    def __init__(self, random: Random, zone: str):
        self.random, self.zone = random, ZoneInfo(zone)
        self.choice, self.int = random.choice, random.randint

    def once_in(self, times: int) -> bool:
        return self.random.randrange(times) == 0

    def some(self, most: int) -> range:
        return range(self.int(0, most))

    def shuffled(self, things: Iterable) -> list:
        things = list(things)
        self.random.shuffle(things)
        return things

    def decimal(self, most: float, decimals: int) -> str:
        """A number from 0 to about `most`, with up to so many decimals, at times in an unusual form."""
        digits = self.choice((0, 1, decimals, decimals))
        whole, fraction = self.int(0, max(1, int(most))), self.int(0, 10**digits - 1)
        if self.once_in(12):
            fraction = 5 * 10 ** (digits - 1) if digits else 0
        text = f"{whole}.{fraction:0{digits}}" if digits else str(whole)
        if self.once_in(15):
            return self.choice((f"+{text}", f"{text}e0", f"0{text}", f"{text}{'' if digits else '.'}0000000000"))
        return text

    def price(self, usual: float) -> str:
        """A price with up to 6 decimals, at times of as many digits as one may have."""
        return self.decimal(999_999_998 if self.once_in(10) else usual, 6)

    def days(self, month: str, before: int = 0, after: int = 0) -> date:
        """A day of a month or of those around it; often the first or the last."""
        days = days_of(month_of(month_number(month) + self.int(-before, after)))
        return self.choice((days[0], days[-1], *[self.choice(days) for _ in range(4)]))

    def moment(self, on: date) -> str:
        """A timestamp on a day of the billing zone, often at its edge, in one of the forms that may be delivered."""
        if self.once_in(3):
            local = datetime.combine(on, time(), self.zone)
            shift = self.choice((0, 0, 1, -1, 1000000, -1000000, 3600000000))
            at = local.astimezone(UTC) + timedelta(microseconds=shift)
        else:
            local = datetime.combine(on, time(self.int(0, 23), self.int(0, 59), self.int(0, 59)), self.zone)
            at = local.astimezone(UTC)
        return self.written(at)

    def written(self, at: datetime) -> str:
        if at.time() == time() and self.once_in(2):
            return at.date().isoformat()
        form = self.int(0, 4)
        if form == 0:
            return at.replace(tzinfo=None).isoformat(sep=" ")
        if form == 1:
            return at.astimezone(self.zone).isoformat()
        if form == 2:
            return at.astimezone(timezone(timedelta(hours=-3, minutes=-30))).isoformat()
        if form == 3 and at.microsecond:
            return at.replace(tzinfo=None).isoformat() + "987Z"
        return at.replace(tzinfo=None).isoformat() + "Z"
