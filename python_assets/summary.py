"""The published facts of months, as the command line prints them."""

from datetime import date
from typing import Any

from python_assets.documents import document_problems
from python_assets.home import Home
from python_assets.memory import open_file
from python_assets.money import money
from python_assets.periods import period_text
from python_assets.report.facts import headline, reported_periods


def published_periods(home: Home) -> list[date]:
    """The months that are published, in order; none before the first run."""
    if not home.marts.exists():
        return []
    with open_file(home.marts, read_only=True) as marts:
        return reported_periods(marts)


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
