"""Text to values, months, and the one rounding (R1, R2; "Values" of the contract)."""

import re
from datetime import UTC, date, datetime, timedelta, timezone
from fractions import Fraction
from functools import cache

_TIMESTAMP = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d):(\d\d):(\d\d)(?:\.(\d+))?)? ?(?:(Z)|([+-])(\d\d)(?::?(\d\d))?)?", re.ASCII
)
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}", re.ASCII)
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)


def is_id(text: str | None) -> bool:
    return bool(_ID.fullmatch(text or ""))


@cache
def is_number(text: str, decimals: int | None) -> bool:
    """15 integer digits at most; decimals are counted after trailing zeros are dropped."""
    if not _NUMBER.fullmatch(text):
        return False
    exact = Fraction(text)
    return abs(exact) < 10**15 and (decimals is None or (exact * 10**decimals).denominator == 1)


@cache
def is_timestamp(text: str) -> bool:
    if not _TIMESTAMP.fullmatch(text):
        return False
    try:
        instant(text)
    except ValueError:
        return False
    return True


def rounded(exact: Fraction, decimals: int = 0) -> Fraction:
    """R1: half away from zero."""
    scaled = abs(exact) * 10**decimals
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    return Fraction(whole if exact >= 0 else -whole, 10**decimals)


def cents(exact: Fraction) -> int:
    """R1: an amount, rounded once."""
    return int(rounded(exact))


@cache
def number(text: str | None, default: int | None = 0) -> Fraction | None:
    """A number; the default if there is none."""
    return Fraction(text) if text else (None if default is None else Fraction(default))


@cache
def day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def truth(text: str | None, default: bool) -> bool:
    return text.lower() in ("true", "t", "1") if text else default


@cache
def instant(text: str) -> datetime:
    """R2: without an offset it is UTC; cut to microseconds; a date alone is its midnight."""
    on, hour, minute, second, fraction, _, sign, offset_hours, offset_minutes = _TIMESTAMP.fullmatch(text).groups()
    offset = timedelta(hours=int(offset_hours or 0), minutes=int(offset_minutes or 0))
    zone = timezone(-offset if sign == "-" else offset)
    at = datetime.fromisoformat(on).replace(
        hour=int(hour or 0), minute=int(minute or 0), second=int(second or 0), tzinfo=zone
    )
    return at.replace(microsecond=int((fraction or "0")[:6].ljust(6, "0"))).astimezone(UTC)


def month_number(month: str) -> int:
    """Months counted, so that they can be subtracted."""
    return int(month[:4]) * 12 + int(month[5:7]) - 1


def month_of(number_of_month: int) -> str:
    return f"{number_of_month // 12:04}-{number_of_month % 12 + 1:02}"


def days_of(month: str) -> list[date]:
    """R2: every day of a month."""
    first, after = (date.fromisoformat(month_of(month_number(month) + plus) + "-01") for plus in (0, 1))
    return [first + timedelta(days=days) for days in range((after - first).days)]


def in_bytes(text: str | None) -> tuple[bool, bytes]:
    """R13: text by its UTF-8 bytes, empty last."""
    return (not text, (text or "").encode())
