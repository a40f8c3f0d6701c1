"""The worked examples of the billing rules, E1 to E8, from landing files to published tables."""

from datetime import date
from decimal import Decimal

import pytest
from support.worlds import Accounts, World

from python_assets.errors import UserError
from python_assets.quote import make_quote


@pytest.fixture(scope="module")
def june(tmp_path_factory) -> World:
    """E5 to E8 in one landing, a tenant each."""
    accounts = Accounts()
    accounts.tenant("e5", plan=None)
    for charge in ("0.004", "0.004", "0.004", "0.003"):
        accounts.charged("e5", charge, "2026-06-10T12:00:00Z")
    accounts.tenant("e6", plan=None)
    accounts.charged("e6", "0.45", "2026-06-10T12:00:00Z")
    accounts.tenant("e7", plan=None)
    for plan, starts_on, ends_on in (("studio-1", "2026-01-01", "2026-06-16"), ("pro-1", "2026-06-16", "")):
        accounts.add(
            "subscriptions",
            subscription_id="s-e7",
            deployment_id="d-e7",
            plan_version_id=plan,
            starts_on=starts_on,
            ends_on=ends_on,
        )
    accounts.tenant("e8")
    accounts.used("e8", "spaces_gb", 200, "2026-06-10T12:00:00Z")
    for lot, quantity, expires_on in (("A", 30, "2026-07-15"), ("B", 90, "")):
        accounts.add(
            "top_ups",
            top_up_id=lot,
            deployment_id="d-e8",
            resource_kind="spaces_gb",
            qty=quantity,
            price_cents=100,
            purchased_at="2026-06-01T00:00:00Z",
            expires_on=expires_on,
        )
    world = World(tmp_path_factory.mktemp("june"))
    accounts.deliver(world, "2026-06")
    world.close("2026-06")
    return world


def test_e1_quote_of_a_plan_alone(example):
    quote = make_quote(example.home, "studio", date(2026, 5, 1), [], {}, {})
    assert (quote["recurring_cents"], quote["overage_cents"]) == (5000, 0)


def test_e2_quote_with_addon_usage_and_a_start_in_mid_month(example):
    usage = {"droplet_hours": Decimal(1488), "llm_tokens": Decimal(1500000), "spaces_gb": Decimal(200)}
    quote = make_quote(example.home, "studio", date(2026, 5, 20), ["storage_50gb"], usage, {})
    first = [line["amount_cents"] for line in quote["lines"] if line["part"] == "first_invoice"]
    overage = {line["resource_kind"]: line["amount_cents"] for line in quote["lines"] if line["part"] == "overage"}
    assert (quote["recurring_cents"], quote["first_invoice_cents"]) == (5750, 2225)
    assert first == [1935, 290]
    assert overage == {"llm_tokens": 500, "spaces_gb": 100}
    assert quote["all_in_monthly_cents"] == 6350


def test_a_kind_that_nothing_has_is_no_quote(example):
    with pytest.raises(UserError, match="no plan and no addon has 'llm_token'; there are droplet_hours"):
        make_quote(example.home, "studio", date(2026, 5, 20), [], {"llm_token": Decimal(1)}, {})


def test_e2_the_same_quote_in_sql(example):
    [totals] = example.rows(
        "from billing.quote('studio', date '2026-05-20', addons := ['storage_50gb'], "
        "usage := map {'droplet_hours': 1488, 'llm_tokens': 1500000, 'spaces_gb': 200})"
    )
    assert totals == (5750, 2225, 600, 0, 6350)


def test_e3_a_month_of_three_droplets(example):
    assert example.lines("pilot", "2026-04") == [
        ("plan_base", None, 1, 5000),
        ("addon", "spaces_gb", 1, 750),
        ("overage", "droplet_hours", 672, 672),
        ("tax", None, None, 642),
    ]
    assert example.invoice("pilot", "2026-04")[1:] == (6422, 642, 7064)


def test_e4_the_providers_invoice(example):
    [figures] = example.rows(
        "select gross, tax, net, line_count, matched_line_count, summary_total from cost.invoices "
        "where period = date '2026-04-01'"
    )
    assert figures == (Decimal("86.92"), Decimal("7.90"), Decimal("79.02"), 33, 6, Decimal("86.92"))


def test_e5_llm_charges_are_summed_exactly_and_rounded_once(june):
    assert june.lines("e5", "2026-06") == [("llm_usage", None, 4, 2)]


def test_e6_half_a_cent_of_tax_rounds_away_from_zero(june):
    assert june.invoice("e6", "2026-06") == ("issued", 45, 5, 50)


def test_e7_a_plan_change_in_mid_month_makes_two_segments(june):
    assert june.lines("e7", "2026-06")[:2] == [("plan_base", None, 1, 2500), ("plan_base", None, 1, 6000)]
    [allowance] = june.rows(
        "select allowance_qty from billing.usage_allowances "
        "where deployment_id = 'd-e7' and resource_kind = 'droplet_hours'"
    )
    assert allowance == (Decimal(744),)


def test_e8_the_lot_that_expires_first_burns_first(june):
    balances = june.rows(
        "select top_up_id, opening_qty, applied_qty, expired_qty, closing_qty from billing.top_up_balances order by 1"
    )
    assert balances == [("A", 30, 30, 0, 0), ("B", 90, 70, 0, 20)]
    assert [line for line in june.lines("e8", "2026-06") if line[0] == "overage"] == []
