"""One landing in which every anomaly rule fires, exactly where it should, and its twin in which none does (R19)."""

import csv
import json
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from support.bills import Bill, resource
from support.campaigns import Campaigns
from support.pages import ANOMALIES, anomalies_page, assert_page
from support.worlds import PRO, Accounts, World

CONFIG = '[supplier]\nname = "Us"\nabn = "51824753556"\n[billing]\nadjustment_months = 1\n[privacy]\nk = 3\n'
MONTHS = ("2026-01", "2026-02", "2026-03", "2026-04")
SEEDS = Path(__file__).parents[2] / "seeds"
RULES, CASES = SEEDS / "ref_anomaly_rules.csv", SEEDS / "ref_anomaly_cases.csv"
# Who is there in both landings; each finding of the faulty one belongs to the tenant named for it.
TENANTS = (
    "plain",
    "under",
    "over",
    "unlisted",
    "conflict",
    "charge-conflict",
    "fx",
    "currency",
    "lost",
    "unpriced",
    "capped",
    "illegal",
    "overlap",
    "stranded",
    "mismatch",
    "idle",
    "costly",
    "short",
    "spiking",
    "gap",
    "shrinking",
    "payment",
    "held",
    "twice",
    "listless",
    "too-late",
    "stopped",
    "retimed",
    "ahead",
)
SPIKED = ("spiking", "gap")


@dataclass
class Landing:
    """What one landing delivers, by month."""

    is_faulty: bool
    accounts: Accounts = field(default_factory=Accounts)
    campaigns: Campaigns = field(default_factory=Campaigns)
    metering: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {month: [] for month in MONTHS})
    llm: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {month: [] for month in MONTHS})

    def used(self, tenant: str, quantity: Any, at: str, **more: Any) -> None:
        month = more.pop("delivery", at[:7])
        row = {"event_id": f"{tenant}-{at}", "deployment_id": f"d-{tenant}", "resource_kind": "droplet_hours"}
        self.metering[month].append(row | {"quantity": quantity, "measured_at": at, "resource_name": ""} | more)

    def charged(self, tenant: str, charge: str, at: str, **more: Any) -> None:
        row = {"gateway_request_id": f"{tenant}-{at}", "tenant_id": tenant, "deployment_id": f"d-{tenant}"}
        self.llm[at[:7]].append(row | {"charge": charge, "currency": "", "occurred_at": at} | more)


def days(month: str) -> list[date]:
    first = date.fromisoformat(f"{month}-01")
    return [first + timedelta(days=n) for n in range(31) if (first + timedelta(days=n)).month == first.month]


def tell_months(landing: Landing) -> None:
    """What is the same in both: tenants on one plan, steady usage, charges, campaigns."""
    faulty, accounts = landing.is_faulty, landing.accounts
    for name in TENANTS:
        accounts.tenant(name)
    accounts.add("cloud_resources", **resource("plain-1", "plain"))
    accounts.add("cloud_resources", **resource("idle-disk", "idle", "volume"))
    accounts.add("cloud_resources", **resource("short-1", "short"))
    accounts.add("cloud_resources", **resource("costly-lb", "costly", "load_balancer"))
    for month in MONTHS:
        accounts.add("fx_rates", month=month, from_currency="USD", to_currency="AUD", rate="1.5")
        for name in SPIKED:
            for on in days(month):
                silent = faulty and name == "gap" and month == "2026-04" and on.day in (10, 11, 12)
                factor = 9 if faulty and name == "spiking" and month == "2026-04" else 1
                if not silent:
                    landing.used(name, factor * (10 + (on.day == 1) * int(month[-1])), f"{on}T12:00:00Z")
        for name in ("plain", "short"):
            hours = 700 if faulty and name == "short" and month == "2026-04" else 744
            landing.used(name, hours, f"{month}-20T12:00:00Z", resource_name=f"{name}-1")
        if not (faulty and month == "2026-04"):
            landing.used("stopped", 1, f"{month}-20T12:00:00Z")
        landing.charged("plain", "1.25", f"{month}-10T12:00:00Z")
    # A day ahead of the month that it was delivered for may be the clock's fault.
    landing.used("plain", 1, "2026-05-01T23:59:59Z", delivery="2026-04")


def tell_faults(landing: Landing) -> None:
    """One fault for each rule about usage, charges and what the control plane says; all in April."""
    accounts = landing.accounts
    landing.used("nobody", 1, "2026-04-10T12:00:00Z")
    landing.used("conflict", 1, "2026-04-10T12:00:00Z")
    landing.used("conflict", 2, "2026-04-10T12:00:00Z")
    landing.used("twice", 1, "2026-04-10T12:00:00Z")
    landing.used("twice", 1, "2026-04-10T12:00:00Z")
    landing.used("retimed", 1, "2026-04-10T12:00:00Z", event_id="retimed")
    landing.used("retimed", 1, "2026-04-10T12:00:01Z", event_id="retimed")
    landing.used("ahead", 5, "2026-05-02T00:00:00Z", delivery="2026-04")
    landing.used("plain", "1x", "2026-04-11T12:00:00Z")
    landing.used("unpriced", 5, "2026-04-10T12:00:00Z", resource_kind="gpu_hours")
    landing.used("capped", 5, "2026-04-10T12:00:00Z", resource_kind="snapshots")
    landing.used("lost", 1500, "2026-01-10T12:00:00Z", delivery="2026-04")
    landing.used("too-late", 1, "2026-01-10T12:00:00Z", delivery="2026-04")
    landing.used("listless", 5, "2026-04-10T12:00:00Z", resource_kind="backups_gb")
    accounts.add(
        "plan_items",
        plan_version_id="studio-1",
        resource_kind="backups_gb",
        overage_unit="gb",
        charge_model="graduated",
    )
    for price in ("1", "1,00"):
        accounts.add("plan_item_tiers", plan_version_id="studio-1", resource_kind="backups_gb", unit_price_cents=price)
    landing.used("stranded", 1500, "2026-03-10T12:00:00Z", delivery="2026-04")
    accounts.add(
        "top_ups",
        top_up_id="lot",
        deployment_id="d-stranded",
        resource_kind="droplet_hours",
        qty=100,
        price_cents=0,
        purchased_at="2026-03-01",
    )
    accounts.add(
        "plan_items",
        plan_version_id="studio-1",
        resource_kind="snapshots",
        overage_price_cents=1,
        overage_unit="each",
        hard_cap_qty=2,
    )
    landing.charged("charge-conflict", "1", "2026-04-10T12:00:00Z")
    landing.charged("charge-conflict", "2", "2026-04-10T12:00:00Z")
    landing.charged("fx", "1", "2026-04-10T12:00:00Z", currency="EUR")
    landing.charged("mismatch", "1", "2026-04-10T12:00:00Z", deployment_id="d-plain")
    accounts.tables["plan_versions"].append(PRO | {"plan_version_id": "pro-us", "currency": "USD", "version": 2})
    for name, version, starts_on in (("currency", "pro-us", "2026-04-01"), ("overlap", "studio-1", "2026-04-10")):
        accounts.add(
            "subscriptions",
            subscription_id=f"s2-{name}",
            deployment_id=f"d-{name}",
            plan_version_id=version,
            starts_on=starts_on,
            ends_on="2026-04-20",
        )
    events = {"illegal": ("active", "archived"), "nowhere": ("", "active")}
    for name, (before, after) in events.items():
        accounts.add(
            "deployment_events",
            event_id=f"e-{name}",
            deployment_id=f"d-{name}",
            from_state=before,
            to_state=after,
            occurred_at="2026-04-30T23:00:00Z",
        )
    next(row for row in accounts.tables["subscriptions"] if row["deployment_id"] == "d-idle")["ends_on"] = "2026-04-01"
    accounts.add(
        "subscription_addons",
        subscription_addon_id="a1",
        subscription_id="s-shrinking",
        addon_code="storage",
        resource_kind="spaces_gb",
        qty=50,
        price_cents=0,
        attached_on="2026-01-01",
        detached_on="2026-04-01",
    )


def tell_campaigns(landing: Landing) -> None:
    told = landing.campaigns
    terms = {"tenant_id": "plain", "credit_consumption_rate": "1", "credit_price_cents": 1, "credit_allocation": 100}
    told.campaign("c-fine", "credits", **terms)
    told.used("c-fine", "credit_usage", 10, "2026-04-10T12:00:00Z")
    told.bundle("b-fine", 100, "0.5", "0.5", tenant_id="plain")
    if landing.is_faulty:
        for name, hours in (("c-low", 95), ("c-over", 101)):
            told.campaign(name, "credits", **terms)
            told.used(name, "credit_usage", hours, "2026-04-10T12:00:00Z")
        told.bundle("b-error", 100, "0.4", tenant_id="plain", starts_on="2026-04-01")
        told.bundle("b-warning", 100, "0.9", tenant_id="plain", starts_on="2026-04-01")
        told.campaign("c-astray", "bundle", tenant_id="plain", bundle_id="b-none", starts_on="2026-04-01")
        for _ in range(2):
            told.used("c-fine", "credit_usage", 1, "2026-04-11T12:00:00Z", deduplication_key="")
    for campaign in told.campaigns:
        campaign["tenant_id"] = "plain"
        if landing.is_faulty and campaign["campaign_id"] not in ("c-fine", "b-fine-1", "b-fine-2"):
            campaign["starts_on"] = "2026-04-01"


def bill(landing: Landing, month: str) -> Bill | None:
    faulty = landing.is_faulty and month == "2026-04"
    if landing.is_faulty and month == "2026-03":
        return None
    made = Bill(f"bill-{month}", month)
    made.line("Droplets", "plain-1 (small)", "4.00")
    made.line("Droplets", "short-1 (small)", "4.00")
    made.line(
        "Load Balancers", "costly-lb (Large)", "60.00" if faulty else "34.00"
    )  # costs 1.00 AUD more than its plan
    made.line("Volumes", "idle-disk (20 GB)", "2.00")
    if faulty:
        made.line("Droplets", "stranger (small)", "4.00")
        made.line("Service Credits", "Outage", "-5.00", hours="")
        made.line("Taxes", "GST (10%)", "6.90", hours="")
    return made


def deliver(landing: Landing, world: World) -> None:
    accounts, faulty = landing.accounts, landing.is_faulty
    for month in MONTHS:
        made = bill(landing, month)
        if made:
            total = {True: "75.91", False: "44.00"}[faulty and month == "2026-04"]
            made.deliver(world, month, total)
        world.deliver("metering", month, "events.csv", landing.metering[month])
        world.deliver("llm_usage", month, "charges.csv", landing.llm[month])
    april_only = ("deployment_events", "top_ups")
    world.control("2026-01", **{name: rows for name, rows in accounts.tables.items() if name not in april_only})
    world.control("2026-04", **{name: accounts.tables.get(name, []) for name in april_only})
    landing.campaigns.deliver(world, "2026-04")
    payments = {f"INV-2026-01-{name}-1": 5500 for name in ("payment", "under")}
    if faulty:
        world.control("2026-04", tenants=[row for row in accounts.tables["tenants"] if row["tenant_id"] != "plain"])
        changed = [row | {"base_price_cents": 1} for row in accounts.tables["plan_versions"][:1]]
        world.control("2026-04", plan_versions=changed)
        held = {"deployment_id": "d-held", "tenant_id": "held", "billing_action_suspended": "true"}
        world.control(
            "2026-04", deployments=[held, *[r for r in accounts.tables["deployments"] if r["tenant_id"] != "held"]]
        )
        payments["INV-2026-01-payment-1"] -= 1
    world.control(
        "2026-04",
        payments=[
            {"payment_id": f"p-{number}", "invoice_id": invoice, "amount_cents": cents, "paid_at": "2026-02-10"}
            for number, (invoice, cents) in enumerate(payments.items())
        ],
    )
    export = [{"region": "north", "score": 1}] * (2 if faulty else 3)
    path = world.deliver("analytics_exports", "2026-04", "scores.csv", export)
    path.with_suffix(".json").write_text(json.dumps({"quasi_identifiers": ["region"]}))


def deliver_what_was_billed_elsewhere(landing: Landing, world: World) -> None:
    """January as invoiced here, told in April by the other system; in the faulty landing four tenants differ."""
    totals = dict.fromkeys(TENANTS, 5500) | {"plain": 5638}
    if landing.is_faulty:
        totals |= {"under": 5400, "over": 5600, "ghost": 100}
        del totals["unlisted"]
    world.deliver(
        "billed_invoices",
        "2026-04",
        "old.csv",
        [
            {
                "tenant_id": tenant,
                "month": "2026-01",
                "subtotal_cents": total - 500,
                "tax_cents": 500,
                "total_cents": total,
            }
            for tenant, total in totals.items()
        ],
    )


def closed(folder: Path, is_faulty: bool) -> World:
    landing, world = Landing(is_faulty), World(folder, CONFIG)
    tell_months(landing)
    if is_faulty:
        tell_faults(landing)
    tell_campaigns(landing)
    deliver(landing, world)
    deliver_what_was_billed_elsewhere(landing, world)
    world.close(MONTHS[0], MONTHS[-1], as_of="2026-05-01")
    return world


# Rule -> tenant, deployment and subject of what it finds in April.
EXPECTED = {
    "undercharge": ("under", None, "2026-01"),
    "missing_invoice": ("unlisted", None, "2026-01"),
    "overcharge": ("over", None, "2026-01"),
    "unexpected_invoice": ("ghost", None, "2026-01"),
    "unbilled_usage": (None, "d-nobody", "droplet_hours"),
    "conflicting_duplicate": ("conflict", "d-conflict", "metering"),
    "llm_charge_conflict": ("charge-conflict", "d-charge-conflict", "llm_usage"),
    "fx_missing": ("fx", "d-fx", "llm_usage EUR"),
    "currency_mismatch": ("currency", "d-currency", "s2-currency"),
    "dangling_reference": (None, "d-nowhere", "deployment_events e-nowhere d-nowhere"),
    "late_usage": ("lost", "d-lost", "2026-01"),
    "future_usage": ("ahead", "d-ahead", "droplet_hours"),
    "snapshot_shrank": (None, None, "tenants"),
    "provider_total_mismatch": (None, None, "bill-2026-04"),
    "provider_invoice_gap": (None, None, "2026-03"),
    "unsafe_export": (None, None, "scores"),
    "campaign_link_invalid": ("plain", None, "c-astray"),
    "bundle_allocation_error": ("plain", None, "b-error"),
    "credit_overdrawn": ("plain", None, "c-over"),
    "unpriced_usage": ("unpriced", "d-unpriced", "gpu_hours"),
    "retimed_duplicate": ("retimed", "d-retimed", "metering"),
    "cap_breach": ("capped", "d-capped", "snapshots"),
    "illegal_transition": ("illegal", "d-illegal", "e-illegal"),
    "overlapping_subscriptions": ("overlap", "d-overlap", "s2-overlap"),
    "catalog_changed": (None, None, "studio-1 terms"),
    "quarantined_rows": (None, None, "metering/events.csv"),
    "top_up_stranded": ("stranded", "d-stranded", "2026-03 droplet_hours"),
    "low_credit": ("plain", None, "c-low"),
    "bundle_allocation_warning": ("plain", None, "b-warning"),
    "derived_duplicate": (None, None, "c-fine"),
    "llm_tenant_mismatch": ("mismatch", "d-plain", "llm_usage"),
    "unmatched_cost": (None, None, "droplet stranger"),
    "idle_cost": ("idle", "d-idle", "volume idle-disk"),
    "negative_margin": ("costly", "d-costly", "d-costly"),
    "provider_tax_despite_abn": (None, None, "bill-2026-04"),
    "metered_hours_mismatch": ("short", "d-short", "droplet short-1"),
    "usage_spike": ("spiking", "d-spiking", "droplet_hours"),
    "metering_gap": ("gap", "d-gap", "droplet_hours"),
    "entitlement_regression": ("shrinking", "d-shrinking", "spaces_gb"),
    "payment_mismatch": ("payment", None, "INV-2026-01-payment-1"),
    "duplicate_events": (None, None, "metering"),
    "late_usage_adjusted": ("stranded", "d-stranded", "2026-03 droplet_hours"),
    "held_invoice": ("held", None, "INV-2026-04-held-1"),
    "provider_credit": (None, None, "bill-2026-04 line 6"),
}
# A tier that cannot be used, and the item that cannot be priced without it.
TABLES_AT_FAULT = ("plan_item_tiers", "plan_items")
# What follows from a fault besides: a hold holds every month that is not sealed, and what earns nothing has no margin.
BESIDES = {
    *(("held_invoice", month, "held", None, f"INV-{month}-held-1") for month in MONTHS[:3]),
    ("negative_margin", "2026-04", "idle", "d-idle", "d-idle"),
    ("metering_gap", "2026-04", "stopped", "d-stopped", "droplet_hours"),
    *(("quarantined_rows", "2026-01", None, None, f"control_plane/{table}.csv") for table in TABLES_AT_FAULT),
    ("unpriced_usage", "2026-04", "listless", "d-listless", "backups_gb"),
    ("late_usage", "2026-04", "too-late", "d-too-late", "2026-01"),
}
# Findings that are graver or less grave than their rule: (rule, subject, tenant) -> severity.
GRADED = {
    **{("quarantined_rows", f"control_plane/{table}.csv", None): "critical" for table in TABLES_AT_FAULT},
    ("unpriced_usage", "backups_gb", "listless"): "critical",
    ("late_usage", "2026-01", "too-late"): "info",
}


def findings(world: World) -> set[tuple]:
    return set(
        world.rows(
            "select rule, strftime(period, '%Y-%m'), tenant_id, deployment_id, subject from reconciliation.anomalies"
        )
    )


def test_every_rule_is_told():
    with RULES.open() as rules:
        assert {row["rule"] for row in csv.DictReader(rules)} == set(EXPECTED)


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> World:
    return closed(tmp_path_factory.mktemp("faulty"), is_faulty=True)


def test_every_rule_fires_exactly_where_its_fault_is(faulty):
    told = {(rule, "2026-04", *where) for rule, where in EXPECTED.items()}
    assert findings(faulty) == told | BESIDES


def test_the_page_of_rules_says_what_they_are_and_what_they_told(faulty):
    rows = faulty.rows(
        "select rule, tenant_id, deployment_id, subject, message from reconciliation.anomalies "
        "where period = date '2026-04-01'"
    )
    messages = {rule: message for rule, *where, message in rows if tuple(where) == EXPECTED[rule]}
    assert_page(ANOMALIES, anomalies_page(messages))


def test_a_finding_is_as_grave_as_its_rule_unless_its_case_is_another(faulty):
    with RULES.open() as rules:
        of_rule = {row["rule"]: row["severity"] for row in csv.DictReader(rules)}
    with CASES.open() as cases:
        assert {row["rule"] for row in csv.DictReader(cases)} == {rule for rule, *_ in GRADED}
    rows = faulty.rows("select rule, subject, tenant_id, severity from reconciliation.anomalies")
    assert {tuple(key): severity for *key, severity in rows if severity != of_rule[key[0]]} == GRADED


def test_every_finding_says_what_to_do(faulty):
    assert faulty.rows("select rule from reconciliation.anomalies where coalesce(length(what_to_do), 0) < 8") == []


def test_no_rule_fires_without_a_fault(tmp_path):
    assert findings(closed(tmp_path, is_faulty=False)) == set()
