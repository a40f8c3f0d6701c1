"""How amounts, quantities, days and names are written on a document."""

import re
import unicodedata
from datetime import date, timedelta
from decimal import Decimal

from python_assets.periods import MONTHS, add_months

_MINUS = "\N{MINUS SIGN}"
_UNITS = {"gb": "GB"}
_COUNTED = {"credit", "hour", "lot", "month", "request", "seat"}
# Characters that turn the text after them round: a name could make amounts read backwards.
_BIDI_CONTROLS = {*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C}


def amount_text(cents: int) -> str:
    """Whole cents in major units: 123456 is `1,234.56`; with a true minus sign below 0."""
    whole, part = divmod(abs(cents), 100)
    return _signed(f"{whole:,}.{part:02d}", cents < 0)


def unit_price_text(cents: Decimal | None) -> str:
    """Cents, perhaps with fractions, in major units with two decimals or more: 1.25 is `0.0125`; empty for None."""
    if cents is None:
        return ""
    whole, _, fraction = f"{abs(cents.scaleb(-2)):,f}".partition(".")
    return _signed(f"{whole}.{fraction.rstrip('0').ljust(2, '0')}", cents < 0)


def quantity_text(quantity: Decimal | None) -> str:
    """A quantity without trailing zeros: 1488.000 is `1,488`; empty for None."""
    if quantity is None:
        return ""
    whole, _, fraction = f"{abs(quantity):,f}".partition(".")
    fraction = fraction.rstrip("0")
    return _signed(whole + (f".{fraction}" if fraction else ""), quantity < 0)


def unit_text(unit: str | None, quantity: Decimal | None) -> str:
    """A unit of reference data, for people: `1k_tokens` is `1k tokens`, 40 of `seat` are `seats`."""
    if unit in _COUNTED and quantity != 1:
        return f"{unit}s"
    return _UNITS.get(unit or "", (unit or "").replace("_", " "))


def _signed(text: str, negative: bool) -> str:
    return _MINUS + text if negative else text


def day_text(day: date) -> str:
    """`2 June 2026`."""
    return f"{day_of_month_text(day)} {day.year}"


def day_of_month_text(day: date) -> str:
    """`2 June`."""
    return f"{day.day} {MONTHS[day.month - 1]}"


def month_text(period: date) -> str:
    """`June 2026`."""
    return f"{MONTHS[period.month - 1]} {period.year}"


def days_of_text(period: date) -> str:
    """All days of a month: `1 to 30 June 2026`."""
    return f"1 to {day_text(add_months(period, 1) - timedelta(days=1))}"


def clean(text: str | None) -> str:
    """Text of others in one line, without what no font can show and what turns other text round."""
    text = text or ""
    if text.isascii() and text.isprintable():  # Nearly all: looking at each character takes twenty times as long.
        return " ".join(text.split())
    kept = "".join(
        " " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in text if not _is_invisible(ord(c))
    )
    return re.sub(r"\s+", " ", kept).strip()


def _is_invisible(point: int) -> bool:
    no_character = 0xFDD0 <= point <= 0xFDEF or point & 0xFFFE == 0xFFFE or 0xD800 <= point <= 0xDFFF
    return no_character or point in _BIDI_CONTROLS
