"""The facts of a month's health report, from the published tables alone.

No rule is here: rows are picked, grouped and put in order for a reader. Amounts are whole cents of the currency beside
them, and amounts of different currencies are never added.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

import duckdb

from python_assets.periods import add_months, period_text
from python_assets.report.findings import account_facts, entitlement_facts, finding_facts
from python_assets.report.margins import margin_facts
from python_assets.report.tables import MOST_ROWS, cut, rows_of


def reported_periods(marts: duckdb.DuckDBPyConnection) -> list[date]:
    """The months that have a report, in order."""
    months = marts.execute("select distinct period from reconciliation.period_health order by 1").fetchall()
    return [period for (period,) in months]


def health_facts(
    marts: duckdb.DuckDBPyConnection, period: date, problems: Sequence[dict[str, str]] = ()
) -> dict[str, Any]:
    """Everything that the report of a month says; dates and decimals as text, amounts in whole cents.

    What `headline` gives, and findings_by_severity, rules, findings, accounts, invoices, months (trend), margins,
    entitlements, provider_invoices, inputs, quarantine, seals, and document_problems (those of the month's documents
    that could not be set as they should be). Lists are cut to what a person reads, the most costly first, and say how
    many `more` there are. Whatever has a tenant_id has the tenant_name too, None where nobody knows it.
    """
    facts = {
        **headline(marts, period),
        **finding_facts(marts, period),
        "accounts": account_facts(marts, period),
        "invoices": _invoices(marts, period),
        **margin_facts(marts, period),
        "entitlements": entitlement_facts(marts, period),
        **_input_facts(marts, period),
        **_proof_facts(marts, period),
        "document_problems": {"rows": list(problems[:MOST_ROWS]), "more": max(0, len(problems) - MOST_ROWS)},
    }
    names = tenant_names(marts, period)
    for tenant in facts["margins"]["tenants"]:
        tenant["label"] = _label(tenant["tenant_id"], names)
    return _with_names(facts, names)


def tenant_names(marts: duckdb.DuckDBPyConnection, period: date) -> dict[str, str]:
    """What tenants are called, by id, as known at the month, else at the month before."""
    return {row["tenant_id"]: row["tenant_name"] for row in rows_of(marts, _NAMES, period)}


def _label(tenant_id: str | None, names: dict[str, str]) -> str | None:
    """A tenant in one line: the name, or the id where it has none or another tenant has the same."""
    name = names.get(tenant_id)
    return name if name and list(names.values()).count(name) == 1 else tenant_id


def _with_names(facts: Any, names: dict[str, str]) -> Any:
    """The same facts with a tenant_name beside every tenant_id."""
    if isinstance(facts, list):
        return [_with_names(fact, names) for fact in facts]
    if not isinstance(facts, dict):
        return facts
    named = {}
    for name, value in facts.items():
        named[name] = _with_names(value, names)
        if name == "tenant_id":
            named["tenant_name"] = names.get(value)
    return named


def headline(marts: duckdb.DuckDBPyConnection, period: date) -> dict[str, Any]:
    """period, previous_period (None in the first month), status, audit_hash (None: not sealed), invoice_count,
    anomaly_count, high_risk_count, documents (current invoices per status) and totals per currency, each with
    previous_total_cents and change_cents (None in the first month).
    """
    health = rows_of(marts, "from reconciliation.period_health where period = $period order by currency", period)
    totals = rows_of(marts, _TOTALS, period)
    documents = rows_of(
        marts,
        "select status, count(*) as invoice_count from billing.invoices where is_current and period = $period "
        "group by status order by status",
        period,
    )
    has_previous = any(total["previous_total_cents"] is not None for total in totals)
    return {
        "period": period_text(period),
        "previous_period": period_text(add_months(period, -1)) if has_previous else None,
        "status": health[0]["status"],
        "audit_hash": health[0]["audit_hash"],
        "invoice_count": sum(row["invoice_count"] for row in health),
        "anomaly_count": health[0]["anomaly_count"],
        "high_risk_count": health[0]["high_risk_count"],
        "documents": {row["status"]: row["invoice_count"] for row in documents},
        "totals": totals,
    }


def _invoices(marts: duckdb.DuckDBPyConnection, period: date) -> dict[str, Any]:
    """Tenants whose total changed most against the month before; in a first month the largest totals."""
    return cut(rows_of(marts, _INVOICES, period))


def _input_facts(marts: duckdb.DuckDBPyConnection, period: date) -> dict[str, Any]:
    return {
        "inputs": rows_of(
            marts,
            "select feed, count(*) as files, sum(rows_read)::bigint as rows_read, "
            "sum(rows_loaded)::bigint as rows_loaded, sum(rows_duplicate)::bigint as rows_duplicate, "
            "sum(rows_quarantined)::bigint as rows_quarantined, sum(rows_skipped)::bigint as rows_skipped "
            "from reconciliation.feed_counts where period = $period group by feed order by feed",
            period,
        ),
        "quarantine": cut(
            rows_of(
                marts,
                "select feed, file, column_name, reason, count(*) as fault_count, count(*) over () as row_count "
                "from reconciliation.quarantine where period = $period group by feed, file, column_name, reason "
                f"order by fault_count desc, feed, file, column_name, reason limit {MOST_ROWS}",
                period,
            )
        ),
        "provider_invoices": cut(
            rows_of(
                marts,
                "select invoice_uuid, gross, tax, net, allocated, unallocated, credits, summary_total, line_count, "
                "matched_line_count, currency, count(*) over () as row_count from cost.invoices "
                f"where period = $period order by gross desc, invoice_uuid limit {MOST_ROWS}",
                period,
            )
        ),
    }


def _proof_facts(marts: duckdb.DuckDBPyConnection, period: date) -> dict[str, Any]:
    return {
        "seals": cut(
            rows_of(
                marts,
                "select seal_number, audit_hash, sealed_on, invoice_count, count(*) over () as row_count "
                f"from audit.seals where period = $period order by seal_number desc limit {MOST_ROWS}",
                period,
            )
        )
    }


# A currency of one month alone is nothing in the other; a month that is not published is unknown, not nothing.
_TOTALS = """
with health as (
    select period, currency, invoice_count, subtotal_cents, tax_cents, total_cents
    from reconciliation.period_health
),
months_now as (select * from health where period = $period),
months_before as (select * from health where period = ($period::date - interval 1 month)::date)
select
    coalesce(months_now.currency, months_before.currency) as currency,
    coalesce(months_now.invoice_count, 0) as invoice_count,
    coalesce(months_now.subtotal_cents, 0) as subtotal_cents,
    coalesce(months_now.tax_cents, 0) as tax_cents,
    coalesce(months_now.total_cents, 0) as total_cents,
    case when month_before.is_published then coalesce(months_before.total_cents, 0) end as previous_total_cents,
    coalesce(months_now.total_cents, 0)::hugeint - previous_total_cents::hugeint as change_cents
from months_now
full outer join months_before
    on months_now.currency = months_before.currency
cross join (select count(*) > 0 as is_published from months_before) as month_before
where months_now.currency is not null or months_before.invoice_count > 0
order by currency
"""

_NAMES = """
select tenant_id, arg_max(tenant_name, period) as tenant_name
from (
    select tenant_id, tenant_name, period from billing.invoices
    union all
    select tenant_id, tenant_name, period from reconciliation.anomalies
)
where tenant_name is not null and period between ($period::date - interval 1 month)::date and $period
group by tenant_id
"""

_INVOICES = f"""
with invoices as (select * from billing.invoices where is_current),
invoices_now as (select * from invoices where period = $period),
invoices_before as (select * from invoices where period = ($period::date - interval 1 month)::date)
select
    coalesce(invoices_now.tenant_id, invoices_before.tenant_id) as tenant_id,
    coalesce(invoices_now.currency, invoices_before.currency) as currency,
    invoices_now.invoice_id,
    invoices_now.document_type,
    invoices_now.status,
    invoices_before.total_cents as previous_total_cents,
    invoices_now.total_cents,
    coalesce(invoices_now.total_cents, 0)::hugeint - coalesce(invoices_before.total_cents, 0)::hugeint as change_cents,
    count(*) over () as row_count
from invoices_now
full outer join invoices_before
    on invoices_now.tenant_id = invoices_before.tenant_id
    and invoices_now.currency = invoices_before.currency
order by abs(change_cents) desc, tenant_id, currency
limit {MOST_ROWS}
"""
