"""Leaves are the canonical JSON (RFC 8785) of the ledger's rows, whatever these hold."""

from datetime import date
from decimal import Decimal

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st
from ledger_rows import plain

from python_assets.ledger.leaves import invoice_leaves, roots
from python_assets.ledger.merkle import tree_root
from python_assets.ledger.tables import TABLES
from python_assets.memory import in_memory

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8) | st.text(
    st.sampled_from('"\\/\b\f\n\r\t\0\x0b\x1f\x7f\u2028\ufeff😀éu0'), max_size=8
)
VALUES = {
    "VARCHAR": TEXT,
    "INTEGER": st.integers(-(2**31), 2**31 - 1),
    "BIGINT": st.integers(-(2**63), 2**63 - 1) | st.sampled_from([2**53 - 1, 2**53, 1 - 2**53, -(2**53)]),
    "DATE": st.dates(date(1900, 1, 1)),
    "DECIMAL(38,15)": st.decimals(-(10**22), 10**22, places=15),
    "DECIMAL(27,9)": st.decimals(-(10**17), 10**17, places=9),
    "DECIMAL(15,6)": st.decimals(-(10**8), 10**8, places=6),
}


def rows(table, **known):
    return st.fixed_dictionaries({name: st.none() | VALUES[kind] for name, kind in TABLES[table].items()} | known)


@st.composite
def invoices_with_lines(draw):
    """Each invoice with its lines, in the order of leaves."""
    ids = draw(st.lists(TEXT, min_size=1, max_size=4, unique=True))
    found = []
    for name in ids:
        invoice = draw(rows("invoices", invoice_id=st.just(name), tenant_id=TEXT, version=VALUES["INTEGER"]))
        lines = draw(st.lists(rows("invoice_lines", invoice_id=st.just(name)), max_size=3))
        found.append((invoice, [line | {"line_number": number} for number, line in enumerate(lines)]))
    return sorted(found, key=lambda pair: [pair[0][key] for key in ("tenant_id", "version", "invoice_id")])


@pytest.fixture(scope="module")
def connection():
    with in_memory() as connection:
        yield connection


def opened(connection, **tables):
    """The connection with these rows, as `open_seal` gives it."""
    for table, columns in TABLES.items():
        declared = ", ".join(f"{name} {kind}" for name, kind in columns.items())
        connection.execute(f"CREATE OR REPLACE TABLE {table} ({declared})")
        for row in tables.get(table, []):
            found = [row[name] for name in columns]
            values = [format(value, "f") if isinstance(value, Decimal) else value for value in found]
            connection.execute(f"INSERT INTO {table} VALUES ({', '.join(['?'] * len(values))})", values)
    return connection


@given(invoices_with_lines())
def test_a_leaf_is_the_canonical_json_of_an_invoice_with_its_lines(connection, drawn):
    invoices, lines = [invoice for invoice, _ in drawn], [line for _, own in drawn for line in own]
    files = opened(connection, invoices=invoices[::-1], invoice_lines=lines[::-1])
    expected = [rfc8785.dumps(plain(invoice | {"lines": own})) for invoice, own in drawn]
    assert list(invoice_leaves(files)) == expected


@given(
    st.lists(rows("top_up_balances", top_up_id=TEXT), max_size=3, unique_by=lambda row: row["top_up_id"]),
    st.lists(
        rows("usage_allowances", deployment_id=TEXT, resource_kind=TEXT),
        max_size=3,
        unique_by=lambda row: (row["deployment_id"], row["resource_kind"]),
    ),
)
def test_balances_and_allowances_are_leaves_too(connection, balances, allowances):
    files = opened(connection, top_up_balances=balances, usage_allowances=allowances)
    balances = sorted(balances, key=lambda row: row["top_up_id"])
    allowances = sorted(allowances, key=lambda row: (row["deployment_id"], row["resource_kind"]))
    assert roots(files) == {
        "merkle_root": tree_root([]).hex(),
        "balances_root": tree_root(rfc8785.dumps(plain(row)) for row in balances).hex(),
        "allowances_root": tree_root(rfc8785.dumps(plain(row)) for row in allowances).hex(),
    }


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (2**53 - 1, 9007199254740991),
        (2**53, "9007199254740992"),
        (-(2**53), "-9007199254740992"),
        (Decimal("1.500"), "1.5"),
        (Decimal("100.0"), "100"),
        (Decimal("0.000000000"), "0"),
        (Decimal("-0.0"), "0"),
        (date(2026, 4, 1), "2026-04-01"),
        (None, {}),
    ],
)
def test_what_the_expectations_are_made_with_follows_the_contract(value, expected):
    assert plain({"a": value}) == ({"a": expected} if value is not None else expected)
