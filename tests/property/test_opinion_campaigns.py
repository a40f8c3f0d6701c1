"""The second opinion itself: campaigns by hand (R17)."""

from datetime import date

import pytest
from support.opinion.books import Books
from support.opinion.campaigns import deduplication_key
from support.opinion.landing import File

TENANT = {"tenant_id": "t", "name": "T", "tax_region": "NONE"}


def landing(*campaigns: dict, bundles: tuple = (), usage: tuple = (), period: str = "2026-04") -> list[File]:
    """One tenant, its campaigns from 2026-01-01 on unless they say otherwise."""
    base = {"tenant_id": "t", "starts_on": "2026-01-01"}
    files = {
        "bundles": tuple({"bundle_id": "b", **base, "price_cents": "10000"} | row for row in bundles),
        "campaigns": tuple(base | row for row in campaigns),
        "campaign_usage": tuple({"occurred_at": "2026-04-10T10:00:00Z"} | row for row in usage),
    }
    return [
        File("control_plane", period, "tenants.csv", (TENANT,)),
        *(File("campaigns", period, f"{name}.csv", rows) for name, rows in files.items() if rows),
    ]


def billed(files: list[File], month: str = "2026-04") -> dict[str, int]:
    """Campaign -> cents of its line."""
    books = Books("UTC", campaigns=True)
    books.close(files, month, date(2026, 5, 1))
    lines = [line for invoice in books.published(month).invoices.values() for line in invoice.lines]
    assert all(
        (line.kind, line.source_id, line.deployment_id) == ("campaign", line.campaign_id, None) for line in lines
    )
    return {line.campaign_id: line.amount_cents for line in lines}


def shares(*of: str, **more: str) -> list[dict]:
    return [
        {"campaign_id": f"c{number}", "pricing_model": "bundle", "bundle_id": "b", "bundle_share": share} | more
        for number, share in enumerate(of)
    ]


def used(event_type: str, quantity: str, **more: str) -> dict:
    return {"campaign_id": "c", "event_type": event_type, "quantity": quantity} | more


def test_e9_a_bundle_split_into_thirds():
    assert billed(landing(*shares("0.3333", "0.3333", "0.3334"), bundles=({},))) == {"c0": 3333, "c1": 3333, "c2": 3334}


@pytest.mark.parametrize(
    ("of", "amounts"),
    [
        (("0.5", "0.5009"), [4996, 5004]),  # 4995.50… and 5004.49…: the larger remainder has the cent
        (("0.25", "0.25", "0.5"), [2500, 2500, 5000]),
        (("0.5", "0.5011"), [5000, 5011]),  # more than a thousandth off: each as it stands
        (("0.5",), [5000]),
        (("0.6", "0.5"), [6000, 5000]),
        (("0.6", "0.500000001"), []),
        (("0.499999999",), []),
        (("1.1",), []),
    ],
)
def test_shares_of_a_bundle(of, amounts):
    assert list(billed(landing(*shares(*of), bundles=({},))).values()) == amounts


def test_a_tie_goes_to_the_smallest_id():
    assert billed(landing(*shares("0.5", "0.5"), bundles=({"price_cents": "101"},))) == {"c0": 51, "c1": 50}


def test_seats_are_the_committed_ones_or_the_most_that_were_used():
    seats = {"campaign_id": "c", "pricing_model": "seats", "committed_seats": "5", "seat_price_cents": "10.5"}
    assert billed(landing(seats, usage=(used("seat_usage", "4"),))) == {"c": 53}
    assert billed(landing(seats, usage=(used("seat_usage", "7"), used("seat_usage", "6")))) == {"c": 74}


def test_credits_outcomes_and_custom_amounts():
    credits = {"credit_consumption_rate": "1.5", "credit_price_cents": "3"}
    iaas = {"outcome_price_cents": "20", "session_price_cents": "0.25"}
    rows = (
        {"campaign_id": "c", "pricing_model": "credits", **credits},
        {"campaign_id": "i", "pricing_model": "iaas", **iaas},
        {"campaign_id": "x", "pricing_model": "custom", "custom_amount_cents": "777"},
    )
    usage = (
        used("credit_usage", "2"),
        used("credit_usage", "1.1"),
        used("learner_served", "3", campaign_id="i"),
        used("session_completed", "2", campaign_id="i"),
        used("session_completed", "9", campaign_id="i", occurred_at="2026-05-01"),
    )
    assert billed(landing(*rows, usage=usage)) == {"c": 14, "i": 61, "x": 777}  # 13.95, 60.5


def test_only_campaigns_that_cover_a_day_are_billed():
    custom = {"pricing_model": "custom", "custom_amount_cents": "1"}
    rows = (
        {"campaign_id": "last-day", "starts_on": "2026-04-30", **custom},
        {"campaign_id": "over", "ends_on": "2026-04-01", **custom},
        {"campaign_id": "first-day", "ends_on": "2026-04-02", **custom},
        {"campaign_id": "never", "starts_on": "2026-04-05", "ends_on": "2026-04-05", **custom},
    )
    assert billed(landing(*rows)) == {"first-day": 1, "last-day": 1}


@pytest.mark.parametrize(
    ("campaign", "bundle"),
    [
        ({"bundle_id": "other"}, {}),
        ({}, {"status": "ended"}),
        ({}, {"tenant_id": "u"}),
        ({"bundle_share": "1.000000001"}, {}),
        ({"bundle_share": "-0.1"}, {}),
        ({"pricing_model": "custom"}, {}),
        ({"bundle_id": ""}, {}),
    ],
)
def test_a_campaign_with_a_wrong_link_is_not_billed(campaign, bundle):
    rows = [*shares("0.6"), {**shares("0.4", **campaign)[0], "campaign_id": "wrong"}]
    assert "wrong" not in billed(landing(*rows, bundles=(bundle,)))


def test_a_usage_event_counts_once():
    custom = {"campaign_id": "c", "pricing_model": "iaas", "outcome_price_cents": "1"}
    named = used("learner_served", "1", deduplication_key="k")
    plain = used("learner_served", "10", metadata="m")
    usage = (named, {**named, "quantity": "100"}, plain, {**plain, "quantity": "1e1"}, {**plain, "metadata": ""})
    assert billed(landing(custom, usage=usage)) == {"c": 21}


def test_the_derived_key():
    """The SHA-256 of `1.5|` begins with c073f5e7."""
    row = used("seat_usage", "01.50", occurred_at="2026-04-10T00:30:00.9+10:00")
    assert deduplication_key(row) == "c-seat_usage-20260409143000-c073f5e7"
    assert deduplication_key({**row, "quantity": "15e-1", "metadata": None}) == deduplication_key(row)
    assert deduplication_key({**row, "metadata": "{}"}) != deduplication_key(row)


def test_a_campaign_that_comes_late_is_adjusted_and_terms_stay_as_they_were():
    custom = {"pricing_model": "custom"}
    known = landing({"campaign_id": "c", "custom_amount_cents": "100", **custom})
    later = landing(
        {"campaign_id": "c", "custom_amount_cents": "150", **custom},
        {"campaign_id": "late", "custom_amount_cents": "7", **custom},
        period="2026-05",
    )
    books = Books("UTC", campaigns=True)
    books.close(known, "2026-04", date(2026, 5, 1))
    books.close(known + later, "2026-05", date(2026, 6, 1))
    assert [
        (line.kind, line.campaign_id, line.source_id, line.adjusts_kind, line.amount_cents)
        for line in books.published("2026-05").invoices["t"].lines
    ] == [
        ("campaign", "c", "c", None, 150),
        ("campaign", "late", "late", None, 7),
        ("adjustment", "late", "late", "campaign", 7),
    ]
