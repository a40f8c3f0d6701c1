"""The page of a month: its verdict, that it needs nothing else, and when it is made again."""

import json
import os
import re
import subprocess
import sys
from datetime import date
from xml.etree import ElementTree

import pytest
from support.marts import empty_marts, fill
from support.reports import HOSTILE, MAY, finding, invoice, many_tenants, month

from python_assets.documents import PROBLEMS
from python_assets.report import charts, write
from python_assets.report.facts import health_facts
from python_assets.report.page import render_page
from python_assets.report.write import write_reports
from python_assets.takeover import Earlier

APRIL = date(2026, 4, 1)


@pytest.fixture
def marts():
    with empty_marts() as connection:
        yield connection


def page_of(marts) -> str:
    return render_page(health_facts(marts, MAY))


@pytest.mark.parametrize(
    ("health", "status", "findings", "verdict"),
    [
        ({}, "issued", (), "Ready to send"),
        ({}, "issued", ("info",), "Ready to send"),
        ({}, None, (), "Nothing to send"),
        ({"audit_hash": None}, "draft", (), "Draft"),
        ({"audit_hash": None}, "draft", ("critical",), "Draft, needs review"),
        ({}, "issued", ("warning",), "Review before sending"),
    ],
)
def test_the_first_words_say_whether_invoices_can_go_out(marts, health, status, findings, verdict):
    review = {"status": "needs-revenue-ops-review"} if {"critical", "warning"} & set(findings) else {}
    month(marts, MAY, invoice_count=1 if status else 0, anomaly_count=len(findings), **health, **review)
    if status:
        invoice(marts, "acme", MAY, 100, status=status)
    for severity in findings:
        finding(marts, "some_rule", severity)
    page = page_of(marts)
    assert f"<b>{verdict}</b>" in page
    assert ("its invoices are drafts" in page) == ("audit_hash" in health)


def test_a_draft_among_sealed_invoices_is_told_at_the_top(marts):
    month(marts, MAY, invoice_count=2)
    invoice(marts, "acme", MAY, 100)
    invoice(marts, "held", MAY, 100, status="draft")
    assert "1 invoice issued and sealed, 1 on hold as drafts." in page_of(marts)


def test_names_are_text_and_the_page_asks_for_nothing():
    with many_tenants(":memory:", 20) as marts:
        facts = health_facts(marts, MAY)
        assert HOSTILE in {row["tenant_id"] for row in facts["invoices"]["rows"] + facts["findings"]}
        page = render_page(facts)
    body = page.split("</style>")[1]
    assert "&lt;script&gt;alert" in body
    for forbidden in ("<script", "http:", "https:", "//", "url(", "@import", "<link", "<img", "src=", "onload"):
        assert forbidden not in body, forbidden
    assert "url(" not in page
    assert "@import" not in page


def test_tenants_are_named_and_those_of_one_name_told_apart(marts):
    month(marts, MAY, status="needs-revenue-ops-review", high_risk_count=1)
    for tenant in ("sea-1", "sea-2"):
        invoice(marts, tenant, MAY, 1000, tenant_name="Seaside Ltd")
        cents = {"revenue_cents": 5, "cost_cents": 1, "margin_cents": 4, "currency": "AUD"}
        fill(marts, "billing.deployment_margins", [{"period": MAY, "tenant_id": tenant} | cents])
    invoice(marts, "nameless", MAY, 1000)
    finding(marts, "undercharge", "critical", -300, tenant_id="no-invoice", tenant_name="Found Alone Ltd")
    page = " ".join(re.sub(r"<[^>]+>", " ", page_of(marts)).split())
    assert re.search("Seaside Ltd sea-1 .*Seaside Ltd sea-2 ", page)
    assert "Found Alone Ltd no-invoice Something about undercharge." in page
    assert "sea-1: margin 0.04. sea-2: margin 0.04." in page
    assert re.search("nameless 1,?000|nameless 10.00", page)


def test_a_name_of_the_month_before_serves_where_this_one_has_none(marts):
    month(marts, APRIL)
    month(marts, MAY)
    invoice(marts, "gone", APRIL, 1000, tenant_name="Gone Ltd")
    [row] = health_facts(marts, MAY)["invoices"]["rows"]
    assert (row["tenant_id"], row["tenant_name"], row["status"]) == ("gone", "Gone Ltd", None)


def test_every_rule_says_what_to_do(marts):
    month(marts, MAY, status="needs-revenue-ops-review", anomaly_count=3)
    for rule, severity in (("undercharge", "critical"), ("usage_spike", "warning"), ("late_usage", "info")):
        finding(marts, rule, severity, what_to_do=f"Do <this> about {rule}.")
    page = page_of(marts)
    assert all(f"</b> Do &lt;this&gt; about {rule}." in page for rule in ("undercharge", "usage_spike", "late_usage"))


def test_documents_with_problems_are_listed(marts, tmp_path):
    month(marts, MAY)
    invoice(marts, "acme", MAY, 1000, tenant_name="Acme Ltd")
    entry = {"invoice_id": "INV-1", "tenant_id": "acme", "field": "tenant's name"}
    entry |= {"text": "fi\\ufeff", "problem": "Left out."}
    folder = tmp_path / "exports" / "period=2026-05" / "documents"
    folder.mkdir(parents=True)
    for number, problems in enumerate(([], [entry], [entry] * 20)):
        (folder / PROBLEMS).write_text(json.dumps(problems))
        # Nothing else has changed, and still the report is written again.
        write_reports(marts, tmp_path / str(number), Earlier(tmp_path / str(number - 1)), tmp_path / "exports")
    none, one, many = ((tmp_path / n / "period=2026-05" / "health.html").read_text("utf-8") for n in "012")
    assert "Documents with problems" not in none
    for part in ("Acme Ltd", "tenant&#39;s name", "fi\\ufeff", "Left out.", "INV-1"):
        assert part in one, part
    assert "8 more problems" in many


def test_more_findings_than_are_shown_are_counted_and_lead_to_the_export(marts):
    month(marts, MAY, status="needs-revenue-ops-review", anomaly_count=2000)
    marts.execute(
        "insert into reconciliation.anomalies by name select date '2026-05-01' as period, 'undercharge' as rule, "
        "'critical' as severity, 's' || n as subject, n as delta_cents, 'AUD' as currency, 'Finding ' || n as message "
        "from range(2000) as numbers (n)"
    )
    facts = health_facts(marts, MAY)
    page = render_page(facts)
    assert f"{2000 - len(facts['findings']):,} more that cost no more than these in" in page
    assert 'href="../../exports/period=2026-05/anomalies.csv"' in page
    assert "Finding 1999<" in page
    assert "Finding 5<" not in page


def test_the_same_books_give_the_same_bytes_in_another_process(tmp_path):
    path = tmp_path / "marts.duckdb"
    with many_tenants(path, 30) as marts:
        write_reports(marts, tmp_path / "here", Earlier())
    script = (
        "import duckdb, sys; from pathlib import Path; from python_assets.report.write import write_reports;"
        "from python_assets.takeover import Earlier;"
        "write_reports(duckdb.connect(sys.argv[1], read_only=True), Path(sys.argv[2]), Earlier())"
    )
    subprocess.run(
        [sys.executable, "-c", script, str(path), str(tmp_path / "there")],
        check=True,
        env=os.environ | {"PYTHONHASHSEED": "5", "TZ": "Pacific/Auckland", "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    files = sorted(file.relative_to(tmp_path / "here") for file in (tmp_path / "here").rglob("health.*"))
    assert len(files) == 24
    for file in files:
        assert (tmp_path / "here" / file).read_bytes() == (tmp_path / "there" / file).read_bytes(), file


def test_a_month_is_written_again_only_when_its_facts_or_the_layout_changed(tmp_path, monkeypatch):
    with empty_marts() as marts:
        for period in (date(2026, 4, 1), MAY):
            month(marts, period)
        write_reports(marts, tmp_path / "1", Earlier())
        monkeypatch.setattr(write, "render_page", lambda facts: pytest.fail("rendered again"))
        write_reports(marts, tmp_path / "2", Earlier(tmp_path / "1"))
        monkeypatch.undo()
        finding(marts, "usage_spike", "warning")
        write_reports(marts, tmp_path / "3", Earlier(tmp_path / "2"))
        monkeypatch.setattr(write, "layout_mark", lambda: "another")
        write_reports(marts, tmp_path / "4", Earlier(tmp_path / "3"))
        write_reports(marts, tmp_path / "5", Earlier(tmp_path / "none"))

    def same(one: str, other: str, period: str) -> bool:
        file = f"period={period}/health.html"
        return (tmp_path / one / file).samefile(tmp_path / other / file)

    assert same("1", "2", "2026-04")
    assert same("1", "2", "2026-05")
    assert same("2", "3", "2026-04")
    assert not same("2", "3", "2026-05")
    assert not same("3", "4", "2026-04")
    assert (tmp_path / "5" / "period=2026-04" / "health.html").exists()


def test_a_chart_alone_is_a_document_with_its_own_colours():
    months = [{"period": "2026-05", "revenue_cents": 5000, "cost_cents": 7000, "margin_cents": -2000}]
    root = ElementTree.fromstring(charts.standalone(charts.month_chart(months, "AUD")))
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    texts = {node.tag.split("}")[1]: node.text for node in root}
    assert "prefers-color-scheme: dark" in texts["style"]
    assert texts["title"] == "Revenue, cost and margin by month, AUD"
    assert texts["desc"] == "May 26: revenue 50.00, cost 70.00, margin -20.00."
    assert root.findall(".//{*}script") == []


def test_a_report_is_made_of_its_tables_in_twelve_months_and_of_nothing_else(tmp_path):
    """What its fingerprint leaves out, its facts must not read."""
    with empty_marts() as marts:
        for (table,) in marts.execute("select schema_name || '.' || table_name from duckdb_tables()").fetchall():
            if table not in write._SOURCES:
                marts.execute(f"drop table {table}")
        for period in (date(2025, 5, 1), date(2025, 6, 1), MAY):
            month(marts, period)
        write_reports(marts, tmp_path / "1", Earlier())
        facts = health_facts(marts, MAY)
        for period, is_told in ((date(2025, 5, 1), False), (date(2025, 6, 1), True)):
            marts.execute(
                "insert into billing.deployment_margins by name select ? as period, 'acme' as tenant_id, 'd' as "
                "deployment_id, 'AUD' as currency, 1 as revenue_cents, 0 as cost_cents, 1 as margin_cents",
                [period],
            )
            assert (health_facts(marts, MAY) != facts) == is_told
            write_reports(marts, tmp_path / str(period), Earlier(tmp_path / "1"))
            report = "period=2026-05/health.json"
            assert (tmp_path / "1" / report).samefile(tmp_path / str(period) / report) != is_told
