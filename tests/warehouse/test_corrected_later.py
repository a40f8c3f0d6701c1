"""What a file says otherwise once its month is sealed: the ledger stays, and the next month says the rest."""

import pytest
from support.worlds import Accounts, World


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> World:
    """January sealed, its file corrected, then February. `d-gives` is not of `gives` but of `takes`, `pays` in USD."""
    made = World(tmp_path_factory.mktemp("corrected"))
    accounts = Accounts()
    accounts.tenant("gives")
    accounts.tenant("takes", plan=None)
    accounts.tenant("pays", plan=None)
    accounts.charged("pays", "10.00", "2026-01-10", currency="AUD")
    accounts.add("fx_rates", month="2026-01", from_currency="AUD", to_currency="USD", rate="0.65")
    accounts.used("gives", "droplet_hours", 1588, "2026-01-10")
    accounts.deliver(made, "2026-01")
    made.close("2026-01")
    accounts.tables["deployments"][0] |= {"tenant_id": "takes", "display_name": "Secret"}
    accounts.tables["tenants"][2]["currency"] = "USD"
    of_nobody = {"deployment_id": "d-nobody"}
    accounts.add("subscriptions", subscription_id="7", plan_version_id="studio-1", starts_on="2026-01-01", **of_nobody)
    lot = {"resource_kind": "droplet_hours", "qty": 1, "price_cents": 1, "purchased_at": "2026-01-01"}
    accounts.add("top_ups", top_up_id="7", **of_nobody, **lot)
    accounts.deliver(made, "2026-01")
    made.close("2026-02")
    return made


def test_a_deployment_that_is_another_tenants_is_credited_and_its_invoice_waits(world):
    adjusted = "select tenant_id, adjusts_kind, amount_cents from billing.invoice_lines where kind = 'adjustment'"
    assert world.rows(f"{adjusted} order by all") == [("gives", "overage", -100), ("gives", "plan_base", -5000)]
    assert world.invoice("takes", "2026-01") == ("draft", 5100, 510, 5610)
    assert world.invoice("takes", "2026-02") == ("draft", 5000, 500, 5500)


def test_nobody_sees_what_another_tenant_calls_it(world):
    names = dict(
        world.rows(
            "select tenant_id, list(distinct coalesce(deployment_name, '')) from billing.invoice_lines "
            "where deployment_id = 'd-gives' and period = '2026-02-01' group by 1"
        )
    )
    assert names == {"gives": [""], "takes": ["Secret"]}


def test_its_allowance_is_held_against_the_month_before_of_its_tenant(world):
    matrix = world.rows(
        "select period, tenant_id, previous_allowance_qty, allowance_qty from reconciliation.entitlement_matrix "
        "where deployment_id = 'd-gives' and resource_kind = 'droplet_hours' order by all"
    )
    assert [row[1:] for row in matrix] == [("gives", None, 1488), ("takes", None, 1488), ("takes", 1488, 1488)]
    assert world.findings("entitlement_regression") == []


def test_what_was_issued_in_another_currency_is_not_adjusted_and_told(world):
    assert world.invoice("pays", "2026-02") is None
    assert world.rows(
        "select tenant_id, subject, expected_cents, actual_cents, currency, message from reconciliation.anomalies "
        "where rule = 'currency_mismatch'"
    ) == [
        (
            "pays",
            "2026-01 llm_usage",
            None,
            1000,
            "AUD",
            "The llm usage of pays for 2026-01 was invoiced as 10.00 AUD and should be 6.50 USD; it was not adjusted.",
        )
    ]


def test_two_findings_of_one_name_are_one_row_that_says_both(world):
    [(message,)] = world.rows(
        "select message from reconciliation.anomalies where subject = '7' and period = '2026-02-01'"
    )
    assert "Subscription 7 names the deployment d-nobody" in message
    assert "Top-up 7 names the deployment d-nobody" in message
