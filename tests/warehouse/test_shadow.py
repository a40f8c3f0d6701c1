"""What was billed elsewhere, what was paid, and allowances that shrank: findings that rest on the published books."""

import pytest
from support.worlds import Accounts, World


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> World:
    made = World(tmp_path_factory.mktemp("shadow"))
    accounts = Accounts()
    for name in (
        "same",
        "forgotten",
        "whole",
        "dear",
        "missing",
        "shrinking",
        "changing",
        "paid",
        "short",
        "twice",
        "nearly",
    ):
        accounts.tenant(name)
    accounts.used("forgotten", "droplet_hours", 2160, "2026-01-10")
    accounts.tables["subscriptions"][2]["starts_on"] = "2026-01-17"
    for name, until in (("shrinking", "2026-02-01"), ("changing", "2026-02-01"), ("same", "")):
        accounts.add(
            "subscription_addons",
            subscription_addon_id=f"a-{name}",
            subscription_id=f"s-{name}",
            addon_code="storage",
            resource_kind="spaces_gb",
            qty=50,
            price_cents=750,
            attached_on="2026-01-01",
            detached_on=until,
        )
    changing = accounts.tables["subscriptions"][6]
    changing["ends_on"] = "2026-02-01"
    accounts.add(
        "subscriptions",
        **changing | {"subscription_id": "s2", "plan_version_id": "pro-1", "starts_on": "2026-02-01", "ends_on": ""},
    )
    accounts.deliver(made, "2026-01")
    billed = {"same": 6325, "forgotten": 5500, "whole": 5500, "dear": 5501, "nobody": 100, "shrinking": 6325}
    billed |= {"changing": 6325, "paid": 5500, "short": 5500, "twice": 5500, "nearly": 5500}
    made.deliver(
        "billed_invoices",
        "2026-01",
        "old.csv",
        [
            {
                "tenant_id": tenant,
                "month": "2026-01",
                "subtotal_cents": round(total / 1.1),
                "tax_cents": total - round(total / 1.1),
                "total_cents": total,
            }
            for tenant, total in billed.items()
        ],
    )
    payments = {"paid": [3000, 2500], "short": [5000], "twice": [5500, 5500], "nearly": [5001], "unknown": [1]}
    made.control(
        "2026-02",
        payments=[
            {
                "payment_id": f"p-{tenant}-{number}",
                "invoice_id": f"INV-2026-01-{tenant}-1",
                "amount_cents": amount,
                "paid_at": "2026-02-10",
            }
            for tenant, amounts in payments.items()
            for number, amount in enumerate(amounts)
        ],
    )
    made.close("2026-01", "2026-02")
    return made


def cents(world: World, rule: str) -> list[tuple]:
    return world.rows(
        "select tenant_id, expected_cents, actual_cents, delta_cents from reconciliation.anomalies where rule = ? "
        "order by 1",
        rule,
    )


def test_billed_elsewhere_against_ours(world):
    assert cents(world, "undercharge") == [("forgotten", 6239, 5500, -739)]
    assert cents(world, "overcharge") == [("dear", 5500, 5501, 1), ("whole", 2661, 5500, 2839)]
    assert cents(world, "missing_invoice") == [("missing", 5500, 0, -5500)]
    assert cents(world, "unexpected_invoice") == [("nobody", 0, 100, 100)]


def test_the_line_that_explains_a_difference_is_named(world):
    explanations = dict(world.rows("select tenant_id, explanation from reconciliation.shadow_invoices"))
    assert explanations["forgotten"] == "Overage: droplet_hours was left out"
    assert explanations["whole"] == "Plan: studio v1 was billed for the whole month"
    assert explanations["dear"] is None


def test_payments_that_are_not_the_invoices_total(world):
    assert cents(world, "payment_mismatch") == [
        ("nearly", 5500, 5001, -499),
        ("short", 5500, 5000, -500),
        ("twice", 5500, 11000, 5500),
        (None, None, 1, None),
    ]
    assert [
        message
        for (message,) in world.rows(
            "select message from reconciliation.anomalies where rule = 'payment_mismatch' order by tenant_id"
        )
    ] == [
        "50.01 AUD was paid for INV-2026-01-nearly-1; 55.00 AUD is due. Missing: 4.99 AUD.",
        "50.00 AUD was paid for INV-2026-01-short-1; 55.00 AUD is due. Missing: 5.00 AUD.",
        "110.00 AUD was paid for INV-2026-01-twice-1; 55.00 AUD is due. Refund due: 55.00 AUD.",
        "0.01 was paid for INV-2026-01-unknown-1, which was never issued: "
        "assign the payment to the right invoice, or refund it.",
    ]


def test_a_tenant_is_high_risk_by_a_critical_finding_or_by_a_tenth_of_its_subtotal(world):
    def risks(period: str) -> dict[str, bool]:
        return dict(
            world.rows("select tenant_id, high_risk from reconciliation.account_risk where period = ?", f"{period}-01")
        )

    assert {tenant for tenant, risk in risks("2026-01").items() if risk} >= {"forgotten", "dear", "missing", "nobody"}
    assert not risks("2026-01")["same"]
    february = risks("2026-02")
    assert (february["short"], february["twice"], february["nearly"], february["paid"]) == (True, True, False, False)


def test_an_allowance_that_shrinks_under_the_same_plan(world):
    assert world.findings("entitlement_regression") == [("shrinking", "d-shrinking", "spaces_gb")]
    assert world.rows(
        "select previous_allowance_qty, allowance_qty, verdict from reconciliation.entitlement_matrix "
        "where deployment_id = 'd-shrinking' and resource_kind = 'spaces_gb' and period = '2026-02-01'"
    ) == [(150, 100, "shrank")]


def test_overage_as_billed_against_as_derived(world):
    assert world.rows(
        "select used_qty, expected_overage_cents, billed_overage_cents, verdict "
        "from reconciliation.entitlement_matrix where deployment_id = 'd-forgotten' and period = '2026-01-01' "
        "and resource_kind = 'droplet_hours'"
    ) == [(2160, 672, 672, "ok")]
    row = {"event_id": "e0", "deployment_id": "d-forgotten", "resource_kind": "droplet_hours", "quantity": 2260}
    world.deliver("metering", "2026-01", "events.csv", [row | {"measured_at": "2026-01-10"}])
    world.close("2026-01")
    assert world.rows(
        "select expected_overage_cents, billed_overage_cents, verdict from reconciliation.entitlement_matrix "
        "where deployment_id = 'd-forgotten' and period = '2026-01-01' and resource_kind = 'droplet_hours'"
    ) == [(772, 672, "undercharged")]
