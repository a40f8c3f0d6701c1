"""Billing periods: a calendar month, held as the date of its first day and written `YYYY-MM`."""

import re
from datetime import date

from python_assets.errors import UserError

# In English on every machine, whatever its locale.
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")


def parse_period(text: str) -> date:
    """The first day of the month `YYYY-MM`; UserError for anything else."""
    match = _MONTH.fullmatch(text)
    if not match or match[1] == "0000":
        raise UserError(f"'{text}' is no month; write it as YYYY-MM, for example 2026-04")
    return date(int(match[1]), int(match[2]), 1)


def parse_day(text: str) -> date:
    """The date `YYYY-MM-DD`; UserError for anything else."""
    try:
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            raise ValueError
        return date.fromisoformat(text)
    except ValueError:
        raise UserError(f"'{text}' is no date; write it as YYYY-MM-DD") from None


def period_text(period: date) -> str:
    """`YYYY-MM` of a period."""
    return f"{period.year:04d}-{period.month:02d}"


def month_name(period: str) -> str:
    """`April 2026` of `2026-04`."""
    year, number = period.split("-")
    return f"{MONTHS[int(number) - 1]} {int(year)}"


def add_months(period: date, months: int) -> date:
    """The period `months` later (earlier if negative)."""
    index = period.year * 12 + period.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)


def months_between(first: date, last: date) -> list[date]:
    """All periods from `first` to `last`, both included; empty if `last` is earlier."""
    count = (last.year - first.year) * 12 + last.month - first.month
    return [add_months(first, n) for n in range(count + 1)]
