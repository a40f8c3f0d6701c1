"""Campaigns: what each pricing model comes to, bundles, credits, keys, and what changes later (R17)."""

from decimal import Decimal

import pytest
from support.campaigns import Campaigns
from support.worlds import Accounts, World


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> World:
    made = World(tmp_path_factory.mktemp("campaigns"))
    accounts = Accounts()
    accounts.tenant("school", plan=None)
    accounts.tenant("other", plan=None)
    accounts.deliver(made, "2026-01")

    first = Campaigns()
    first.campaign("committed", "seats", committed_seats=40, seat_price_cents="250.5")
    first.used("committed", "seat_usage", 39)
    first.campaign("exceeded", "seats", committed_seats=40, seat_price_cents=250)
    first.used("exceeded", "seat_usage", 43, "2026-01-31T23:59:59Z")
    first.used("exceeded", "seat_usage", 99, "2026-02-01T00:00:00Z")
    credits = {"credit_consumption_rate": "1.5", "credit_price_cents": 20}
    first.campaign("low", "credits", credit_allocation=100, **credits)
    first.used("low", "credit_usage", "61")
    first.campaign("overdrawn", "credits", credit_allocation=90, **credits)
    first.used("overdrawn", "credit_usage", "61")
    first.campaign("exact", "credits", credit_consumption_rate="0.000000001", credit_price_cents="0.5")
    first.used("exact", "credit_usage", "1000000000.999999999")
    first.used("exact", "credit_usage", "0.000000001")
    first.campaign("dear", "credits", credit_consumption_rate="1.5", credit_price_cents="250000.5")
    first.used("dear", "credit_usage", 3)
    most = "999999999"
    first.campaign("dearest", "credits", credit_consumption_rate=most, credit_price_cents=most)
    first.used("dearest", "credit_usage", "0.000000001")
    first.campaign("leftover", "custom", custom_amount_cents=100, credit_consumption_rate=most)
    first.used("leftover", "credit_usage", "2000000000")
    first.campaign("crowded", "seats", committed_seats="0.000000001", seat_price_cents="0.001")
    first.used("crowded", "seat_usage", "1000000000")
    first.campaign("outcomes", "iaas", outcome_price_cents="0.25", session_price_cents="0.25")
    first.used("outcomes", "learner_served", 1)
    first.used("outcomes", "session_completed", 1)
    first.campaign("agreed", "custom", custom_amount_cents=12345)
    first.campaign("over", "custom", custom_amount_cents=1, ends_on="2026-01-01")
    first.campaign("last-day", "custom", custom_amount_cents=7, starts_on="2026-01-31", ends_on="2026-02-01")
    first.bundle("thirds", 10000, "0.3333", "0.3333", "0.3334")
    first.bundle("cents", 100, "0.333333333", "0.333333333", "0.333333333")
    first.bundle("short", 10000, "0.4", "0.2")
    first.bundle("tiny", 10000, "0.4")
    first.bundle("closed", 10000, "1", status="inactive")
    first.bundle("later", 10000, "1", starts_on="2026-02-01")
    first.bundle("theirs", 10000, "1", tenant_id="other")
    first.bundle("wide", 10000, "1.2")
    first.campaign("astray", "bundle", bundle_id="nowhere", bundle_share="1")
    first.campaign("mixed", "seats", bundle_id="thirds", seat_price_cents=1)
    first.campaign("keys", "iaas", session_price_cents=100)
    for metadata in ('{"room": "A"}', '{"room": "A"}', '{"room": "B"}'):
        first.used("keys", "session_completed", "1.0", deduplication_key="", metadata=metadata)
    first.used("keys", "session_completed", "1", deduplication_key="", metadata='{"room": "A"}')
    first.used("keys", "session_completed", 1, deduplication_key="k")
    first.used("keys", "session_completed", 9, deduplication_key="k")
    first.used("nobody", "session_completed", 1)
    first.deliver(made, "2026-01")
    made.close("2026-01")

    second = Campaigns()
    second.used("keys", "session_completed", 5, deduplication_key="k")
    second.used("keys", "session_completed", 2, "2026-01-20", deduplication_key="late")
    second.campaign("agreed", "custom", custom_amount_cents=20000)
    second.campaign("forgotten", "custom", custom_amount_cents=50, starts_on="2026-01-05", ends_on="2026-02-01")
    second.deliver(made, "2026-02")
    made.close("2026-02")
    return made


def amounts(world: World, period: str = "2026-01-01") -> dict[str, int]:
    return dict(
        world.rows(
            "select campaign_id, amount_cents from billing.invoice_lines "
            "where kind = 'campaign' and period = ? and is_current",
            period,
        )
    )


@pytest.mark.parametrize(
    ("campaign", "cents"),
    [
        ("committed", 10020),
        ("exceeded", 10750),
        ("low", 1830),
        ("exact", 1),  # 1.000000001 credits at half a cent: 0.5000000005
        ("dear", 1125002),
        ("dearest", 999999998),
        # What is only shown (credits, utilization) may have more digits than fit.
        ("leftover", 100),
        ("crowded", 1000000),
        ("outcomes", 1),  # a quarter and a quarter, rounded once
        ("agreed", 12345),
        ("over", None),
        ("last-day", 7),
        ("keys", 300),  # room A, room B and key k
    ],
)
def test_each_model_bills_what_the_rules_say(world, campaign, cents):
    assert amounts(world).get(campaign) == cents


@pytest.mark.parametrize(
    ("bundle", "verdict", "cents"),
    [
        ("thirds", "ok", [3333, 3333, 3334]),  # E9
        ("cents", "ok", [34, 33, 33]),
        ("short", "warning", [4000, 2000]),
        ("tiny", "error", []),
        ("closed", None, []),
        ("later", None, []),
        ("wide", "error", []),
    ],
)
def test_bundles_are_split_to_the_cent(world, bundle, verdict, cents):
    billed = amounts(world)
    assert [billed[name] for name in sorted(billed) if name.startswith(f"{bundle}-")] == cents
    found = world.rows(
        "select verdict, amount_cents from campaigns.bundle_allocations where bundle_id = ? and period = '2026-01-01'",
        bundle,
    )
    assert found == ([(verdict, sum(cents))] if verdict else [])


@pytest.mark.parametrize(
    ("rule", "subjects"),
    [
        ("campaign_link_invalid", ["astray", "closed-1", "mixed", "theirs-1", "wide-1"]),
        ("bundle_allocation_error", ["theirs", "tiny", "wide"]),
        ("bundle_allocation_warning", ["short"]),
        ("low_credit", ["low"]),
        ("credit_overdrawn", ["overdrawn"]),
        ("derived_duplicate", ["keys"]),
        ("dangling_reference", ["campaign nobody"]),
    ],
)
def test_what_is_wrong_is_found(world, rule, subjects):
    assert sorted(subject for _, _, subject in world.findings(rule, "2026-01")) == subjects


def test_utilization_and_credits_are_shown(world):
    rows = world.rows(
        "select campaign_id, credits_consumed, credits_remaining, utilization from campaigns.usage "
        "where period = '2026-01-01' and campaign_id in ('low', 'exceeded', 'thirds-1', 'agreed') order by 1"
    )
    assert rows == [
        ("agreed", 0, None, None),
        ("exceeded", 0, None, Decimal("1.075")),
        ("low", Decimal("91.5"), Decimal("8.5"), Decimal("0.915")),
        ("thirds-1", 0, None, Decimal("0.3333")),
    ]


def test_late_events_are_adjusted_and_terms_stay_those_of_the_month(world):
    assert amounts(world, "2026-02-01")["agreed"] == 20000
    assert world.rows(
        "select campaign_id, source_id, adjusts_kind, amount_cents from billing.invoice_lines "
        "where kind = 'adjustment' order by 1"
    ) == [("forgotten", "forgotten", "campaign", 50), ("keys", "keys", "campaign", 200)]
    assert ("school", None, "2026-01 keys") in world.findings("late_usage_adjusted", "2026-02")
