"""What looks like a person's, and what only resembles it; and what is kept of an export's cells (R20)."""

import json

import pytest

from python_assets.ingest.private import has_card_number, has_email, has_ip_address, has_phone


@pytest.mark.parametrize("text", ["a@example.com", "write to Jo <jo.b+x@mail.example.org>", "ü@exämple.org"])
def test_email_addresses(text):
    assert has_email(text)


@pytest.mark.parametrize("text", ["@handle", "a@b", "3 @ 2.50", "user@host"])
def test_no_email_addresses(text):
    assert not has_email(text)


@pytest.mark.parametrize(
    "text", ["+61 491 570 156", "0491570156", "(03) 5550 1234", "+1-202-555-0173", "202-555-0173", "call 0491 570 156"]
)
def test_phone_numbers(text):
    assert has_phone(text)


@pytest.mark.parametrize(
    "text",
    [
        "2026-04-01",
        "2026-04-01 10:00:00",
        "12345678",
        "1234567.89",
        "0000012345",
        "01.02.2026",
        "+5",
        "550e8400-e29b-41d4",
    ],
)
def test_no_phone_numbers(text):
    assert not has_phone(text)


@pytest.mark.parametrize("text", ["192.0.2.7", "from 192.0.2.255:443", "2001:db8::1", "::1", "[2001:db8::2]"])
def test_ip_addresses(text):
    assert has_ip_address(text)


@pytest.mark.parametrize("text", ["1.2.3", "300.1.2.3", "12:30:45", "1.2.3.4.5", "a::b::c", "1.2.3.4x"])
def test_no_ip_addresses(text):
    assert not has_ip_address(text)


@pytest.mark.parametrize("text", ["4111111111111111", "4111 1111 1111 1111", "card 5500-0000-0000-0004."])
def test_card_numbers(text):
    assert has_card_number(text)


@pytest.mark.parametrize("text", ["4111111111111112", "1234567890123", "411111111111", "12345678901234567890123"])
def test_no_card_numbers(text):
    assert not has_card_number(text)


def measured(landing, csv: str, quasi_identifiers: list[str] | None) -> tuple:
    landing.put("analytics_exports", "x.csv", csv)
    if quasi_identifiers is not None:
        landing.put("analytics_exports", "x.json", json.dumps({"quasi_identifiers": quasi_identifiers}))
    landing.ingest("analytics_exports")
    columns = "smallest_group_size, email_columns, phone_columns, ip_address_columns, card_number_columns"
    return landing.rows("analytics_exports", columns)[0]


def test_the_columns_where_something_was_found_are_named(landing):
    csv = "a,b,c,d,e\n1,,+61 491 570 156,192.0.2.1,x\n2,x@example.com,x@example.com,,4111111111111111\n"
    assert measured(landing, csv, ["a"]) == (1, ["b", "c"], ["c"], ["d"], ["e"])


@pytest.mark.parametrize(
    ("quasi_identifiers", "size"), [(["a"], 2), (["a", "b"], 1), ([], 5), (["nowhere"], None), (None, None)]
)
def test_the_smallest_group_over_the_declared_columns(landing, quasi_identifiers, size):
    csv = "a,b\nx,1\nx,1\nx,2\ny,1\ny,1\n"
    assert measured(landing, csv, quasi_identifiers)[0] == size


def test_groups_are_told_apart_by_their_cells_not_by_their_text_joined(landing):
    assert measured(landing, 'a,b\n"x,",y\nx,",y"\n', ["a", "b"])[0] == 1
