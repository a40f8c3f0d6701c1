"""The provider's bill: matched, shared out, against what deployments earn, and what is found on the way (R18, R19)."""

from decimal import Decimal

import pytest
from support.bills import Bill, resource
from support.worlds import Accounts, World

CONFIG = """
[supplier]
name = "Harbour"
abn = "51824753556"
"""
RULES = (
    "unmatched_cost",
    "idle_cost",
    "negative_margin",
    "provider_total_mismatch",
    "provider_invoice_gap",
    "provider_tax_despite_abn",
    "provider_credit",
    "metered_hours_mismatch",
    "fx_missing",
)


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> World:
    """January with every kind of line; no invoice for February, until April; March without a rate."""
    made = World(tmp_path_factory.mktemp("cost"), CONFIG)
    accounts = Accounts()
    for name in ("earner", "short", "close", "brief", "unmetered", "costly", "even"):
        accounts.tenant(name)
    accounts.tenant("idle", plan=None)
    accounts.tenant("yankee", plan=None, currency="USD")
    accounts.charged("yankee", "10.00", "2026-01-10T12:00:00Z")
    resources = [
        resource("earner-1", "earner"),
        resource("short-1", "short"),
        resource("close-1", "close"),
        resource("brief-1", "brief"),
        resource("unmetered-1", "unmetered"),
        resource("Idle-Disk", "idle", "volume"),
        resource("costly-lb", "costly", "load_balancer"),
        resource("even-lb", "even", "load_balancer"),
        resource("platform-1", ""),
    ]
    for row in resources:
        accounts.add("cloud_resources", **row)
    for month in ("2026-01", "2026-02", "2026-04"):
        accounts.add("fx_rates", month=month, from_currency="USD", to_currency="AUD", rate="1.5")
    for name, hours in (("earner", 744), ("short", 730), ("close", 737), ("brief", 9)):
        accounts.used(name, "droplet_hours", hours, "2026-01-20T12:00:00Z", resource_name=f"{name.title()}-1")
    accounts.used("earner", "spaces_gb", 1, "2026-01-20T12:00:00Z")
    accounts.used("short", "spaces_gb", 2, "2026-01-20T12:00:00Z", billable="false")
    accounts.used("earner", "droplet_hours", 744, "2026-03-20T12:00:00Z", resource_name="earner-1")
    accounts.deliver(made, "2026-01")

    january = Bill("january", "2026-01")
    for name in ("earner-1", "short-1", "close-1", "unmetered-1", "stranger", "platform-1"):
        january.line("Droplets", f"{name} (small)", "4.00")
    january.line("Droplets", "brief-1 (small)", "0.06", hours="10")
    january.line("Volumes", "idle-disk (20 GB)", "2.00")
    january.line("Load Balancers", "costly-lb (Large)", "60.00")
    january.line("Load Balancers", "even-lb (Medium)", "33.33")
    january.line("Spaces Subscription", "Spaces ($5/mo 250GB storage & 1TB bandwidth)", "5.00")
    january.line("Container Registry Subscription", "Basic ($5/mo)", "5.00")
    january.line("Service Credits", "Outage", "-5.00", hours="")
    january.line("Taxes", "GST (10%)", "12.44", hours="")
    january.deliver(made, "2026-01", "136.83")
    made.close("2026-01", "2026-02")

    march = Bill("march", "2026-03")
    march.line("Droplets", "renamed (small)", "4.00", resource_id="r-earner-1")
    march.deliver(made, "2026-03", "4.01")
    made.control("2026-03", cloud_resources=[*resources, resource("stranger", "earner")])
    made.close("2026-03")

    february = Bill("february", "2026-02")
    february.line("Droplets", "latecomer (small)", "4.00")
    february.line("Load Balancers", "costly-lb (Large)", "60.00")
    february.deliver(made, "2026-04", "64.00")
    made.close("2026-04")
    return made


FINDINGS = {
    "unmatched_cost": [
        ("2026-01", None, None, "droplet stranger", 0, 600),
        ("2026-04", None, None, "2026-02 droplet latecomer", 0, 600),
    ],
    "idle_cost": [("2026-01", "idle", "d-idle", "volume idle-disk", 0, 300)],
    "negative_margin": [
        ("2026-01", "costly", "d-costly", "d-costly", 9000, 5000),
        ("2026-01", "idle", "d-idle", "d-idle", 300, 0),
        ("2026-04", "costly", "d-costly", "2026-02 d-costly", 9000, 5000),
    ],
    "provider_total_mismatch": [("2026-03", None, None, "march", 401, 400)],
    "provider_invoice_gap": [("2026-03", None, None, "2026-02", None, None)],
    "provider_tax_despite_abn": [("2026-01", None, None, "january", 0, 1866)],
    "provider_credit": [("2026-01", None, None, "january line 13", 0, -750)],
    "metered_hours_mismatch": [
        ("2026-01", "short", "d-short", "droplet short-1", None, None),
        ("2026-01", "unmetered", "d-unmetered", "droplet unmetered-1", None, None),
    ],
    "fx_missing": [("2026-03", None, None, "margins USD", -400, 0)],
}


def found(world: World, rule: str) -> list[tuple]:
    return world.rows(
        "select strftime(period, '%Y-%m'), tenant_id, deployment_id, subject, expected_cents, actual_cents "
        "from reconciliation.anomalies where rule = ? order by all",
        rule,
    )


@pytest.mark.parametrize("rule", RULES)
def test_each_rule_fires_where_it_should_and_nowhere_else(world, rule):
    assert found(world, rule) == FINDINGS[rule]


def test_an_amount_without_a_rate_is_in_its_own_currency_with_an_estimate(world):
    assert world.rows(
        "select rule, currency, regexp_extract(message, '[(]est.*[)]') from reconciliation.anomalies "
        "where period = '2026-03-01' and rule in ('provider_total_mismatch', 'fx_missing') order by rule"
    ) == [
        ("fx_missing", "USD", "(estimated at the rate of 2026-02: -6.00 AUD)"),
        ("provider_total_mismatch", "USD", ""),
    ]


def test_what_a_deployment_costs_for_nothing_is_at_stake_once(world):
    assert world.rows(
        "select rule, delta_cents, at_stake_cents from reconciliation.anomalies where tenant_id = 'idle' order by rule"
    ) == [("idle_cost", 300, 300), ("negative_margin", -300, 0)]
    assert world.rows("select delta_cents from reconciliation.account_risk where tenant_id = 'idle'") == [(300,)]


def test_its_twin_has_nothing_to_find(tmp_path):
    """The same kinds of lines, each as it should be: no business number on file, so tax is right."""
    twin = World(tmp_path)
    accounts = Accounts()
    accounts.tenant("earner")
    accounts.add("cloud_resources", **resource("earner-1", "earner"))
    accounts.add("cloud_resources", **resource("disk", "", "volume"))
    for month in ("2026-01", "2026-02"):
        accounts.add("fx_rates", month=month, from_currency="USD", to_currency="AUD", rate="1.5")
        accounts.used("earner", "droplet_hours", 700, f"{month}-20T12:00:00Z", resource_name="earner-1")
        bill = Bill(f"bill-{month}", month)
        bill.line("Droplets", "earner-1 (small)", "4.00", hours="700")
        bill.line("Volumes", "disk (20 GB)", "2.00")
        bill.line("Uptime Health Check", "https://status.example.com/", "1.00")
        bill.line("Something new", "anything", "1.00")
        bill.line("Taxes", "GST (10%)", "0.80", hours="")
        bill.deliver(twin, month, "8.80")
    accounts.deliver(twin, "2026-01")
    twin.close("2026-01", "2026-02")
    assert [rule for rule in RULES if found(twin, rule)] == []


def test_every_invoice_ties_out(world):
    columns = "invoice_uuid, gross, net, tax, allocated, unallocated, credits, matched_line_count, line_count"
    figures = world.rows(f"select {columns} from cost.invoices order by 1")
    assert [tuple(str(value).removesuffix("0000") for value in row) for row in figures] == [
        ("february", "64.00", "64.00", "0.00", "60.00", "4.00", "0.00", "1", "2"),
        ("january", "136.83", "124.39", "12.44", "120.39", "9.00", "-5.00", "10", "14"),
        ("march", "4.00", "4.00", "0.00", "4.00", "0.00", "0.00", "1", "1"),
    ]


def test_an_account_level_line_is_shared_out_by_usage_billable_or_not(world):
    assert world.rows(
        "select deployment_id, tenant_id, resource_kind, amount from cost.allocations where basis = 'usage' order by 1"
    ) == [
        ("d-earner", "earner", "spaces_gb", Decimal("1.666667")),
        ("d-short", "short", "spaces_gb", Decimal("3.333333")),
    ]


def test_an_items_id_says_which_resource_it_is_whatever_its_name(world):
    assert world.rows("select resource_name, resource_id, matched_by from cost.lines where invoice_uuid = 'march'") == [
        ("renamed", "r-earner-1", "resource id")
    ]
    assert world.rows("select deployment_id, basis from cost.allocations where invoice_uuid = 'march'") == [
        ("d-earner", "resource id")
    ]


def test_margins_set_cost_against_revenue_of_the_same_kind(world):
    rows = world.rows(
        "select deployment_id, resource_kind, revenue_cents, cost_cents, margin_cents, currency "
        "from billing.deployment_margins "
        "where period = '2026-01-01' and deployment_id in ('d-short', 'd-idle', 'd-yankee', 'd-even') order by all"
    )
    assert rows == [
        ("d-even", "load_balancer", 0, 5000, -5000, "AUD"),
        ("d-even", None, 5000, 0, 5000, "AUD"),
        ("d-idle", "volume", 0, 300, -300, "AUD"),
        ("d-short", "droplet_hours", 0, 600, -600, "AUD"),
        ("d-short", "spaces_gb", 0, 500, -500, "AUD"),
        ("d-short", None, 5000, 0, 5000, "AUD"),
        ("d-yankee", None, 1500, 0, 1500, "AUD"),
    ]


def test_cost_without_a_rate_is_left_out_and_never_taken_as_it_stands(world):
    assert world.rows(
        "select resource_kind, revenue_cents, cost_cents from billing.deployment_margins "
        "where period = '2026-03-01' and deployment_id = 'd-earner'"
    ) == [(None, 5000, 0)]


def test_a_resource_known_later_is_matched_and_the_finding_of_its_month_stays(world):
    """Also when the months are made again from landing and ledger."""
    tables = ("reconciliation.anomalies", "billing.deployment_margins", "cost.allocations", "cost.invoices")
    before = {table: world.rows(f"from {table} order by all") for table in tables}
    assert world.rows("select deployment_id from cost.lines where resource_name = 'stranger'") == [("d-earner",)]
    world.home.warehouse.unlink()
    world.close("2026-04")
    assert {table: world.rows(f"from {table} order by all") for table in tables} == before


@pytest.mark.parametrize(
    ("period", "allocated", "unallocated", "tax", "credits", "total"),
    [
        ("2026-03-01", "32.00", "35.95", "6.80", "0.00", "74.75"),
        ("2026-04-01", "36.00", "43.02", "7.90", "0.00", "86.92"),
        ("2026-05-01", "48.06", "39.87", "0.00", "-5.00", "82.93"),
    ],
)
def test_the_examples_invoices_tie_out_to_the_cent(example, period, allocated, unallocated, tax, credits, total):
    [figures] = example.rows(
        "select allocated, unallocated, tax, credits, gross, summary_total from cost.invoices where period = ?", period
    )
    assert figures == tuple(map(Decimal, (allocated, unallocated, tax, credits, total, total)))
    assert sum(figures[:4]) == figures[4]


def test_the_example_shows_what_the_provider_is_paid_for_nothing(example):
    assert example.findings("idle_cost") == [("ember", "d-ember-shop", "volume ember-archive")]
    assert example.findings("metered_hours_mismatch") == [("harvest", "d-harvest-render", "droplet harvest-render-1")]
    assert len(example.findings("provider_tax_despite_abn")) == 2
    assert example.findings("provider_tax_despite_abn", "2026-05") == []
    assert [subject[-7:] for _, _, subject in example.findings("provider_credit", "2026-05")] == ["line 28"]
    assert example.findings("provider_total_mismatch") == []
