"""Words and amounts as they stand on a document."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from python_assets.documents.words import amount_text, clean


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, ""),
        ("", ""),
        ("  Acme   Pty Ltd ", "Acme Pty Ltd"),
        ("Acme\tPty\r\nLtd\x00", "Acme Pty Ltd"),
        ("Größe  \u00a0L\u2028", "Größe L"),
        ("to \u202eyap\u202c", "to yap"),
        ("\ufdd0\ufffe", ""),
    ],
)
def test_text_of_others_is_one_line_that_turns_nothing_round(text, expected):
    assert clean(text) == expected


@given(st.integers(-(2**63), 2**63 - 1))
def test_an_amount_is_its_cents_in_major_units(cents):
    text = amount_text(cents)
    assert Decimal(text.replace(",", "").replace("\N{MINUS SIGN}", "-")) == Decimal(cents).scaleb(-2)
    assert text.count(".") == 1
    assert len(text.partition(".")[2]) == 2


@pytest.mark.parametrize(
    ("cents", "expected"), [(0, "0.00"), (-5, "\N{MINUS SIGN}0.05"), (-123456, "\N{MINUS SIGN}1,234.56"), (100, "1.00")]
)
def test_an_amount_is_grouped_and_has_a_true_minus_sign(cents, expected):
    assert amount_text(cents) == expected
