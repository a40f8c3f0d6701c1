"""Months for the health report, without a close: one that has everything, and one of many tenants."""

from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from support.marts import empty_marts, fill

APRIL, MAY = date(2026, 4, 1), date(2026, 5, 1)
# What a tenant may call itself, and what must not become part of the page.
HOSTILE = '<script>alert("x")</script>&amp;\'' + "x" * 90
HASH = "5e" * 32


def month(marts: duckdb.DuckDBPyConnection, period: date, **health: Any) -> None:
    """A row of period_health: healthy, sealed, without invoices, unless told."""
    row = {"period": period, "status": "healthy", "currency": "AUD", "audit_hash": HASH}
    counts = dict.fromkeys(
        ("invoice_count", "subtotal_cents", "tax_cents", "total_cents", "anomaly_count", "high_risk_count"), 0
    )
    fill(marts, "reconciliation.period_health", [row | counts | health])


def invoice(marts: duckdb.DuckDBPyConnection, tenant: str, period: date, total: int, **more: Any) -> None:
    row = {
        "invoice_id": f"INV-{period:%Y-%m}-{tenant}-1",
        "tenant_id": tenant,
        "period": period,
        "version": 1,
        "is_current": True,
        "document_type": "invoice",
        "status": "issued",
        "currency": "AUD",
        "subtotal_cents": total,
        "tax_cents": 0,
        "total_cents": total,
    }
    fill(marts, "billing.invoices", [row | more])


def finding(marts: duckdb.DuckDBPyConnection, rule: str, severity: str, delta: int | None = None, **more: Any) -> None:
    row = {
        "period": MAY,
        "rule": rule,
        "severity": severity,
        "subject": rule,
        "expected_cents": None if delta is None else 0,
        "actual_cents": delta,
        "delta_cents": delta,
        "at_stake_cents": None if delta is None else abs(delta),
        "currency": None if delta is None else "AUD",
        "message": f"Something about {rule}.",
        "what_to_do": f"Do something about {rule}.",
    }
    fill(marts, "reconciliation.anomalies", [row | more])


def many_tenants(path: Path | str, tenants: int = 500) -> duckdb.DuckDBPyConnection:
    """Twelve months up to May 2026 with findings by the thousand, two currencies and long and hostile names."""
    marts = empty_marts(path)
    marts.execute(
        "create table main.months as select period::date as period "
        "from range(timestamp '2025-06-01', timestamp '2026-06-01', interval 1 month) as months (period)"
    )
    marts.execute(
        "create table main.tenants as select n, case when n = 7 then $hostile when n % 50 = 3 then "
        "'a-tenant-with-a-rather-long-name-' || repeat('x', 80) || n else 'tenant-' || n end as tenant_id, "
        "case when n % 10 = 0 then 'USD' else 'AUD' end as currency, "
        "case when n = 7 then $hostile when n % 50 = 4 then repeat('Long Name ', 20) || n "
        "when n % 50 <> 5 then 'Name ' || n // 2 end as tenant_name from range($tenants) as numbers (n)",
        {"hostile": HOSTILE, "tenants": tenants},
    )
    for statement in _MANY.split(";"):
        marts.execute(statement)
    marts.execute("drop table main.months; drop table main.tenants")
    return marts


_MANY = """
insert into billing.invoices by name
select
    'INV-' || strftime(period, '%Y-%m') || '-' || tenant_id || '-1' as invoice_id, tenant_id, period, 1 as version,
    true as is_current, 'tax_invoice' as document_type, case when n % 90 = 4 then 'draft' else 'issued' end as status,
    currency, 10000 + (n * 7919 + month(period) * 104729) % 900000 as subtotal_cents, subtotal_cents // 10 as tax_cents,
    subtotal_cents + tax_cents as total_cents, tenant_name
from main.months, main.tenants;
insert into billing.deployment_margins by name
select
    period, tenant_id, 'd-' || n as deployment_id, kind as resource_kind,
    (n * 7919 + month(period) * 104729) % 90000 as revenue_cents,
    case when kind is null then 0 when n = 11 then 250000
        else (n * 104729 + month(period) * 7919) % 50000 end as cost_cents,
    revenue_cents - cost_cents as margin_cents, 'AUD' as currency
from main.months, main.tenants,
    unnest([null, 'droplet_hours', 'spaces_gb', 'gpu_hours', 'bandwidth_gb', 'volume', 'load_balancer', 'llm_tokens',
        'database_cluster', 'kubernetes_cluster']) as kinds (kind);
insert into reconciliation.anomalies by name
select
    sha256(rule || n || period) as anomaly_id, period, rule, severity, tenant_id, tenant_name,
    'd-' || n as deployment_id, 'subject ' || n as subject, 0 as expected_cents,
    case when is_priced then (n * 7919) % 100000 end as actual_cents, actual_cents as delta_cents,
    delta_cents as at_stake_cents,
    case when is_priced then currency end as currency,
    'The ' || replace(rule, '_', ' ') || ' of ' || tenant_id || ' is something to look at.' as message,
    'Look at ' || replace(rule, '_', ' ') || ', and correct the delivery that it came from.' as what_to_do
from main.months, main.tenants,
    (values ('undercharge', 'critical', true), ('fx_missing', 'critical', false), ('negative_margin', 'warning', true),
        ('usage_spike', 'warning', false), ('cap_breach', 'warning', false), ('duplicate_events', 'info', false)
    ) as rules (rule, severity, is_priced)
where severity <> 'critical' or n % 3 = 1;
insert into reconciliation.account_risk by name
select period, tenant_id, n % 3 = 1 as high_risk, case when n % 3 = 1 then 2 else 0 end as critical_count,
    3 as warning_count, (n * 7919) % 100000 as delta_cents
from main.months, main.tenants;
insert into reconciliation.entitlement_matrix by name
select period, tenant_id, 'd-' || n as deployment_id, 'droplet_hours' as resource_kind, 1488 as previous_allowance_qty,
    case when n % 40 = 1 then 744 else 1488 end as allowance_qty, n * 10 as used_qty,
    greatest(0, n * 10 - 1488) as expected_overage_cents,
    case when n % 40 = 2 then 0 else expected_overage_cents end as billed_overage_cents,
    case when billed_overage_cents < expected_overage_cents then 'undercharged'
        when n % 40 = 1 then 'shrank' else 'ok' end as verdict,
    n % 40 = 1 as has_shrunk
from main.months, main.tenants;
insert into cost.invoices by name
select uuid_text || '-' || n as invoice_uuid, period, 123456.78 as gross, 0 as tax, 123456.78 as net,
    100000 as allocated, 23456.78 as unallocated, 0 as credits, 4000 as line_count, 3500 as matched_line_count,
    'USD' as currency
from main.months, (values (1), (2)) as numbers (n), (values ('9dbbbc44-a6e0-5358-8542')) as names (uuid_text);
insert into reconciliation.feed_counts by name
select period, feed, 'file-' || n || '.csv' as file, 1000000 + n as rows_read, 999990 + n as rows_loaded,
    4 as rows_duplicate, 6 as rows_quarantined, 0 as rows_skipped
from main.months, unnest(['metering', 'llm_usage', 'control_plane']) as feeds (feed), range(30) as numbers (n);
insert into reconciliation.quarantine by name
select period, 'metering' as feed, 'file-' || n % 30 || '.csv' as file, n as line, 'quantity' as column_name,
    'x' as value, 'no number' as reason
from main.months, range(180) as numbers (n);
insert into audit.seals by name
select row_number() over (order by period) as seal_number, period, repeat('0', 64) as previous_hash,
    repeat('1', 64) as merkle_root, sha256(period::varchar) as audit_hash, 500 as invoice_count, 0 as total_cents,
    period + 31 as sealed_on
from main.months;
insert into reconciliation.period_health by name
select
    invoices.period, 'needs-revenue-ops-review' as status, currency, count(*) as invoice_count,
    sum(subtotal_cents) as subtotal_cents, sum(tax_cents) as tax_cents, sum(total_cents) as total_cents,
    (select count(*) from reconciliation.anomalies as a where a.period = invoices.period) as anomaly_count,
    (select count(*) from reconciliation.account_risk as r where r.period = invoices.period and high_risk)
        as high_risk_count,
    sha256(invoices.period::varchar) as audit_hash
from billing.invoices
group by invoices.period, currency
"""
