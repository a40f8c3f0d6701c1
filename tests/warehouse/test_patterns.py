"""Findings about deliveries and usage over several months: what is left out, what is far above, what is missing."""

from datetime import date, timedelta

import pytest
from support.worlds import Accounts, World

MONTHS = ["2026-01", "2026-02", "2026-03", "2026-04"]


def days(month: str) -> list[date]:
    first = date.fromisoformat(f"{month}-01")
    return [first + timedelta(days=n) for n in range(31) if (first + timedelta(days=n)).month == first.month]


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> World:
    """Four months of the same usage each, until April; in April a few tenants differ."""
    made = World(tmp_path_factory.mktemp("patterns"))
    accounts = Accounts()
    for name in ("steady", "spiking", "doubling", "gap", "short-gap", "paused", "young"):
        accounts.tenant(name)
    accounts.add(
        "deployment_events",
        event_id="p1",
        deployment_id="d-paused",
        from_state="active",
        to_state="paused",
        occurred_at="2026-04-09T23:59:59Z",
    )
    accounts.deliver(made, "2026-01")
    for number, month in enumerate(MONTHS):
        usage = Accounts()
        usage.tables = {}
        april = month == "2026-04"
        for name in ("steady", "spiking", "doubling", "gap", "short-gap", "paused"):
            factor = {"spiking": 5, "doubling": 2}.get(name, 1) if april else 1
            silent = (
                {"gap": (10, 11, 12), "short-gap": (10, 11, 13), "paused": range(10, 31)}.get(name, ()) if april else ()
            )
            for day in days(month):
                if day.day not in silent:
                    quantity = factor * (10 + (number if day.day == 1 else 0))
                    usage.used(name, "droplet_hours", quantity, f"{day}T12:00:00Z", event_id=f"{name}-{day}")
        if month in MONTHS[2:]:
            usage.used("young", "droplet_hours", 1 if month == "2026-03" else 900, f"{month}-05", event_id=f"y{month}")
        made.deliver("metering", month, "usage.csv", usage.metering)
    fewer = [row for row in accounts.tables["tenants"] if row["tenant_id"] != "young"]
    made.control("2026-03", tenants=fewer, subscriptions=accounts.tables["subscriptions"])
    made.control(
        "2026-04",
        tenants=fewer,
        deployment_events=[
            *accounts.tables["deployment_events"],
            {"event_id": "p9", "deployment_id": "d-nobody", "to_state": "active", "occurred_at": "2026-04-01"},
        ],
        subscription_addons=[
            {
                "subscription_addon_id": "a9",
                "subscription_id": "s-nobody",
                "addon_code": "x",
                "resource_kind": "x",
                "qty": 1,
                "price_cents": 1,
                "attached_on": "2026-04-01",
            }
        ],
    )
    nothing_left = made.root / "landing" / "control_plane" / "period=2026-04" / "subscriptions.csv"
    nothing_left.write_text("subscription_id,deployment_id,plan_version_id,starts_on\n")
    made.close("2026-01", "2026-04")
    return made


def test_a_spike_is_far_above_the_months_before(world):
    assert world.findings("usage_spike") == [("spiking", "d-spiking", "droplet_hours")]


def test_a_gap_is_three_billed_days_in_a_row(world):
    assert world.findings("metering_gap") == [("gap", "d-gap", "droplet_hours")]


def test_a_table_that_leaves_rows_out_is_said_once(world):
    assert world.findings("snapshot_shrank", "2026-03") == [(None, None, "tenants")]
    assert (None, None, "tenants") not in world.findings("snapshot_shrank", "2026-04")
    assert world.invoice("young", "2026-03") is not None


def test_a_table_of_a_header_alone_leaves_all_rows_out(world):
    assert world.findings("snapshot_shrank", "2026-04") == [(None, None, "subscriptions")]
    assert world.invoice("gap", "2026-04") is not None


def test_rows_that_name_nothing_known_are_said_in_the_month_of_their_delivery(world):
    assert world.findings("dangling_reference") == [
        (None, "d-nobody", "deployment_events p9 d-nobody"),
        (None, None, "subscription_addons a9 s-nobody"),
    ]
