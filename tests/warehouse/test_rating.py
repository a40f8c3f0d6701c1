"""Days, segments, usage and charges (R2 to R7, R9, R11), each case a tenant of one landing in Sydney's time zone."""

from decimal import Decimal

import pytest
from support.worlds import Accounts, World

APRIL_10 = "2026-04-10T00:00:00Z"


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> World:
    made = World(tmp_path_factory.mktemp("rating"), '[billing]\ntimezone = "Australia/Sydney"\n')
    accounts = Accounts()
    for case in CASES:
        case(accounts)
    accounts.deliver(made, "2026-04")
    made.close("2026-04")
    return made


def days_of_sydney(accounts: Accounts) -> None:
    """April in Sydney: from 31 March 13:00 UTC (+11) to 30 April 14:00 UTC (+10, the clocks went back on the 5th)."""
    accounts.tenant("edge")
    accounts.used("edge", "droplet_hours", 1000, "2026-03-31T12:59:59.999999Z")
    accounts.used("edge", "droplet_hours", 2000, "2026-03-31T13:00:00Z")
    accounts.used("edge", "droplet_hours", 4000, "2026-05-01T00:59:59+11:00")
    accounts.used("edge", "droplet_hours", 8000, "2026-04-30T14:00:00Z")


def states(accounts: Accounts) -> None:
    """Paused from 10 April 09:00 to 13 April 18:00 in Sydney: the 11th and 12th are not billed."""
    accounts.tenant("paused")
    for event, to_state, at in (
        ("p1", "active", "2026-01-01T00:00:00Z"),
        ("p2", "paused", "2026-04-09T23:00:00Z"),
        ("p3", "active", "2026-04-13T08:00:00Z"),
    ):
        accounts.add(
            "deployment_events",
            event_id=event,
            deployment_id="d-paused",
            to_state=to_state,
            from_state={"p1": "", "p2": "active", "p3": "paused"}[event],
            occurred_at=at,
        )
    accounts.used("paused", "droplet_hours", 7, "2026-04-11T12:00:00Z")
    accounts.tenant("trial")
    accounts.add(
        "deployment_events",
        event_id="t1",
        deployment_id="d-trial",
        from_state="",
        to_state="trial",
        occurred_at="2026-04-01T00:00:00Z",
    )
    accounts.tenant("odd")
    accounts.add(
        "deployment_events",
        event_id="o1",
        deployment_id="d-odd",
        from_state="trial",
        to_state="archived",
        occurred_at="2026-04-20T14:00:00Z",
    )


def subscriptions(accounts: Accounts) -> None:
    accounts.tenant("mid", starts_on="2026-04-16")
    accounts.used("mid", "droplet_hours", 1500, "2026-04-20T00:00:00Z")
    accounts.tenant("overlap")
    accounts.add(
        "subscriptions",
        subscription_id="s-overlap-2",
        deployment_id="d-overlap",
        plan_version_id="pro-1",
        starts_on="2026-04-21",
        ends_on="",
    )
    accounts.tenant("renewed", plan=None)
    for number, starts_on, ends_on in ((1, "2026-01-01", "2026-04-11"), (2, "2026-04-11", "")):
        accounts.add(
            "subscriptions",
            subscription_id=f"s-renewed-{number}",
            deployment_id="d-renewed",
            plan_version_id="studio-1",
            starts_on=starts_on,
            ends_on=ends_on,
        )
    accounts.tenant("dangling", plan="nowhere-1")
    accounts.tenant("dollars", currency="USD")
    accounts.tenant("nothing", starts_on="2026-05-01")


def addons(accounts: Accounts) -> None:
    accounts.tenant("addons")
    for number, attached_on, detached_on in ((1, "2026-01-01", ""), (2, "2026-04-11", "2026-04-21")):
        accounts.add(
            "subscription_addons",
            subscription_addon_id=f"sa{number}",
            subscription_id="s-addons",
            addon_code="storage_50gb",
            resource_kind="spaces_gb",
            qty=50,
            price_cents=750,
            attached_on=attached_on,
            detached_on=detached_on,
        )
    accounts.used("addons", "spaces_gb", 200, APRIL_10)


def usage(accounts: Accounts) -> None:
    accounts.tenant("twice")
    accounts.used("twice", "droplet_hours", 1500, APRIL_10, event_id="same")
    accounts.used("twice", "droplet_hours", 1500, APRIL_10, event_id="same")
    accounts.used("twice", "droplet_hours", 1500, "2026-04-10T00:00:01Z", event_id="same")
    accounts.tenant("unpriced")
    accounts.used("unpriced", "gpu_hours", "12.5", APRIL_10)
    accounts.tenant("free")
    accounts.used("free", "droplet_hours", 9999, APRIL_10, billable="false", capability="standby")
    accounts.used("ghost", "droplet_hours", 3, APRIL_10)
    accounts.tenant("capped", plan="capped-1")
    accounts.add("plans", plan_code="capped", name="Capped")
    accounts.add("plan_versions", plan_version_id="capped-1", plan_code="capped", version=1, base_price_cents=100)
    accounts.add(
        "plan_items",
        plan_version_id="capped-1",
        resource_kind="hours",
        included_qty=10,
        overage_price_cents="0.5",
        overage_unit="hour",
        hard_cap_qty=5,
    )
    accounts.add(
        "plan_items", plan_version_id="capped-1", resource_kind="no_price", included_qty=1, overage_unit="hour"
    )
    accounts.used("capped", "hours", 18, APRIL_10)
    accounts.tenant("huge")
    accounts.used("huge", "droplet_hours", "999999999999999.999999999", APRIL_10)
    accounts.add(
        "top_ups",
        top_up_id="lost",
        deployment_id="d-nobody",
        resource_kind="spaces_gb",
        qty=1,
        price_cents=500,
        purchased_at=APRIL_10,
    )


def charge_models(accounts: Accounts) -> None:
    """7 GB over: packages of 3; tiers to 2, to 5 and open; the last one's end is not looked at."""
    accounts.tenant("models", plan="models-1")
    accounts.add("plans", plan_code="models", name="Models")
    accounts.add("plan_versions", plan_version_id="models-1", plan_code="models", version=1, base_price_cents=0)
    for kind, model, package_size in (
        ("boxed", "package", 3),
        ("graded", "graduated", ""),
        ("bulk", "volume", ""),
        ("no_tiers", "volume", ""),
        ("two_ends", "graduated", ""),
    ):
        accounts.add(
            "plan_items",
            plan_version_id="models-1",
            resource_kind=kind,
            included_qty=1,
            overage_unit="gb",
            overage_price_cents="10.5" if model == "package" else "",
            charge_model=model,
            package_size=package_size,
        )
        accounts.used("models", kind, 8, APRIL_10)
    for kind, ends in (("graded", (2, 5, 6)), ("bulk", (2, 5, "")), ("two_ends", (2, 2))):
        for number, end in enumerate(ends):
            accounts.add(
                "plan_item_tiers",
                plan_version_id="models-1",
                resource_kind=kind,
                up_to=end,
                unit_price_cents=f"{9 - number}.25",
                flat_fee_cents=100 * number,
            )


def llm(accounts: Accounts) -> None:
    accounts.tenant("llm", plan=None)
    accounts.charged("llm", "1.005", APRIL_10, gateway_request_id="once")
    accounts.charged("llm", "1.005", APRIL_10, gateway_request_id="once")
    accounts.charged("llm", "1.005", APRIL_10, gateway_request_id="once", currency="AUD")
    accounts.charged("llm", "-0.5", APRIL_10)
    accounts.charged("llm", "5", APRIL_10, currency="USD")
    accounts.charged("llm", "0.011", APRIL_10, currency="EUR")
    accounts.add("fx_rates", month="2026-04", from_currency="EUR", to_currency="AUD", rate="1.636363636")
    accounts.add("fx_rates", month="2026-05", from_currency="USD", to_currency="AUD", rate="1.5")
    accounts.charged("llm", "2", APRIL_10, deployment_id="d-mid")
    accounts.charged("stranger", "9", APRIL_10)


CASES = (days_of_sydney, states, subscriptions, addons, usage, charge_models, llm)


def amounts(world: World, tenant: str) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for kind, _, _, cents in world.lines(tenant, "2026-04"):
        found.setdefault(kind, []).append(cents)
    return found


def used(world: World, tenant: str, kind: str) -> tuple:
    [row] = world.rows(
        "select used_qty, unbilled_qty, non_billable_qty from billing.usage_allowances "
        "where tenant_id = ? and resource_kind = ?",
        tenant,
        kind,
    )
    return row


def test_usage_belongs_to_the_day_in_the_billing_time_zone(world):
    assert used(world, "edge", "droplet_hours") == (6000, 0, 0)


def test_a_pause_takes_only_the_days_that_it_fills(world):
    assert amounts(world, "paused")["plan_base"] == [4667]  # 28 of 30 days
    assert used(world, "paused", "droplet_hours") == (0, 7, 0)
    assert ("paused", "d-paused", "droplet_hours") in world.findings("unbilled_usage")


def test_a_trial_is_not_billed(world):
    assert world.invoice("trial", "2026-04") is None


def test_an_illegal_change_of_state_takes_effect_and_is_reported(world):
    """Before its first event the deployment was on trial, after it archived: neither bills."""
    assert world.invoice("odd", "2026-04") is None
    assert world.findings("illegal_transition") == [("odd", "d-odd", "o1")]


def test_a_start_in_mid_month_prorates_the_price_and_keeps_the_whole_allowance(world):
    assert amounts(world, "mid")["plan_base"] == [2500]
    assert amounts(world, "mid")["overage"] == [12]


def test_of_overlapping_subscriptions_the_latest_start_wins(world):
    assert amounts(world, "overlap")["plan_base"] == [3333, 4000]
    assert world.findings("overlapping_subscriptions") == [("overlap", "d-overlap", "s-overlap-2")]


def test_a_renewal_of_the_same_plan_version_is_one_segment(world):
    assert amounts(world, "renewed")["plan_base"] == [5000]


def test_subscriptions_to_nothing_or_in_another_currency_bill_no_day(world):
    assert world.invoice("dangling", "2026-04") is None
    assert world.invoice("dollars", "2026-04") is None
    assert ("dangling", "d-dangling", "s-dangling") in world.findings("dangling_reference")
    assert world.findings("currency_mismatch") == [("dollars", "d-dollars", "s-dollars")]


def test_who_has_nothing_to_pay_gets_no_invoice(world):
    assert world.invoice("nothing", "2026-04") is None


def test_addons_count_by_their_days(world):
    assert amounts(world, "addons")["addon"] == [750, 250]
    assert world.rows(
        "select included_qty, addon_qty, allowance_qty, overage_qty from billing.usage_allowances "
        "where tenant_id = 'addons' and resource_kind = 'spaces_gb'"
    ) == [(100, Decimal("66.666666667"), Decimal("166.666666667"), Decimal("33.333333333"))]


def test_an_event_counts_once(world):
    assert used(world, "twice", "droplet_hours") == (1500, 0, 0)
    assert world.findings("retimed_duplicate") == [("twice", "d-twice", "metering")]
    assert world.findings("conflicting_duplicate") == []
    [(message,)] = world.rows(
        "select message from reconciliation.anomalies where rule = 'duplicate_events' and subject = 'metering'"
    )
    assert message == "Rows of metering that repeat an earlier row: 1; each event counts once."


def test_usage_without_a_price_or_a_home_is_not_charged_but_told(world):
    assert "overage" not in amounts(world, "unpriced")
    assert ("unpriced", "d-unpriced", "gpu_hours") in world.findings("unpriced_usage")
    assert (None, "d-ghost", "droplet_hours") in world.findings("unbilled_usage")


def test_usage_that_is_not_billable_is_reported_by_capability(world):
    assert used(world, "free", "droplet_hours") == (0, 0, 9999)
    assert world.rows(
        "select capability, billable_qty, non_billable_qty from billing.usage_by_capability where tenant_id = 'free'"
    ) == [("standby", 0, 9999)]


def test_the_hard_cap_cuts_off_and_half_a_cent_rounds_away_from_zero(world):
    assert amounts(world, "capped")["overage"] == [3]  # 5 of 8 hours at half a cent
    assert world.findings("cap_breach") == [("capped", "d-capped", "hours")]


def test_a_quantity_of_fifteen_digits_and_nine_decimals_is_charged(world):
    assert amounts(world, "huge")["overage"] == [999999999998512]


def test_a_top_up_for_nobody_is_told(world):
    assert (None, "d-nobody", "lost") in world.findings("dangling_reference")


def test_a_plan_item_without_a_price_or_usable_tiers_is_quarantined(world):
    assert world.rows(
        "select file, line, column_name, value from reconciliation.quarantine "
        "where feed = 'control_plane' order by line"
    ) == [
        ("plan_items.csv", 6, "overage_price_cents", "capped-1 no_price"),
        ("plan_items.csv", 10, "charge_model", "models-1 no_tiers"),
        ("plan_items.csv", 11, "charge_model", "models-1 two_ends"),
    ]


def test_charge_models(world):
    """3 packages at 10.5 = 31.5; 2 x 9.25 + 3 x 8.25 + 2 x 7.25 + 300 = 357.75; 7 x 7.25 + 200 = 250.75."""
    assert {kind: cents for name, kind, _, cents in world.lines("models", "2026-04") if name == "overage"} == {
        "boxed": 32,
        "graded": 358,
        "bulk": 251,
    }
    assert {kind for _, _, kind in world.findings("unpriced_usage") if kind in ("no_tiers", "two_ends")} == {
        "no_tiers",
        "two_ends",
    }


def test_a_quote_prices_every_charge_model_as_the_invoice_does(world):
    usage = "map {'boxed': 8, 'graded': 8, 'bulk': 8}"
    assert world.rows(f"select overage_cents from billing.quote('models', date '2026-04-01', usage := {usage})") == [
        (32 + 358 + 251,)
    ]


def test_llm_charges_go_to_the_events_tenant_per_deployment(world):
    assert world.lines("llm", "2026-04")[:2] == [("llm_usage", None, 3, 52), ("llm_usage", None, 1, 200)]
    assert world.findings("llm_charge_conflict") == []
    assert world.findings("llm_tenant_mismatch") == [("llm", "d-mid", "llm_usage")]
    assert world.findings("fx_missing") == [("llm", "d-llm", "llm_usage USD")]
    assert ("stranger", "d-stranger", "llm_usage") in world.findings("unbilled_usage")


def test_lines_are_numbered_in_the_order_of_the_invoice(world):
    assert [line[0] for line in world.lines("addons", "2026-04")] == ["plan_base", "addon", "addon", "overage", "tax"]
    assert world.rows(
        "select line_number, source_id from billing.invoice_lines "
        "where tenant_id = 'addons' and kind = 'addon' order by 1"
    ) == [(2, "sa1"), (3, "sa2")]
