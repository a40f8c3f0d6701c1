"""Reissues: what a forced run voids, issues anew and leaves alone (R14)."""

import shutil
from datetime import date

import pytest
from support.worlds import Accounts, World

from python_assets import ledger
from python_assets.closing import check_reissued_tenants
from python_assets.errors import UserError
from python_assets.periods import parse_period

JANUARY = date(2026, 1, 1)
LOT = {"resource_kind": "llm_tokens", "price_cents": 100, "purchased_at": "2026-01-02", "expires_on": ""}


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> World:
    """January, sealed, corrected and issued anew for some; then February, and January once more."""
    made = World(tmp_path_factory.mktemp("reissue"))
    accounts = Accounts()
    for name in ("hours", "other", "lots", "held", "gone", "late"):
        accounts.tenant(name)
    accounts.used("hours", "droplet_hours", 1500, "2026-01-10")
    accounts.used("lots", "llm_tokens", 1_100_000, "2026-01-10")
    accounts.add("top_ups", top_up_id="lot", deployment_id="d-lots", qty=250_000, **LOT)
    accounts.deliver(made, "2026-01")
    made.close("2026-01")

    accounts.metering[0]["quantity"] = 1600
    accounts.metering[1]["quantity"] = 1_200_000
    accounts.tables["subscriptions"] = [
        row for row in accounts.tables["subscriptions"] if row["deployment_id"] != "d-gone"
    ]
    accounts.tables["deployments"][3]["billing_action_suspended"] = "true"
    accounts.deliver(made, "2026-01")
    return made


def versions(world: World, tenant: str, period: date = JANUARY) -> list[tuple]:
    return world.rows(
        "select version, status, is_current, total_cents from billing.invoices "
        "where tenant_id = ? and period = ? order by version",
        tenant,
        period,
    )


def test_a_correction_alone_changes_nothing_that_was_issued(world):
    world.close("2026-01")
    assert versions(world, "hours") == [(1, "issued", True, 5513)]


def test_one_tenant_is_reissued_and_the_others_keep_their_invoice(world):
    world.close("2026-01", force=True, tenants=("hours",), as_of="2026-02-03")
    assert versions(world, "hours") == [(1, "void", False, 5513), (2, "issued", True, 5623)]
    assert versions(world, "lots") == [(1, "issued", True, 5610)]
    assert world.rows("select seal_number, invoice_count, total_cents from audit.seals order by 1")[-1] == (2, 1, 5623)
    assert ledger.verify(world.home).faults == []


def test_all_are_reissued_but_who_is_on_hold_and_who_has_nothing_is_voided(world):
    outcomes = world.close("2026-01", force=True, as_of="2026-02-04")
    assert outcomes == {
        JANUARY: "sealed; reissued: hours, late, lots, other; "
        "not reissued: held (deployment d-held has its billing suspended); "
        "voided without a replacement: INV-2026-01-gone-1 (55.00 AUD)"
    }
    assert [row[:3] for row in versions(world, "hours")] == [
        (1, "void", False),
        (2, "void", False),
        (3, "issued", True),
    ]
    assert versions(world, "lots") == [(1, "void", False, 5610), (2, "issued", True, 5610)]
    assert versions(world, "held") == [(1, "issued", True, 5500)]
    assert versions(world, "gone") == [(1, "void", False, 5500)]
    assert world.invoice("gone", "2026-01") is None


def test_lots_burn_as_the_newest_version_needs(world):
    assert world.rows("select applied_qty, closing_qty from billing.top_up_balances where top_up_id = 'lot'") == [
        (200_000, 50_000)
    ]


def test_a_reissue_after_the_next_month_has_the_top_ups_that_its_seal_applied(world):
    world.close("2026-02")
    path = world.root / "landing/metering/period=2026-01/events.csv"
    path.write_text(path.read_text().replace("1200000", "1230000"))
    world.close("2026-01", force=True, tenants=("lots",), as_of="2026-03-02")
    assert versions(world, "lots")[-1] == (3, "issued", True, 5643)  # 30 of overage: the lot's other 50 000 stay
    assert world.rows(
        "select period, applied_qty, closing_qty from billing.top_up_balances where top_up_id = 'lot' order by 1"
    ) == [(JANUARY, 200_000, 50_000), (date(2026, 2, 1), 0, 50_000)]


def test_what_was_reissued_is_not_adjusted(world):
    world.close("2026-03")
    assert world.rows("select count(*) from billing.invoice_lines where kind = 'adjustment'") == [(0,)]


def test_a_reissue_that_contains_what_was_adjusted_is_adjusted_back(world):
    """Two hours of January that arrive in April are April's; with January's file they are January's again."""
    row = {
        "event_id": "e9",
        "deployment_id": "d-late",
        "resource_kind": "droplet_hours",
        "quantity": 1498,
        "measured_at": "2026-01-20",
    }
    world.deliver("metering", "2026-04", "late.csv", [row])
    world.close("2026-04")
    assert adjusted(world, "late") == [(date(2026, 4, 1), 10)]
    world.deliver("metering", "2026-01", "found.csv", [row])
    world.close("2026-01", force=True, tenants=("late",), as_of="2026-05-02")
    world.close("2026-05")
    assert adjusted(world, "late") == [(date(2026, 4, 1), 10), (date(2026, 5, 1), -10)]
    world.close("2026-06")
    assert len(adjusted(world, "late")) == 2


def adjusted(world: World, tenant: str) -> list[tuple]:
    return world.rows(
        "select period, amount_cents from billing.invoice_lines "
        "where tenant_id = ? and kind = 'adjustment' and adjusts_period = ? and is_current order by 1",
        tenant,
        JANUARY,
    )


def test_all_of_it_is_made_again_from_landing_and_ledger(world):
    tables = [
        f"{schema}.{table}" for schema, table in world.rows("select schema_name, table_name from duckdb_tables()")
    ]
    before = {table: sorted(world.rows(f"from {table}"), key=str) for table in tables}
    for path in ("raw", "dagster", "published"):
        folder = world.root / path
        folder.unlink() if folder.is_symlink() else shutil.rmtree(folder, ignore_errors=True)
    (world.root / "warehouse.duckdb").unlink()
    world.close("2026-06")
    assert {table: sorted(world.rows(f"from {table}"), key=str) for table in tables} == before
    assert ledger.verify(world.home).faults == []


def test_a_tenant_without_an_invoice_cannot_be_reissued(world):
    with pytest.raises(UserError, match="no issued invoice of nobody in 2026-01"):
        check_reissued_tenants(world.home, [parse_period("2026-01")], ["hours", "nobody"])


def test_what_was_paid_for_an_invoice_that_was_voided_is_due_back(tmp_path):
    """Whichever version the payments name; and nothing is told again where nothing was voided."""
    world, accounts = World(tmp_path), Accounts()
    for name in ("gone", "less"):
        accounts.tenant(name)
    accounts.used("less", "droplet_hours", 1588, "2026-01-10")
    accounts.deliver(world, "2026-01")
    world.close("2026-01")
    accounts.tables["subscriptions"][0]["ends_on"] = "2026-01-01"
    accounts.metering[0]["quantity"] = 1
    accounts.deliver(world, "2026-01")
    payments = {"INV-2026-01-gone-1": 5500, "INV-2026-01-less-1": 5610}
    world.control(
        "2026-02",
        payments=[
            {"payment_id": invoice, "invoice_id": invoice, "amount_cents": cents, "paid_at": "2026-02-02"}
            for invoice, cents in payments.items()
        ],
    )
    assert world.close("2026-01", force=True, as_of="2026-02-05") == {
        JANUARY: "sealed; reissued: less; voided without a replacement: INV-2026-01-gone-1 (55.00 AUD)"
    }
    world.close("2026-02")
    assert world.rows(
        "select tenant_id, subject, expected_cents, actual_cents, delta_cents, message "
        "from reconciliation.anomalies where rule = 'payment_mismatch' order by tenant_id"
    ) == [
        (
            "gone",
            "INV-2026-01-gone-1",
            0,
            5500,
            5500,
            "55.00 AUD was paid for INV-2026-01-gone-1, which was voided without a replacement; 0.00 AUD is due. "
            "Refund due: 55.00 AUD.",
        ),
        (
            "less",
            "INV-2026-01-less-2",
            5500,
            5610,
            110,
            "56.10 AUD was paid for INV-2026-01-less-2; 55.00 AUD is due. Refund due: 1.10 AUD.",
        ),
    ]
    assert world.close("2026-01", force=True, tenants=("less",), as_of="2026-03-01") == {
        JANUARY: "sealed; reissued: less"
    }


def test_who_was_voided_for_nothing_is_issued_when_there_is_something_again(tmp_path):
    world, accounts = World(tmp_path), Accounts()
    accounts.tenant("back")
    accounts.add("top_ups", top_up_id="lot", deployment_id="d-back", qty=120, **LOT)
    accounts.used("back", "llm_tokens", 1_000_100, "2026-01-10")
    accounts.deliver(world, "2026-01")
    world.close("2026-01")
    accounts.tables["subscriptions"][0]["ends_on"] = "2026-01-01"
    accounts.tables["top_ups"] = []
    (world.root / "landing/control_plane/period=2026-01/top_ups.csv").unlink()
    accounts.deliver(world, "2026-01")
    world.close("2026-01", force=True, accept_missing=True, as_of="2026-02-02")
    assert versions(world, "back") == [(1, "void", False, 5610)]
    accounts.tables["subscriptions"][0]["ends_on"] = ""
    accounts.deliver(world, "2026-01")
    world.close("2026-01", accept_missing=True, as_of="2026-02-03")
    assert versions(world, "back") == [(1, "void", False, 5610), (2, "issued", True, 5500)]
