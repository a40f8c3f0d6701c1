"""What the health report says of a month, over published tables made by hand."""

import pytest
from support.marts import empty_marts, fill
from support.reports import APRIL, MAY, finding, invoice, month

from python_assets.report.facts import headline, health_facts


@pytest.fixture
def marts():
    with empty_marts() as connection:
        yield connection


def test_totals_stand_beside_the_month_before_by_currency(marts):
    month(marts, APRIL, invoice_count=2, total_cents=1000)
    month(marts, APRIL, currency="USD", invoice_count=1, total_cents=300)
    month(marts, MAY, invoice_count=1, total_cents=1500)
    month(marts, MAY, currency="EUR", invoice_count=1, total_cents=20)
    facts = headline(marts, MAY)
    assert facts["previous_period"] == "2026-04"
    assert [
        (t["currency"], t["previous_total_cents"], t["total_cents"], t["change_cents"]) for t in facts["totals"]
    ] == [
        ("AUD", 1000, 1500, 500),
        ("EUR", 0, 20, 20),
        ("USD", 300, 0, -300),
    ]
    assert facts["invoice_count"] == 2


def test_a_first_month_has_nothing_to_compare_with(marts):
    month(marts, MAY, invoice_count=1, total_cents=1500)
    invoice(marts, "acme", MAY, 1500)
    facts = health_facts(marts, MAY)
    assert facts["previous_period"] is None
    assert [(t["previous_total_cents"], t["change_cents"]) for t in facts["totals"]] == [(None, None)]
    assert [row["tenant_id"] for row in facts["invoices"]["rows"]] == ["acme"]


def test_a_later_month_says_nothing_about_an_earlier_one(marts):
    month(marts, APRIL, invoice_count=1, total_cents=1000)
    before = health_facts(marts, APRIL)
    month(marts, MAY, status="needs-revenue-ops-review", invoice_count=9, total_cents=99)
    invoice(marts, "acme", MAY, 99)
    finding(marts, "undercharge", "critical", 5)
    assert health_facts(marts, APRIL) == before


def test_invoices_that_changed_most_come_first_new_and_gone_ones_too(marts):
    month(marts, APRIL)
    month(marts, MAY)
    for tenant, april, may in (("same", 500, 500), ("more", 500, 700), ("gone", 900, None), ("new", None, 800)):
        if april:
            invoice(marts, tenant, APRIL, april)
        if may:
            invoice(marts, tenant, MAY, may)
    invoice(marts, "same", MAY, 1, is_current=False, status="void")
    rows = health_facts(marts, MAY)["invoices"]["rows"]
    assert [(r["tenant_id"], r["previous_total_cents"], r["total_cents"], r["change_cents"]) for r in rows] == [
        ("gone", 900, None, -900),
        ("new", None, 800, 800),
        ("more", 500, 700, 200),
        ("same", 500, 500, 0),
    ]


def test_long_lists_are_cut_and_say_how_many_more_there_are(marts):
    month(marts, MAY)
    for number in range(30):
        invoice(marts, f"t{number:02}", MAY, number)
    invoices = health_facts(marts, MAY)["invoices"]
    assert len(invoices["rows"]) + invoices["more"] == 30
    assert invoices["rows"][0]["tenant_id"] == "t29"
    assert invoices["more"] > 0


def test_findings_go_by_gravity_then_money_and_currencies_are_not_added(marts):
    month(marts, MAY, status="needs-revenue-ops-review", anomaly_count=6)
    finding(marts, "usage_spike", "warning")
    finding(marts, "negative_margin", "warning", -700)
    finding(marts, "overcharge", "critical", 20)
    finding(marts, "undercharge", "critical", -300, subject="a")
    finding(marts, "undercharge", "critical", 500, subject="b")
    finding(marts, "undercharge", "critical", -400, subject="c", currency="USD")
    facts = health_facts(marts, MAY)
    assert [(r["rule"], r["finding_count"]) for r in facts["rules"]] == [
        ("undercharge", 3),
        ("overcharge", 1),
        ("negative_margin", 1),
        ("usage_spike", 1),
    ]
    assert facts["rules"][0]["at_stake"] == [{"currency": "AUD", "cents": 800}, {"currency": "USD", "cents": 400}]
    assert facts["findings_by_severity"] == {
        "critical": {
            "finding_count": 4,
            "at_stake": [{"currency": "AUD", "cents": 820}, {"currency": "USD", "cents": 400}],
        },
        "warning": {"finding_count": 2, "at_stake": [{"currency": "AUD", "cents": 700}]},
        "info": {"finding_count": 0, "at_stake": []},
    }


def test_of_a_rule_with_many_findings_the_most_costly_are_shown(marts):
    month(marts, MAY, status="needs-revenue-ops-review", anomaly_count=100)
    for number in range(100):
        finding(marts, "undercharge", "critical", -number, subject=f"s{number}")
    facts = health_facts(marts, MAY)
    [rule] = facts["rules"]
    assert (rule["finding_count"], rule["shown"]) == (100, len(facts["findings"]))
    assert [f["delta_cents"] for f in facts["findings"]] == [-99 + n for n in range(rule["shown"])]


def test_high_risk_accounts_say_why(marts):
    month(marts, MAY, status="needs-revenue-ops-review", high_risk_count=1)
    invoice(marts, "acme", MAY, 1000, tenant_name="Acme Ltd")
    finding(marts, "undercharge", "critical", -300, tenant_id="acme")
    finding(marts, "negative_margin", "warning", -50, tenant_id="acme", currency="USD")
    risk = {"period": MAY, "warning_count": 1, "delta_cents": 350}
    fill(
        marts,
        "reconciliation.account_risk",
        [
            risk | {"tenant_id": "acme", "high_risk": True, "critical_count": 1},
            risk | {"tenant_id": "calm", "high_risk": False, "critical_count": 0},
        ],
    )
    [account] = health_facts(marts, MAY)["accounts"]["rows"]
    assert account == {
        "tenant_id": "acme",
        "tenant_name": "Acme Ltd",
        "critical_count": 1,
        "warning_count": 1,
        "rules": ["negative_margin", "undercharge"],
        "at_stake": [{"currency": "AUD", "cents": 300}, {"currency": "USD", "cents": 50}],
        "invoiced": [{"currency": "AUD", "cents": 1000}],
    }


def margin(marts, tenant: str, kind: str | None, revenue: int, cost: int, period=MAY) -> None:
    row = {"period": period, "tenant_id": tenant, "deployment_id": f"d-{tenant}", "resource_kind": kind}
    cents = {"revenue_cents": revenue, "cost_cents": cost, "margin_cents": revenue - cost, "currency": "AUD"}
    fill(marts, "billing.deployment_margins", [row | cents])


def test_margins_show_the_best_and_the_worst_tenants_and_fold_small_kinds(marts):
    month(marts, MAY)
    for number in range(30):
        margin(marts, f"t{number:02}", f"k{number % 12:02}", 100 * number, 700)
    margins = health_facts(marts, MAY)["margins"]
    assert margins["currency"] == "AUD"
    assert margins["tenant_count"] == 30
    assert [t["margin_cents"] for t in margins["tenants"]] == [
        2200,
        2100,
        2000,
        1900,
        1800,
        -300,
        -400,
        -500,
        -600,
        -700,
    ]
    assert margins["kinds"][-1]["resource_kind"] == "other"
    assert sum(kind["margin_cents"] for kind in margins["kinds"]) == sum(100 * n - 700 for n in range(30))


def test_the_trend_has_twelve_months_with_their_margins_and_findings(marts):
    for number in range(1, 13):
        month(marts, APRIL.replace(year=2025, month=number))
    for number in range(1, 6):
        month(marts, APRIL.replace(month=number))
    margin(marts, "acme", None, 500, 120, APRIL)
    finding(marts, "undercharge", "critical", -3, period=APRIL)
    months = health_facts(marts, MAY)["months"]
    assert [m["period"] for m in months][::11] == ["2025-06", "2026-05"]
    assert months[-2] == {
        "period": "2026-04",
        "revenue_cents": 500,
        "cost_cents": 120,
        "margin_cents": 380,
        "critical_count": 1,
        "warning_count": 0,
        "info_count": 0,
    }


def test_allowances_that_shrank_or_were_billed_wrong_come_before_those_used_up(marts):
    month(marts, MAY)
    rows = (
        ("fine", 10, 10, 0, 0, "ok"),
        ("used-up", 10, 12, 90, 90, "ok"),
        ("shrank", 5, 1, 0, 0, "shrank"),
        ("wrong", 10, 20, 80, 0, "undercharged"),
    )
    for tenant, allowance, used, due, billed, verdict in rows:
        fill(
            marts,
            "reconciliation.entitlement_matrix",
            [
                {
                    "period": MAY,
                    "tenant_id": tenant,
                    "deployment_id": "d",
                    "resource_kind": "gb",
                    "previous_allowance_qty": 10,
                    "allowance_qty": allowance,
                    "used_qty": used,
                    "expected_overage_cents": due,
                    "billed_overage_cents": billed,
                    "verdict": verdict,
                    "has_shrunk": verdict == "shrank",
                }
            ],
        )
    facts = health_facts(marts, MAY)["entitlements"]
    assert facts["verdicts"] == {"ok": 2, "shrank": 1, "undercharged": 1}
    assert [row["tenant_id"] for row in facts["rows"]] == ["wrong", "shrank", "used-up"]


def test_amounts_near_the_end_of_the_range_do_not_overflow(marts):
    largest = 2**63 - 1
    month(marts, APRIL, invoice_count=1, total_cents=-largest)
    month(marts, MAY, invoice_count=1, total_cents=largest)
    invoice(marts, "acme", APRIL, -largest)
    invoice(marts, "acme", MAY, largest)
    finding(marts, "undercharge", "critical", -largest, subject="a")
    finding(marts, "undercharge", "critical", -largest, subject="b")
    facts = health_facts(marts, MAY)
    assert facts["totals"][0]["change_cents"] == facts["invoices"]["rows"][0]["change_cents"] == 2 * largest
    assert facts["rules"][0]["at_stake"] == [{"currency": "AUD", "cents": 2 * largest}]
