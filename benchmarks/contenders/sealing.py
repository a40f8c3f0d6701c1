"""Seals invoices of ten lines each, one a tenant, into an empty home; the rows are made up by DuckDB.

python benchmarks/contenders/sealing.py HOME INVOICES
"""

import sys
from datetime import date
from pathlib import Path

import duckdb

from python_assets.home import Config, Home
from python_assets.ledger import issue

LINES = 10  # the last is the tax
PERIOD, SEALED_ON = date(2026, 1, 1), date(2026, 2, 1)


def main(root: str, invoices: str) -> None:
    count = int(invoices)
    tenants = f"(select format('t-{{:06d}}', n) as tenant_id, n from range({count}) as numbers(n))"
    common = f"'INV-2026-01-' || tenant_id || '-1' as invoice_id, tenant_id, date '{PERIOD}' as period"
    # Nine lines of 1000 + n % 7 cents each, and a tenth of them for tax.
    subtotal = f"{LINES - 1} * (1000 + n % 7)"
    tax = f"(({subtotal}) * 10 + 50) // 100"
    sources = {
        "invoices": f"""
            select {common}, 1 as version, 'tax_invoice' as document_type, 'issued' as status, 'AUD' as currency,
                {subtotal} as subtotal_cents, {tax} as tax_cents, {subtotal} + {tax} as total_cents,
                date '{SEALED_ON}' as issued_on
            from {tenants}""",
        "invoice_lines": f"""
            select {common}, line_number,
                case when line_number < {LINES} then 'd-' || n || '-' || line_number end as deployment_id,
                null as campaign_id, case when line_number < {LINES} then 'overage' else 'tax' end as kind,
                case when line_number < {LINES} then 'spaces_gb' end as resource_kind,
                case when line_number < {LINES} then 'Overage: spaces_gb' else 'GST (10%)' end as description,
                case when line_number < {LINES} then 500.25 + line_number end as quantity,
                case when line_number < {LINES} then 'gb' end as unit,
                case when line_number < {LINES} then 2.000000 end as unit_price_cents,
                case when line_number < {LINES} then 1000 + n % 7 else {tax} end as amount_cents,
                case when line_number < {LINES} then 31 end as billed_days, 31 as days_in_period,
                case when line_number < {LINES} then date '{PERIOD}' end as first_day,
                null as source_id, null::date as adjusts_period, null as adjusts_kind
            from {tenants} cross join range(1, {LINES + 1}) as lines(line_number)""",
        "top_up_balances": f"""
            select date '{PERIOD}' as period, 'l-' || n as top_up_id, tenant_id, 'd-' || n || '-1' as deployment_id,
                'spaces_gb' as resource_kind, 10 as opening_qty, 2.5 as applied_qty, 0 as expired_qty,
                7.5 as closing_qty
            from {tenants} where n % 10 = 0""",
        "usage_allowances": f"""
            select date '{PERIOD}' as period, tenant_id, 'd-' || n || '-' || number as deployment_id,
                'spaces_gb' as resource_kind, 600.25 + number as used_qty, 0 as unbilled_qty, 0 as non_billable_qty,
                100 as included_qty, 0 as addon_qty, 100 as allowance_qty, 100 as covered_qty, 0 as top_up_qty,
                500.25 + number as overage_qty, 0 as capped_qty, 0 as unpriced_qty
            from {tenants} cross join range(1, {LINES}) as deployments(number)""",
        "inputs": f"""
            select 'metering' as feed, date '{PERIOD}' as period, 'usage.csv' as file, repeat('0', 64) as sha256""",
    }
    with duckdb.connect() as connection:
        seal = issue(Home(Path(root), Config()), connection, PERIOD, SEALED_ON, **sources)
    print(seal.audit_hash)


if __name__ == "__main__":
    main(*sys.argv[1:])
