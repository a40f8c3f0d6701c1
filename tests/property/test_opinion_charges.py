"""The second opinion itself: charge models by hand (R9)."""

from fractions import Fraction

import pytest
from support.opinion.charges import Item


def item(model: str, *tiers: tuple[str, str, str], **row: str) -> Item:
    """An item with tiers (up to, unit price, flat fee)."""
    rows = [{"up_to": up_to, "unit_price_cents": price, "flat_fee_cents": fee} for up_to, price, fee in tiers]
    return Item.of({"charge_model": model, "overage_unit": "gb", **row}, rows)


TIERS = (("5", "8.25", "100"), ("2", "9.25", "50"), ("", "7.25", "200"))


@pytest.mark.parametrize(
    ("model", "units", "cents"),
    [
        ("graduated", "2", "68.5"),  # 2 x 9.25 + 50
        ("graduated", "2.5", "172.625"),  # and half of 8.25 + 100
        ("graduated", "7", "407.75"),  # 2 x 9.25 + 3 x 8.25 + 2 x 7.25 + 350
        ("volume", "2", "68.5"),
        ("volume", "2.000000001", "116.50000000825"),
        ("volume", "7", "250.75"),
    ],
)
def test_tiers_reach_up_to_and_including_their_end(model, units, cents):
    assert item(model, *TIERS).amount(Fraction(units)) == Fraction(cents)


def test_the_last_tier_is_open_whatever_it_says():
    assert item("volume", ("2", "1", ""), ("3", "2", "")).amount(Fraction(9)) == 18
    assert item("graduated", ("3", "2", "")).amount(Fraction(9)) == 18


def test_a_tier_that_ends_at_0_holds_nothing_and_costs_nothing():
    assert item("graduated", ("0", "5", "700"), ("", "1", "10")).amount(Fraction(3)) == 13


def test_packages_are_counted_whole():
    boxes = item("package", overage_price_cents="10.5", package_size="2.5")
    assert [boxes.amount(Fraction(units)) for units in ("2.5", "2.500000001")] == [Fraction("10.5"), 21]


@pytest.mark.parametrize(
    "broken",
    [
        item("per_unit"),
        item("package", package_size="1"),
        item("package", overage_price_cents="1"),
        item("package", overage_price_cents="1", package_size="0"),
        item("volume", overage_price_cents="1"),
        item("graduated", ("5", "1", ""), ("5.0", "2", ""), ("", "3", "")),
        item("graduated", ("", "1", ""), ("", "3", "")),
    ],
    ids=lambda each: each.model,
)
def test_what_cannot_be_priced_is_not_usable(broken):
    assert not broken.is_usable


def test_a_price_of_0_is_a_price():
    assert item("per_unit", overage_price_cents="0").is_usable
