"""What a run ends with: the published facts of its months."""

from datetime import date
from typing import Any

from python_assets.documents import document_problems
from python_assets.home import Home
from python_assets.memory import open_file
from python_assets.money import money
from python_assets.periods import period_text
from python_assets.report.facts import headline


def summarize(home: Home, periods: list[date]) -> list[dict[str, Any]]:
    """Per month: period, status, invoices, totals per currency, findings, audit_hash, document_problems."""
    with open_file(home.marts, read_only=True) as marts:
        facts = [headline(marts, period) for period in periods]
    return [
        {
            "period": period_text(period),
            "status": fact["status"],
            "invoices": fact["invoice_count"],
            "totals": [
                {"currency": t["currency"], "total": money(t["total_cents"]), "total_cents": t["total_cents"]}
                for t in fact["totals"]
            ],
            "findings": fact["anomaly_count"],
            "audit_hash": fact["audit_hash"],
            "document_problems": document_problems(home.published / "exports" / f"period={period_text(period)}"),
        }
        for period, fact in zip(periods, facts, strict=True)
    ]
