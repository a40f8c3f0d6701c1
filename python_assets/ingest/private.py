"""Values that look like a person's: e-mail addresses, phone numbers, IP addresses, payment cards (R20).

Only whether a text looks like one is told, never the text.
"""

import ipaddress
import re
from collections.abc import Callable

_EMAIL = re.compile(r"[^\s@<>(),;:\"]+@[^\s@<>(),;:\"]+\.[^\W\d_]{2,}")
# With a country's code, or as it is dialled in Australia, or in North America. Dates, amounts and padded numbers are
# none of these.
_PHONE = re.compile(
    r"(?<![\w.+-])(?:\+\d(?:[ ().-]{0,2}\d){7,13}"
    r"|\(?0[2-478]\)?(?:[ -]?\d){8}"
    r"|(?:\(\d{3}\) ?|\d{3}[-. ])\d{3}[-. ]\d{4})(?![\w-]|\.\d)",
    re.ASCII,
)
_IPV4 = re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.]*\w)", re.ASCII)
_IPV6 = re.compile(r"(?<![\w:.])[0-9A-Fa-f:]*:[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*(?![\w:])", re.ASCII)
_CARD = re.compile(r"(?<![\w.+-])[2-6]\d{3}(?:[ -]?\d){9,15}(?![\w-]|\.\d)", re.ASCII)


def has_email(text: str) -> bool:
    return "@" in text and _EMAIL.search(text) is not None


def has_phone(text: str) -> bool:
    return _PHONE.search(text) is not None


def has_ip_address(text: str) -> bool:
    candidates = []
    if text.count(".") >= 3:
        candidates += _IPV4.findall(text)
    if text.count(":") >= 2:
        candidates += _IPV6.findall(text)
    return any(_is_ip_address(candidate) for candidate in candidates)


def has_card_number(text: str) -> bool:
    """13 to 19 digits with a right check digit (Luhn)."""
    return any(_passes_luhn(re.sub(r"\D", "", candidate)) for candidate in _CARD.findall(text))


# What is looked for, by the column of the export's row that names the columns where it was found.
DETECTORS: dict[str, Callable[[str], bool]] = {
    "email_columns": has_email,
    "phone_columns": has_phone,
    "ip_address_columns": has_ip_address,
    "card_number_columns": has_card_number,
}


def _is_ip_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _passes_luhn(digits: str) -> bool:
    if not 13 <= len(digits) <= 19:
        return False
    doubled = [int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(reversed(digits))]
    return sum(number - 9 if number > 9 else number for number in doubled) % 10 == 0
