"""How money is written for people; sums and rates are SQL's."""

from decimal import Decimal


def money(cents: int) -> str:
    """Cents as an amount with two decimals and thousands commas: -123456 is `-1,234.56`."""
    return f"{Decimal(cents).scaleb(-2):,.2f}"


def money_change(cents: int) -> str:
    """The same with its sign always: `+12.00`, `-3.50`; `±0.00` for no change."""
    return "±0.00" if cents == 0 else f"{Decimal(cents).scaleb(-2):+,.2f}"


def percent(part_cents: int, whole_cents: int) -> str | None:
    """A part of a positive whole as `12.3 %`; None where the whole is not positive."""
    return f"{Decimal(part_cents) * 100 / Decimal(whole_cents):,.1f} %" if whole_cents > 0 else None
