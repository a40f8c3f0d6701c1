"""Drafts, holds, payments and document types (R13)."""

import pytest
from support.worlds import Accounts, World

SUPPLIER = '[supplier]\nname = "Us"\nabn = "51824753556"\n'


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> World:
    """January sealed with one tenant on hold, February's delivery lets it go; March is a projection."""
    made = World(tmp_path_factory.mktemp("status"), SUPPLIER)
    accounts = Accounts()
    accounts.tenant("plain")
    accounts.tenant("untaxed", tax_region="NONE")
    accounts.tenant("held")
    accounts.tenant("refunded", plan=None)
    accounts.tables["deployments"][2]["billing_action_suspended"] = "true"
    accounts.charged("refunded", "-3.00", "2026-01-10T00:00:00Z")
    accounts.deliver(made, "2026-01")
    made.close("2026-01")
    made.close("2026-02")
    return made


def statuses(world: World) -> dict[tuple[str, str], str]:
    return {
        (tenant, period): status
        for tenant, period, status in world.rows(
            "select tenant_id, strftime(period, '%Y-%m'), status from billing.invoices where is_current"
        )
    }


def test_a_tenant_on_hold_has_drafts_and_later_ones_wait_too(world):
    assert statuses(world)["held", "2026-01"] == "draft"
    assert statuses(world)["held", "2026-02"] == "draft"
    assert world.findings("held_invoice", "2026-01") == [("held", None, "INV-2026-01-held-1")]
    assert world.rows("select count(*) from billing.invoice_lines where tenant_id = 'held'") == [(4,)]


def test_document_types(world):
    assert dict(
        world.rows("select tenant_id, document_type from billing.invoices where period = date '2026-01-01'")
    ) == {"plain": "tax_invoice", "untaxed": "invoice", "held": "tax_invoice", "refunded": "adjustment_note"}
    assert world.invoice("refunded", "2026-01") == ("issued", -300, -30, -330)


def test_a_payment_that_covers_the_total_makes_it_paid_as_of_the_day(world):
    world.control(
        "2026-03",
        payments=[
            {"payment_id": "p1", "invoice_id": "INV-2026-01-plain-1", "amount_cents": 5000, "paid_at": "2026-02-10"},
            {"payment_id": "p2", "invoice_id": "INV-2026-01-plain-1", "amount_cents": 500, "paid_at": "2026-03-01"},
            {"payment_id": "p3", "invoice_id": "INV-2026-02-plain-1", "amount_cents": 5499, "paid_at": "2026-03-01"},
        ],
    )
    world.close("2026-02", as_of="2026-03-01")
    assert statuses(world)["plain", "2026-01"] == "paid"
    assert statuses(world)["plain", "2026-02"] == "issued"


def test_a_month_that_has_not_ended_has_drafts_and_no_seal(world):
    world.close("2026-03", as_of="2026-03-31")
    assert {status for (_, period), status in statuses(world).items() if period == "2026-03"} == {"draft"}
    assert world.rows("select count(*) from audit.seals where period = date '2026-03-01'") == [(0,)]
    assert world.findings("held_invoice", "2026-03") == []


def test_drafts_can_be_asked_for_after_the_month(world):
    world.close("2026-03", as_of="2026-04-01", draft=True)
    assert {status for (_, period), status in statuses(world).items() if period == "2026-03"} == {"draft"}


def test_an_invoice_is_issued_when_the_hold_is_gone_and_its_month_runs_again(world):
    accounts = Accounts()
    accounts.tenant("held")
    world.control("2026-03", deployments=accounts.tables["deployments"])
    world.close("2026-01", as_of="2026-04-01")
    assert statuses(world)["held", "2026-01"] == "issued"
    assert statuses(world)["held", "2026-02"] == "draft"
    assert world.findings("held_invoice", "2026-01") == []
    world.close("2026-03", as_of="2026-04-01")
    assert statuses(world)["held", "2026-03"] == "draft", "February's is still one"
    assert world.findings("held_invoice", "2026-03") == [("held", None, "INV-2026-03-held-1")]
    world.close("2026-02", as_of="2026-04-01")
    assert statuses(world)["held", "2026-02"] == "issued"
    assert world.rows("select seal_number, strftime(period, '%Y-%m'), invoice_count from audit.seals order by 1") == [
        (1, "2026-01", 3),
        (2, "2026-02", 2),
        (3, "2026-01", 1),
        (4, "2026-03", 2),
        (5, "2026-02", 1),
    ]
