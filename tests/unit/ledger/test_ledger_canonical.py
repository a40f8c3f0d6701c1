"""Canonical JSON is that of RFC 8785, for all values that a row can hold."""

from datetime import date, datetime
from decimal import Decimal

import duckdb
import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from python_assets.ledger.canonical import canonical, canonical_of_plain, plain
from python_assets.ledger.leaves import _plain_sql

TEXT = st.text(st.characters(exclude_categories=["Cs"])) | st.text(
    st.sampled_from('"\\/\b\f\n\r\t\0\x1f\x7f\u2028\ufeff😀é')
)
NAMES = st.text(st.characters(max_codepoint=127), max_size=8)
VALUES = TEXT | st.booleans() | st.integers(-(2**70), 2**70)
ROWS = st.dictionaries(NAMES, VALUES)


@given(ROWS, st.lists(ROWS, max_size=3))
def test_canonical_equals_the_rfc8785_library(row, lines):
    document = plain(row | {"lines": lines})
    assert canonical(row | {"lines": lines}) == rfc8785.dumps(document)
    assert canonical_of_plain(document) == rfc8785.dumps(document)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (2**53 - 1, 9007199254740991),
        (2**53, "9007199254740992"),
        (-(2**53), "-9007199254740992"),
        (Decimal("1.500"), "1.5"),
        (Decimal("100.0"), "100"),
        (Decimal("1E+3"), "1000"),
        (Decimal("0.000000000"), "0"),
        (Decimal("-0.0"), "0"),
        (date(2026, 4, 1), "2026-04-01"),
    ],
)
def test_plain_follows_the_contract(value, expected):
    assert plain(value) == expected


@pytest.mark.parametrize("value", [1.0, float("nan"), Decimal("NaN"), b"x", datetime(2026, 4, 1), {1}])
def test_what_has_no_place_in_the_ledger_raises(value):
    with pytest.raises(TypeError):
        canonical({"a": [{"b": value}]})


def test_nulls_are_left_out():
    assert canonical({"b": None, "a": 1, "lines": [{"c": None}]}) == b'{"a":1,"lines":[{}]}'


@given(st.decimals(allow_nan=False, allow_infinity=False, places=15, min_value=-(10**22), max_value=10**22))
def test_duckdb_writes_decimals_as_python_does(value):
    query = f"SELECT {_plain_sql('x', 'DECIMAL(38,15)')} FROM (SELECT CAST($1 AS DECIMAL(38,15)) AS x)"
    assert duckdb.execute(query, [format(value, "f")]).fetchall() == [(plain(value),)]
