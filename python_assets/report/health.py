"""`health.json` and `health.html` of each month, from the published tables alone."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import jinja2

from python_assets.periods import period_text

SEVERITIES = ("critical", "warning", "info")


def write_reports(marts: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Writes `period=YYYY-MM/health.{json,html}` below `folder` for every month in the marts."""
    template = _environment().get_template("health.html.jinja")
    for (period,) in marts.execute("select distinct period from reconciliation.period_health order by 1").fetchall():
        facts = health_facts(marts, period)
        target = folder / f"period={period_text(period)}"
        target.mkdir(parents=True)
        (target / "health.json").write_text(json.dumps(facts, indent=2, ensure_ascii=False) + "\n", "utf-8")
        (target / "health.html").write_text(template.render(facts), "utf-8")


def health_facts(marts: duckdb.DuckDBPyConnection, period: date) -> dict[str, Any]:
    """The facts of one month; amounts are whole cents, dates ISO text.

    Shape: period, status, audit_hash, counts, totals (per currency), findings, invoices, provider_invoices, inputs.
    """
    health = _rows(marts, "select * from reconciliation.period_health where period = ? order by currency", period)
    findings = _rows(
        marts,
        "select severity, rule, tenant_id, deployment_id, subject, delta_cents, message from reconciliation.anomalies "
        f"where period = ? order by list_position({list(SEVERITIES)}, severity), rule, tenant_id, subject",
        period,
    )
    return {
        "period": period_text(period),
        "status": health[0]["status"],
        "audit_hash": health[0]["audit_hash"],
        "invoice_count": sum(row["invoice_count"] for row in health),
        "anomaly_count": health[0]["anomaly_count"],
        "high_risk_count": health[0]["high_risk_count"],
        "totals": [
            {key: row[key] for key in ("currency", "invoice_count", "subtotal_cents", "tax_cents", "total_cents")}
            for row in health
        ],
        "findings_by_severity": {s: sum(row["severity"] == s for row in findings) for s in SEVERITIES},
        "findings": findings,
        "high_risk_tenants": [
            row["tenant_id"]
            for row in _rows(
                marts,
                "select tenant_id from reconciliation.account_risk where period = ? and high_risk order by 1",
                period,
            )
        ],
        "invoices": _rows(
            marts,
            "select invoice_id, tenant_id, document_type, status, currency, subtotal_cents, tax_cents, total_cents "
            "from billing.invoices where period = ? and is_current order by tenant_id",
            period,
        ),
        "provider_invoices": _rows(
            marts,
            "select invoice_uuid, gross, tax, net, allocated, unallocated, credits, summary_total, line_count, "
            "matched_line_count, currency from cost.invoices where period = ? order by invoice_uuid",
            period,
        ),
        "inputs": _rows(
            marts,
            "select feed, count(*) as files, sum(rows_read)::bigint as rows_read, "
            "sum(rows_loaded)::bigint as rows_loaded, "
            "sum(rows_duplicate)::bigint as rows_duplicate, sum(rows_quarantined)::bigint as rows_quarantined "
            "from reconciliation.feed_counts where period = ? group by feed order by feed",
            period,
        ),
    }


def _rows(marts: duckdb.DuckDBPyConnection, query: str, period: date) -> list[dict[str, Any]]:
    result = marts.execute(query, [period])
    names = [column[0] for column in result.description]
    return [{name: _plain(value) for name, value in zip(names, row, strict=True)} for row in result.fetchall()]


def _plain(value: Any) -> Any:
    """Dates and decimals as text: JSON has no exact type for either."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value:.2f}" if value == value.quantize(Decimal("0.01")) else format(value.normalize(), "f")
    return value


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["money"] = money
    return environment


def money(cents: int) -> str:
    """Cents as an amount with two decimals and thousands commas: -123456 is `-1,234.56`."""
    return f"{Decimal(cents).scaleb(-2):,.2f}"
