"""What changes after a month was sealed: adjustments of earlier months (R15)."""

from datetime import date

import pytest
from support.worlds import Accounts, World

SUPPLIER = '[supplier]\nname = "Us"\nabn = "51824753556"\n'
LOT = {"resource_kind": "llm_tokens", "price_cents": 100}


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> World:
    """January is sealed; February brings what changes it, May what comes too late."""
    made = World(tmp_path_factory.mktemp("adjustments"), SUPPLIER)
    accounts = Accounts()
    for name in (
        "usage",
        "charges",
        "cancelled",
        "attached",
        "moved",
        "stranded",
        "early",
        "refunded",
        "lost",
        "dollars",
    ):
        accounts.tenant(name)
    accounts.tenant("nothing", plan=None)
    for name in ("moved", "stranded"):
        accounts.used(name, "llm_tokens", 1_100_000, "2026-01-10")
    accounts.used("early", "droplet_hours", 1588, "2026-01-10")
    accounts.add(
        "top_ups",
        top_up_id="lot",
        deployment_id="d-stranded",
        qty=250_000,
        purchased_at="2026-01-02",
        expires_on="",
        **LOT,
    )
    accounts.charged("refunded", "0.015", "2026-01-10")
    accounts.deliver(made, "2026-01")
    made.close("2026-01")

    late = Accounts()
    late.tables = {}
    late.metering = [{"event_id": "skip"}] * len(accounts.metering)
    late.used("usage", "droplet_hours", 2000, "2026-01-31T23:59:59Z")
    late.used("stranded", "llm_tokens", 50_000, "2026-01-20")
    late.used("moved", "llm_tokens", 400_000, "2026-01-20")
    late.used("dollars", "droplet_hours", 2000, "2026-01-20")
    late.llm = [{"gateway_request_id": "skip"}] * len(accounts.llm)
    late.charged("charges", "0.125", "2026-01-20")
    late.charged("refunded", "-0.03", "2026-01-20")
    made.deliver("metering", "2026-02", "late.csv", late.metering[len(accounts.metering) :])
    made.deliver("llm_usage", "2026-02", "late.csv", late.llm[len(accounts.llm) :])
    made.control(
        "2026-02",
        tenants=[
            {"tenant_id": "moved", "name": "Moved", "tax_region": "NONE", "currency": "AUD"},
            {"tenant_id": "dollars", "name": "Dollars", "tax_region": "AU", "currency": "USD"},
        ],
        deployments=[{"deployment_id": "d-moved", "tenant_id": "nothing"}],
        deployment_events=[
            {
                "event_id": "c1",
                "deployment_id": "d-cancelled",
                "from_state": "active",
                "to_state": "cancelled",
                "occurred_at": "2026-01-10T12:00:00Z",
            }
        ],
        subscription_addons=[
            {
                "subscription_addon_id": "a1",
                "subscription_id": "s-attached",
                "addon_code": "storage",
                "resource_kind": "spaces_gb",
                "qty": 50,
                "price_cents": 750,
                "attached_on": "2026-01-17",
            },
            {
                "subscription_addon_id": "a2",
                "subscription_id": "s-early",
                "addon_code": "hours",
                "resource_kind": "droplet_hours",
                "qty": 60,
                "price_cents": 0,
                "attached_on": "2026-01-01",
                "detached_on": "2026-02-01",
            },
        ],
    )
    made.close("2026-02", "2026-04")
    made.deliver(
        "metering",
        "2026-05",
        "later.csv",
        [
            {
                "event_id": "x1",
                "deployment_id": "d-lost",
                "resource_kind": "droplet_hours",
                "quantity": 1500,
                "measured_at": "2026-01-20",
            },
        ],
    )
    made.close("2026-05")
    return made


def adjustments(world: World, tenant: str, period: str) -> list[tuple]:
    return world.rows(
        "select adjusts_period, adjusts_kind, resource_kind, amount_cents from billing.invoice_lines "
        "where tenant_id = ? and period = ? and kind = 'adjustment' and is_current order by line_number",
        tenant,
        f"{period}-01",
    )


JANUARY = date(2026, 1, 1)


def test_late_usage_is_charged_once(world):
    assert adjustments(world, "usage", "2026-02") == [(JANUARY, "overage", "droplet_hours", 512)]
    assert adjustments(world, "usage", "2026-03") == []
    assert world.invoice("usage", "2026-02") == ("issued", 5512, 551, 6063)
    assert ("usage", "d-usage", "2026-01 droplet_hours") in world.findings("late_usage_adjusted", "2026-02")


def test_late_llm_charges_are_rounded_with_what_the_month_had(world):
    assert adjustments(world, "charges", "2026-02") == [(JANUARY, "llm_usage", None, 13)]
    # 1.5 cents were 2; with -3 they are -1.5, which is -2: 4 less.
    assert adjustments(world, "refunded", "2026-02") == [(JANUARY, "llm_usage", None, -4)]


def test_a_back_dated_cancellation_is_credited(world):
    assert adjustments(world, "cancelled", "2026-02") == [(JANUARY, "plan_base", None, 1613 - 5000)]
    assert world.invoice("cancelled", "2026-02") == ("issued", -3387, -339, -3726)
    assert world.rows(
        "select document_type from billing.invoices where tenant_id = 'cancelled' and period = '2026-02-01'"
    ) == [("adjustment_note",)]


def test_an_addon_found_later_is_debited_and_widens_the_allowance(world):
    assert adjustments(world, "attached", "2026-02") == [(JANUARY, "addon", "spaces_gb", 363)]
    assert adjustments(world, "early", "2026-02") == [(JANUARY, "overage", "droplet_hours", -60)]


def test_an_earlier_month_keeps_the_tenant_and_the_tax_that_it_had(world):
    """January's late usage is the old tenant's, at January's ten per cent; February is the new one's."""
    assert adjustments(world, "moved", "2026-02") == [(JANUARY, "overage", "llm_tokens", 400)]
    assert world.invoice("moved", "2026-02") == ("issued", 400, 40, 440)
    assert world.invoice("nothing", "2026-02") == ("issued", 5000, 500, 5500)


def test_a_sealed_month_burns_no_lot_again(world):
    assert adjustments(world, "stranded", "2026-02") == [(JANUARY, "overage", "llm_tokens", 50)]
    assert world.findings("top_up_stranded") == [("stranded", "d-stranded", "2026-01 llm_tokens")]
    assert world.rows(
        "select closing_qty from billing.top_up_balances where top_up_id = 'lot' and period = '2026-02-01'"
    ) == [(150_000,)]


def test_an_adjustment_that_a_lot_could_have_met_is_at_stake_once(world):
    assert world.rows(
        "select rule, delta_cents, at_stake_cents from reconciliation.anomalies "
        "where tenant_id = 'stranded' and delta_cents <> 0 order by rule"
    ) == [("late_usage_adjusted", -50, 0), ("top_up_stranded", 50, 50)]


def test_what_comes_after_the_window_is_not_billed_and_said_with_the_cents_lost(world):
    assert adjustments(world, "lost", "2026-05") == []
    assert world.rows(
        "select tenant_id, subject, expected_cents, actual_cents, delta_cents, severity "
        "from reconciliation.anomalies where rule = 'late_usage'"
    ) == [("lost", "2026-01", 12, 0, -12, "critical")]


def test_a_difference_in_another_currency_is_a_finding_not_a_line(world):
    assert adjustments(world, "dollars", "2026-02") == []
    assert ("dollars", "d-dollars", "2026-01 overage droplet_hours") in world.findings("currency_mismatch", "2026-02")


def test_months_without_late_input_have_no_adjustments(world):
    assert world.rows(
        "select count(*) from billing.invoice_lines where kind = 'adjustment' and period > '2026-02-01'"
    ) == [(0,)]


def test_usage_added_to_a_sealed_months_own_file_is_adjusted_though_a_lot_could_cover_it(tmp_path):
    """January's file is put right after its seal, which applied 50 hours of a lot of 200: it burns no more of it."""
    made = World(tmp_path)
    accounts = Accounts()
    accounts.tenant("acme")
    accounts.used("acme", "droplet_hours", 1488 + 50, "2026-01-10")
    lot = {"top_up_id": "lot", "resource_kind": "droplet_hours", "qty": 200, "price_cents": 100, "expires_on": ""}
    accounts.add("top_ups", deployment_id="d-acme", purchased_at="2026-01-02", **lot)
    accounts.deliver(made, "2026-01")
    made.close("2026-01")
    assert not [line for line in made.lines("acme", "2026-01") if line[0] == "overage"]
    accounts.metering[0]["quantity"] = 1488 + 120
    accounts.deliver(made, "2026-01")
    made.close("2026-02")
    assert ("adjustment", "droplet_hours", None, 70) in made.lines("acme", "2026-02")
    assert made.findings("top_up_stranded") == [("acme", "d-acme", "2026-01 droplet_hours")]
    made.close("2026-03")
    assert not [line for line in made.lines("acme", "2026-03") if line[0] == "adjustment"]
