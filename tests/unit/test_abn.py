"""Australian Business Numbers."""

import pytest

from python_assets.abn import abn_text, parse_abn


@pytest.mark.parametrize("abn", ["51824753556", "47555222000"])
def test_an_abn_checks(abn):
    assert parse_abn(abn) == abn


@pytest.mark.parametrize("text", ["51824753557", "11223493504", "5182475355", "518247535560", "", None, "٥١٨٢٤٧٥٣٥٥٦"])
def test_anything_else_is_none(text):
    assert parse_abn(text) is None


def test_every_single_wrong_digit_is_found():
    abn = "51824753556"
    wrong = [abn[:n] + digit + abn[n + 1 :] for n in range(11) for digit in "0123456789" if digit != abn[n]]
    assert [text for text in wrong if parse_abn(text)] == []


def test_an_abn_is_written_in_groups():
    assert parse_abn(abn_text("51824753556")) == "51824753556"
    assert abn_text("51824753556") == "51 824 753 556"
