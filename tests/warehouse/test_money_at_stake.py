"""Findings with the cents that they are about, dates ahead of their delivery, and the same money counted once (R19)."""

from datetime import date

import duckdb
import pytest
from support.worlds import Accounts, World

from python_assets.report.facts import health_facts

APRIL = "2026-04"


def item(kind: str, price: str, **more: object) -> dict[str, object]:
    return {
        "plan_version_id": "hourly-1",
        "resource_kind": kind,
        "overage_price_cents": price,
        "overage_unit": "each",
    } | more


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """April with money that nobody is charged for, and May, in which some of it falls due."""
    made = World(tmp_path_factory.mktemp("stakes"))
    accounts = Accounts()
    hourly = {"plan_version_id": "hourly-1", "plan_code": "hourly", "version": 1, "base_price_cents": 5000}
    accounts.add("plan_versions", **hourly)
    accounts.add("plan_versions", **hourly | {"plan_version_id": "hourly-us", "version": 2, "currency": "USD"})
    for row in (item("hours", "1"), item("gb", "0.5", hard_cap_qty=3)):
        accounts.add("plan_items", **row)
    for name in ("acme", "conflict", "ended", "capped", "once"):
        accounts.tenant(name, plan="hourly-1")
    accounts.tenant("dollars", plan="hourly-us")
    accounts.tables["subscriptions"][2]["ends_on"] = "2026-04-11"

    accounts.used("acme", "hours", 5, "2026-04-10")
    accounts.used("acme", "hours", 77000, "2062-04-10")
    accounts.used("acme", "hours", 33000, "2026-05-20")
    accounts.charged("acme", "1.00", "2026-04-10")
    accounts.charged("acme", "12500.00", "2062-04-10")
    accounts.charged("acme", "7.00", "2026-05-20")
    accounts.charged("acme", "1000.00", "2026-04-12", currency="EUR")
    accounts.charged("acme", "12500.00", "2026-04-10", tenant_id="ghost", currency="AUD")
    for charge, day in (("1.00", "11"), ("900.00", "12")):
        accounts.charged("conflict", charge, f"2026-04-{day}", gateway_request_id="c1", currency="AUD")
    for day in ("13", "14"):
        accounts.charged("conflict", "1.00", f"2026-04-{day}", gateway_request_id="c2", currency="AUD")
    for quantity in (10, 4):
        accounts.used("conflict", "hours", quantity, "2026-04-11", event_id="e-conflict")
    accounts.used("ended", "hours", 300, "2026-04-20")
    accounts.used("capped", "gb", 8, "2026-04-20")
    accounts.deliver(made, APRIL)
    made.close(APRIL)

    made.deliver(
        "billed_invoices",
        "2026-05",
        "other.csv",
        [
            {"tenant_id": tenant, "month": APRIL, "subtotal_cents": net, "tax_cents": 0, "total_cents": total}
            for tenant, net, total in made.rows(
                "select tenant_id, subtotal_cents, total_cents - case when tenant_id = 'once' then 100 else 0 end "
                "from billing.invoices where is_current"
            )
        ],
    )
    paid = {"payment_id": "p1", "invoice_id": "INV-2026-04-once-1", "amount_cents": 5400, "paid_at": "2026-05-10"}
    made.control("2026-05", payments=[paid])
    made.close("2026-05", as_of="2026-06-01")
    return made


def found(world: World, period: str, rule: str) -> list[tuple]:
    return world.rows(
        "select tenant_id, subject, expected_cents, actual_cents, currency from reconciliation.anomalies "
        "where period = cast(? as date) and rule = ? order by all",
        f"{period}-01",
        rule,
    )


@pytest.mark.parametrize(
    ("rule", "expected"),
    {
        "unbilled_usage": [("ended", "hours", 300, 0, "AUD"), ("ghost", "llm_usage", 1_250_000, 0, "AUD")],
        "llm_charge_conflict": [("conflict", "llm_usage", 90_000, 100, "AUD")],
        "conflicting_duplicate": [("conflict", "metering", 0, 6, "AUD")],
        "retimed_duplicate": [("conflict", "llm_usage", None, None, None)],
        "fx_missing": [("acme", "llm_usage EUR", 100_000, 0, "EUR")],
        "cap_breach": [("capped", "gb", 2, 0, "AUD")],
        "currency_mismatch": [("dollars", "s-dollars", 5000, 0, "USD")],
        "future_usage": [("acme", "hours", 110_000, 0, "AUD"), ("acme", "llm_usage", 1_250_700, 0, "AUD")],
    }.items(),
)
def test_a_finding_has_its_cents_where_they_can_be_known(world, rule, expected):
    assert found(world, APRIL, rule) == expected


def test_a_conflict_names_the_columns_that_differ(world):
    messages = world.rows(
        "select message from reconciliation.anomalies "
        "where tenant_id = 'conflict' and period = '2026-04-01' order by rule"
    )
    assert [message.split("they differ in ")[1] for (message,) in messages] == [
        "quantity, and the first delivered counts.",
        "charge, occurred_at, and the first delivered counts.",
        "occurred_at alone, and the first delivered counts.",
    ]


def test_what_is_dated_ahead_is_reported_until_it_falls_due_and_then_billed(world):
    assert found(world, "2026-05", "future_usage") == [
        ("acme", "hours", 77_000, 0, "AUD"),
        ("acme", "llm_usage", 1_250_000, 0, "AUD"),
    ]
    assert world.lines("acme", "2026-05")[1:3] == [("overage", "hours", 33_000, 33_000), ("llm_usage", None, 1, 700)]


def test_the_report_adds_the_money_up_by_currency(world):
    with duckdb.connect(str(world.home.marts), read_only=True) as marts:
        facts = health_facts(marts, date(2026, 4, 1))
    assert facts["findings_by_severity"]["critical"]["at_stake"] == [
        {"currency": "AUD", "cents": 300 + 1_250_000 + 89_900 + 6 + 110_000 + 1_250_700},
        {"currency": "EUR", "cents": 100_000},
        {"currency": "USD", "cents": 5000},
    ]


def test_a_tenant_that_paid_what_it_was_billed_elsewhere_owes_it_once(world):
    assert world.rows(
        "select rule, delta_cents, at_stake_cents from reconciliation.anomalies where tenant_id = 'once' order by rule"
    ) == [("payment_mismatch", -100, 0), ("undercharge", -100, 100)]
    assert world.rows(
        "select delta_cents from reconciliation.account_risk where tenant_id = 'once' and period = '2026-05-01'"
    ) == [(100,)]
