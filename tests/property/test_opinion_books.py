"""The second opinion itself: adjustments and reissues by hand (R14, R15)."""

from collections.abc import Iterable
from datetime import date

from support.opinion.books import Books
from support.opinion.landing import File
from support.opinion.values import month_number, month_of

PLAN = {"plan_version_id": "p", "plan_code": "p", "version": "1", "base_price_cents": "3000"}
ITEM = {"plan_version_id": "p", "resource_kind": "gb", "overage_unit": "gb", "overage_price_cents": "1"}
TENANT = {"tenant_id": "t", "name": "T", "tax_region": "AU"}
BASE = {
    "tenants": (TENANT,),
    "deployments": ({"deployment_id": "d", "tenant_id": "t"},),
    "plan_versions": (PLAN,),
    "plan_items": (ITEM,),
    "subscriptions": (
        {"subscription_id": "s", "deployment_id": "d", "plan_version_id": "p", "starts_on": "2026-01-01"},
    ),
}


class Story:
    """Files, and the months that were closed over them."""

    def __init__(self, window: int = 3):
        self.files: dict[tuple[str, str, str], tuple] = {}
        self.books = Books("UTC", window)

    def deliver(self, period: str, **tables: Iterable[dict]) -> "Story":
        """Tables of the control plane, `metering` and `llm_usage`; a file that is there already is replaced."""
        for table, rows in tables.items():
            feed = table if table in ("metering", "llm_usage") else "control_plane"
            self.files[feed, period, f"{table}.csv"] = tuple(rows)
        return self

    def close(self, *months: str) -> "Story":
        for month in months:
            self.books.close(self.landing, month, after(month))
        return self

    def reissue(self, month: str, *tenants: str) -> "Story":
        self.books.reissue(self.landing, month, after(month), set(tenants) or None)
        return self

    @property
    def landing(self) -> list[File]:
        return [File(*key, rows) for key, rows in self.files.items()]

    def lines(self, month: str, tenant: str = "t") -> list[tuple]:
        """(kind, amount), of an adjustment (kind, amount, period, kind)."""
        invoice = self.books.published(month).invoices.get(tenant)
        return [
            (line.kind, line.amount_cents)
            + ((f"{line.adjusts_period:%m}", line.adjusts_kind) if line.adjusts_period else ())
            for line in (invoice.lines if invoice else ())
        ]

    def lot(self, month: str) -> tuple[int, int, int]:
        row = self.books.published(month).balances["l"]
        return int(row.opening), int(row.applied), int(row.closing)


def after(month: str) -> date:
    return date.fromisoformat(f"{month_of(month_number(month) + 1)}-01")


def story(window: int = 3, **more: Iterable[dict]) -> Story:
    return Story(window).deliver("2026-01", **BASE | more)


def used(quantity: int, on: str, event: str = "e") -> dict:
    return {
        "event_id": event,
        "deployment_id": "d",
        "resource_kind": "gb",
        "quantity": str(quantity),
        "measured_at": on,
    }


def lot(quantity: int, on: str = "2026-01-05") -> dict:
    return {
        "top_up_id": "l",
        "deployment_id": "d",
        "resource_kind": "gb",
        "qty": str(quantity),
        "price_cents": "500",
        "purchased_at": on,
    }


MONTH = [("plan_base", 3000), ("tax", 300)]


def test_late_usage_is_adjusted_once():
    found = story().close("2026-01").deliver("2026-02", metering=[used(40, "2026-01-20")]).close("2026-02", "2026-03")
    assert found.lines("2026-01") == MONTH
    assert found.lines("2026-02") == [("plan_base", 3000), ("adjustment", 40, "01", "overage"), ("tax", 304)]
    assert found.lines("2026-03") == MONTH


def test_what_comes_later_than_the_window_is_not_billed():
    found = story(window=1).close("2026-01", "2026-02").deliver("2026-03", metering=[used(40, "2026-01-20")])
    assert found.close("2026-03").lines("2026-03") == MONTH


def test_a_period_that_was_reissued_is_adjusted_beyond_the_window():
    found = story(window=1).close("2026-01", "2026-02").reissue("2026-01")
    found.deliver("2026-03", metering=[used(40, "2026-01-20")]).close("2026-03", "2026-04")
    assert found.lines("2026-03")[1] == ("adjustment", 40, "01", "overage")
    assert found.lines("2026-04") == MONTH


def test_a_cancellation_that_is_told_later_gives_money_back():
    ended = {**BASE["subscriptions"][0], "ends_on": "2026-01-21"}
    found = story().close("2026-01").deliver("2026-02", subscriptions=[ended]).close("2026-02")
    # 20 of 31 days: 1935
    assert found.lines("2026-02") == [("adjustment", -1065, "01", "plan_base"), ("tax", -107)]


def test_an_adjustment_is_taxed_as_its_month_was():
    untaxed = {**TENANT, "tax_region": "NONE"}
    late = [used(400, "2026-01-20"), used(1000, "2026-02-20", "f")]
    found = story().close("2026-01").deliver("2026-02", tenants=[untaxed], metering=late).close("2026-02")
    assert found.lines("2026-02") == [
        ("plan_base", 3000),
        ("overage", 1000),
        ("adjustment", 400, "01", "overage"),
        ("tax", 40),
    ]


def test_a_month_is_derived_again_for_the_tenant_that_it_was_of():
    moved = {"deployment_id": "d", "tenant_id": "u"}
    found = story(tenants=[TENANT, {**TENANT, "tenant_id": "u"}]).close("2026-01")
    found.deliver("2026-02", deployments=[moved], metering=[used(40, "2026-01-20")]).close("2026-02")
    assert found.lines("2026-02") == [("adjustment", 40, "01", "overage"), ("tax", 4)]
    assert found.lines("2026-02", "u") == MONTH


def test_nothing_is_adjusted_in_another_currency():
    found = story().close("2026-01")
    found.deliver("2026-02", tenants=[{**TENANT, "currency": "USD"}], metering=[used(40, "2026-01-20")])
    assert found.close("2026-02").lines("2026-02") == []


def test_late_usage_has_what_was_applied_and_a_late_lot_is_only_paid():
    """100 of 130 were met by the lot; 30 more come late, though 20 of the lot are left."""
    found = story(top_ups=[lot(120)], metering=[used(100, "2026-01-20")]).close("2026-01")
    assert (found.lot("2026-01"), found.lines("2026-01")[1]) == ((120, 100, 20), ("top_up", 500))
    found.deliver("2026-02", metering=[used(30, "2026-01-21", "f")]).close("2026-02")
    assert ("adjustment", 30, "01", "overage") in found.lines("2026-02")
    assert found.lot("2026-02") == (20, 0, 20)
    late = story(metering=[used(100, "2026-01-20")]).close("2026-01").deliver("2026-02", top_ups=[lot(120)])
    assert late.close("2026-02").lines("2026-02")[1] == ("adjustment", 500, "01", "top_up")
    assert late.lot("2026-02") == (120, 0, 120)


def test_a_draft_is_not_adjusted():
    held = {"deployment_id": "d", "tenant_id": "t", "billing_action_suspended": "true"}
    found = story(deployments=[held]).close("2026-01").deliver("2026-02", metering=[used(40, "2026-01-20")])
    assert found.close("2026-02").lines("2026-02") == MONTH
    assert {invoice.status for invoice in found.books.published("2026-01").invoices.values()} == {"draft"}


def test_a_reissue_voids_and_has_what_was_corrected():
    found = story(metering=[used(40, "2026-01-20")]).close("2026-01", "2026-02")
    found.deliver("2026-01", metering=[used(50, "2026-01-20")]).reissue("2026-01").close("2026-03")
    assert [
        (invoice.version, invoice.status, invoice.subtotal, is_current)
        for invoice, is_current in found.books.versions("2026-01")
    ] == [(1, "void", 3040, False), (2, "issued", 3050, True)]
    assert found.lines("2026-03") == MONTH


def test_a_reissue_before_anything_later_burns_the_lots_anew():
    found = story(top_ups=[lot(120)], metering=[used(100, "2026-01-20")]).close("2026-01")
    found.deliver("2026-01", metering=[used(110, "2026-01-20")]).reissue("2026-01")
    assert found.lot("2026-01") == (120, 110, 10)


def test_a_reissue_after_a_later_seal_leaves_the_lots():
    found = story(top_ups=[lot(120)], metering=[used(100, "2026-01-20")]).close("2026-01", "2026-02")
    found.deliver("2026-01", metering=[used(110, "2026-01-20")]).reissue("2026-01")
    assert (found.lot("2026-01"), found.lot("2026-02")) == ((120, 100, 20), (20, 0, 20))
    assert ("overage", 10) in found.lines("2026-01")


def test_who_is_not_named_or_on_hold_is_not_reissued():
    tenants = [{**TENANT, "tenant_id": name} for name in ("t", "u", "v")]
    deployments = [{"deployment_id": f"d{name}", "tenant_id": name} for name in ("t", "u", "v")]
    subscriptions = [
        {**BASE["subscriptions"][0], "subscription_id": f"s{name}", "deployment_id": f"d{name}"}
        for name in ("t", "u", "v")
    ]
    found = story(tenants=tenants, deployments=deployments, subscriptions=subscriptions).close("2026-01")
    held = {**deployments[1], "billing_action_suspended": "true"}
    found.deliver("2026-02", deployments=[held]).reissue("2026-01", "t", "u")
    versions = {tenant: invoice.version for tenant, invoice in found.books.issued("2026-01").items()}
    assert versions == {"t": 2, "u": 1, "v": 1}


def test_who_has_nothing_left_to_pay_is_void_alone():
    never = {**BASE["subscriptions"][0], "ends_on": "2026-01-01"}
    found = story().close("2026-01").deliver("2026-01", subscriptions=[never]).reissue("2026-01").close("2026-02")
    assert [(invoice.status, current) for invoice, current in found.books.versions("2026-01")] == [("void", False)]
    assert found.lines("2026-02") == []


def test_adjustments_of_a_reissued_month_are_made_anew():
    found = story().close("2026-01").deliver("2026-02", metering=[used(40, "2026-01-20")]).close("2026-02", "2026-03")
    found.deliver("2026-02", metering=[used(25, "2026-01-20")]).reissue("2026-02").close("2026-04")
    assert found.lines("2026-02")[1] == ("adjustment", 25, "01", "overage")
    assert found.lines("2026-04") == MONTH
