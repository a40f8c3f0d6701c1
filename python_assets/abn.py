"""Australian Business Numbers: whether one can be one, and how it is written.

Source: https://abr.business.gov.au/Help/AbnFormat.
"""

import re

_WEIGHTS = (10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19)


def parse_abn(text: str | None) -> str | None:
    """The 11 digits of an ABN, written with or without spaces; None if the text is none, or its check digits differ."""
    digits = re.sub(r"\s", "", text or "")
    if not re.fullmatch(r"[0-9]{11}", digits):
        return None
    weighted = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, digits, strict=True)) - _WEIGHTS[0]
    return digits if weighted % 89 == 0 else None


def abn_text(digits: str) -> str:
    """An ABN as people write it: 51 824 753 556."""
    return f"{digits[:2]} {digits[2:5]} {digits[5:8]} {digits[8:]}"
