"""What is issued of a month when later ones are sealed already, and what it leaves alone (R13, R14)."""

from datetime import date
from decimal import Decimal

import pytest
from support.worlds import Accounts, World

from python_assets import ledger
from python_assets.errors import UserError

JANUARY, FEBRUARY, MARCH = (date(2026, month, 1) for month in (1, 2, 3))
LOT = {"resource_kind": "droplet_hours", "qty": 120, "price_cents": 100, "purchased_at": "2025-12-02"}


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> World:
    """January and February sealed; then January has first invoices, and all are issued by the end of March.

    `paused` had no invoice for January until its events were corrected. `gives` was on hold then, and `takes` got its
    deployment in February. February burned 100 of both lots. `gap` has usage each day of February and one day of March.
    """
    made = World(tmp_path_factory.mktemp("later"))
    accounts = Accounts()
    for name in ("paused", "gives", "gap", "leaves"):
        accounts.tenant(name)
    accounts.tenant("takes", plan=None)
    accounts.add("deployments", deployment_id="d-held", tenant_id="gives", billing_action_suspended="true")
    for lot, deployment in (("lot-1", "d-paused"), ("lot-2", "d-gives")):
        accounts.add("top_ups", top_up_id=lot, deployment_id=deployment, **LOT)
    event = {"deployment_id": "d-paused", "from_state": "active", "to_state": "paused"}
    accounts.add("deployment_events", event_id="p", occurred_at="2025-12-20", **event)
    event = {"deployment_id": "d-paused", "from_state": "paused", "to_state": "active"}
    accounts.add("deployment_events", event_id="q", occurred_at="2026-02-01", **event)
    for name in ("paused", "gives"):
        accounts.used(name, "droplet_hours", 1588, "2026-01-10")
        accounts.used(name, "droplet_hours", 1588, "2026-02-10")
    for day in range(1, 29):
        accounts.used("gap", "droplet_hours", 1, f"2026-02-{day:02}")
    accounts.used("gap", "droplet_hours", 1, "2026-03-01")
    accounts.deliver(made, "2026-01")
    made.close("2026-01")
    made.control("2026-02", deployments=[{"deployment_id": "d-gives", "tenant_id": "takes"}])
    made.close("2026-02")
    made.control("2026-03", deployments=[{"deployment_id": "d-held", "tenant_id": "gives"}])
    accounts.tables["deployment_events"][0]["occurred_at"] = "2026-01-31T23:59:00Z"
    accounts.deliver(made, "2026-01")
    made.close("2026-01", as_of="2026-03-15")
    made.close("2026-02", "2026-03")
    return made


def test_a_lot_that_a_later_month_burned_is_not_burned_again(world):
    balances = world.rows(
        "select top_up_id, period, tenant_id, opening_qty, applied_qty, closing_qty "
        "from billing.top_up_balances order by all"
    )
    assert balances == [
        ("lot-1", JANUARY, "paused", 120, 0, 120),
        ("lot-1", FEBRUARY, "paused", 120, 100, 20),
        ("lot-1", MARCH, "paused", 20, 0, 20),
        ("lot-2", JANUARY, "gives", 120, 0, 120),
        ("lot-2", FEBRUARY, "takes", 120, 100, 20),
        ("lot-2", MARCH, "takes", 20, 0, 20),
    ]
    assert ledger.verify(world.home).faults == []


def test_usage_that_no_lot_is_left_for_is_overage(world):
    overage = ("overage", "droplet_hours", Decimal(100), 100)
    for tenant in ("paused", "gives"):
        assert [line for line in world.lines(tenant, "2026-01") if line[0] == "overage"] == [overage]
    assert world.invoice("paused", "2026-01")[0] == "issued"
    assert world.lines("takes", "2026-02")[1:] == [("tax", None, None, 500)]


def test_a_run_as_of_an_earlier_day_takes_back_no_finding_of_a_later_month(world):
    silent = [("gap", "d-gap"), ("paused", "d-paused"), ("takes", "d-gives")]  # the latter two in all of March
    gaps = [(tenant, deployment, "droplet_hours") for tenant, deployment in silent]
    assert world.findings("metering_gap", "2026-03") == gaps
    payment = {"payment_id": "p-1", "invoice_id": "INV-2026-01-gap-1", "amount_cents": 5500, "paid_at": "2026-02-05"}
    world.control("2026-01", payments=[payment])
    world.close("2026-01", as_of="2026-02-10")
    assert world.findings("metering_gap", "2026-03") == gaps


def test_who_is_on_hold_keeps_its_invoice_though_nothing_is_left_to_invoice(world):
    world.control("2026-01", subscriptions=_ended(world, "s-leaves"))
    on_hold = {"deployment_id": "d-leaves", "tenant_id": "leaves", "billing_action_suspended": "true"}
    world.control("2026-04", deployments=[on_hold])
    [outcome] = world.close("2026-01", force=True, tenants=("leaves",), as_of="2026-04-02").values()
    assert outcome == "nothing new to seal; not reissued: leaves (deployment d-leaves has its billing suspended)"
    assert world.invoice("leaves", "2026-01") == ("issued", 5000, 500, 5500)


def _ended(world: World, subscription: str) -> list[dict[str, str]]:
    rows = [
        {"subscription_id": f"s-{name}", "deployment_id": f"d-{name}", "plan_version_id": "studio-1"}
        | {"starts_on": "2026-01-01", "ends_on": "2026-01-01" if f"s-{name}" == subscription else ""}
        for name in ("paused", "gives", "gap", "leaves")
    ]
    assert any(row["ends_on"] for row in rows)
    return rows


def test_a_month_before_the_ledger_begins_holds_nothing(tmp_path):
    world, accounts = World(tmp_path), Accounts()
    accounts.tenant("plain")
    accounts.deliver(world, "2026-01")
    world.close("2026-02", draft=True)
    world.close("2026-03")
    assert world.invoice("plain", "2026-03") == ("issued", 5000, 500, 5500)
    with pytest.raises(UserError, match="2026-01 cannot be sealed: the ledger begins with 2026-03"):
        world.close("2026-01", as_of="2026-04-01")
    world.close("2026-04")
    assert world.invoice("plain", "2026-04") == ("issued", 5000, 500, 5500)
    assert world.invoice("plain", "2026-01") is None
