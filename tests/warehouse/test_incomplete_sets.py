"""Rows that only mean something together: one that is quarantined makes the set unusable (R9)."""

import json

import pytest
from support.bills import Bill
from support.campaigns import Campaigns
from support.worlds import Accounts, World

RAGGED = "basic-1,bandwidth_gb,,1,00,0\n"


def tier(kind: str, up_to: str, price: str, version: str = "basic-1") -> dict[str, str]:
    return {
        "plan_version_id": version,
        "resource_kind": kind,
        "up_to": up_to,
        "unit_price_cents": price,
        "flat_fee_cents": "0",
    }


def item(kind: str, model: str = "graduated", price: str = "", version: str = "basic-1") -> dict[str, str]:
    return {
        "plan_version_id": version,
        "resource_kind": kind,
        "included_qty": "0",
        "overage_price_cents": price,
        "overage_unit": "gb",
        "charge_model": model,
    }


def accounts_of(*kinds: str) -> Accounts:
    """One tenant on the plan `basic`, which used 10 000 of each kind; items and tiers are the test's."""
    accounts = Accounts()
    accounts.tables["plan_versions"] = [
        {"plan_version_id": "basic-1", "plan_code": "basic", "version": 1, "base_price_cents": 5000}
    ]
    accounts.tables["plan_items"] = []
    accounts.tenant("acme", plan="basic-1")
    for kind in kinds:
        accounts.used("acme", kind, 10000, "2026-04-10")
    return accounts


def charged(world: World, period: str = "2026-04") -> dict[str, int]:
    """Cents of overage by kind; adjustments too."""
    return {
        kind: cents
        for name, kind, _, cents in world.lines("acme", period)
        if name in ("overage", "adjustment") and kind
    }


def told(world: World, rule: str, period: str = "2026-04") -> list[tuple]:
    return world.rows(
        "select subject, severity from reconciliation.anomalies where rule = ? and period = ? order by all",
        rule,
        f"{period}-01",
    )


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> World:
    """April with a set of each kind that lacks a row."""
    made = World(tmp_path_factory.mktemp("sets"))
    kinds = ("tiered", "whole", "twice", "again", "lost", "unsold")
    accounts = accounts_of(*kinds)
    accounts.tables["plan_item_tiers"] = [
        tier("tiered", "10", "5"),
        tier("tiered", "", "1,00"),
        tier("whole", "10", "5"),
        tier("whole", "", "1"),
    ]
    accounts.tables["plan_items"] = [
        item("tiered"),
        item("whole", "volume"),
        item("twice", "per_unit", "2"),
        item("twice", "per_unit", "3"),
        item("again", "per_unit", "2"),
        item("again", "per_unit", "2.0"),
        item("lost", "per_unit", "2") | {"included_qty": "-1"},
    ]
    accounts.deliver(made, "2026-04")
    campaigns = Campaigns()
    campaigns.bundle("b-lacking", 10000, "0.6", "x", "0.4", tenant_id="acme", starts_on="2026-04-01")
    campaigns.bundle("b-whole", 10000, "1", tenant_id="acme", starts_on="2026-04-01")
    for campaign in campaigns.campaigns:
        campaign["tenant_id"] = "acme"
    campaigns.deliver(made, "2026-04")
    for uuid in ("whole", "short"):
        bill = Bill(uuid, "2026-04")
        bill.line("Droplets", "web (small)", "4.00")
        bill.line("Droplets", "db (small)", "4.00" if uuid == "whole" else "4.x")
        bill.deliver(made, "2026-04", "8.00")
        (made.root / f"landing/digitalocean_invoices/period=2026-04/{uuid}.summary.json").unlink()
    made.close("2026-04")
    return made


def test_an_item_that_lacks_a_tier_is_not_priced(world):
    assert charged(world) == {"whole": 10000, "again": 20000}


def test_usage_without_a_price_is_critical_where_the_price_list_is_incomplete(world):
    assert told(world, "unpriced_usage") == [
        ("lost", "critical"),
        ("tiered", "critical"),
        ("twice", "critical"),
        ("unsold", "warning"),
    ]
    [(message,)] = world.rows(
        "select message from reconciliation.anomalies where rule = 'unpriced_usage' and subject = 'tiered'"
    )
    assert "10000 tiered of deployment d-acme" in message
    assert "record 3 of plan_item_tiers.csv is quarantined" in message


def test_quarantined_rows_are_critical_in_tables_that_set_prices(world):
    assert told(world, "quarantined_rows") == [
        ("campaigns/campaigns.csv", "critical"),
        ("control_plane/plan_item_tiers.csv", "critical"),
        ("control_plane/plan_items.csv", "critical"),
        ("digitalocean_invoices/short.csv", "warning"),
    ]


def test_nothing_of_a_bundle_that_lacks_a_campaign_is_billed(world):
    assert world.rows("select bundle_id, verdict, amount_cents from campaigns.bundle_allocations order by 1") == [
        ("b-lacking", "error", 0),
        ("b-whole", "ok", 10000),
    ]
    assert told(world, "bundle_allocation_error") == [("b-lacking", "critical")]


def test_a_provider_invoice_that_lacks_a_line_is_critical_without_a_summary_too(world):
    assert told(world, "provider_total_mismatch") == [("short", "critical")]


def test_a_corrected_file_is_billed_as_an_adjustment(world):
    accounts = accounts_of()
    accounts.tables["plan_item_tiers"] = [tier("tiered", "10", "5"), tier("tiered", "", "1")]
    accounts.tables["plan_items"] = [item("tiered")]
    world.control("2026-05", **{name: accounts.tables[name] for name in ("plan_items", "plan_item_tiers")})
    world.close("2026-05")
    assert charged(world, "2026-05") == {}  # R5: April's list is the first delivery, and stays incomplete
    tiers = world.root / "landing/control_plane/period=2026-04/plan_item_tiers.csv"
    tiers.write_text(tiers.read_text().replace('"1,00"', "1"))
    world.close("2026-06")
    assert charged(world, "2026-06") == {"tiered": 10040}  # 10 x 5 + 9 990 x 1


def test_a_tier_that_cannot_be_read_at_all_may_be_any_items(tmp_path):
    """Of the tiers that came with it; an item without tiers, and one whose tiers came before, are priced."""
    world, accounts = World(tmp_path), accounts_of("tiered", "other", "flat")
    accounts.tables["plan_item_tiers"] = [tier("tiered", "", "1"), tier("other", "", "1")]
    accounts.tables["plan_items"] = [item("tiered"), item("other"), item("flat", "per_unit", "1")]
    accounts.deliver(world, "2026-04")
    path = world.root / "landing/control_plane/period=2026-04/plan_item_tiers.csv"
    path.write_text(path.read_text() + RAGGED)
    world.close("2026-04")
    assert charged(world) == {"flat": 10000}
    assert told(world, "unpriced_usage") == [("other", "critical"), ("tiered", "critical")]
    path.write_text(path.read_text().replace(RAGGED, ""))
    later = path.parent.with_name("period=2026-05")
    later.mkdir()
    (later / "plan_item_tiers.csv").write_text("plan_version_id,resource_kind,up_to,unit_price_cents\n" + RAGGED)
    world.close("2026-05")
    assert charged(world, "2026-05") == {"tiered": 10000, "other": 10000}


def test_an_item_list_that_lacks_an_item_ties_no_line(tmp_path):
    """The CSV's line would be the named resource's; without a whole list its name decides."""
    world, accounts = World(tmp_path), accounts_of()
    accounts.add("cloud_resources", resource_id="r-1", deployment_id="d-acme", kind="droplet", name="other")
    accounts.deliver(world, "2026-04")
    bill = Bill("u", "2026-04")
    bill.line("Droplets", "web (small)", "4.00", resource_id="r-1")
    bill.deliver(world, "2026-04", "4.00")
    world.close("2026-04")
    assert world.rows("select deployment_id from cost.lines") == [("d-acme",)]
    bill.items.append(bill.items[0] | {"amount": "4.x"})
    bill.deliver(world, "2026-04", "4.00")
    world.close("2026-04")
    assert world.rows("select deployment_id from cost.lines") == [(None,)]
    assert told(world, "provider_total_mismatch") == [("u", "critical")]
    items = world.root / "landing/digitalocean_invoices/period=2026-04/u.items.json"
    items.write_text(json.dumps({"invoice_items": bill.items[:1]}))
    summary = items.with_name("u.summary.json")
    summary.write_text(summary.read_text().replace("4.00", "four"))
    world.close("2026-04")
    [(message,)] = world.rows("select message from reconciliation.anomalies where rule = 'provider_total_mismatch'")
    assert "record 1 of u.summary.json is quarantined" in message
    assert "its total was not checked" in message
