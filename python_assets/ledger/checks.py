"""What must hold among the rows of one seal, whatever their hashes: sums, numbering, keys, salts.

Sealing refuses rows that break one of these; verifying reports them. Each check is a query for the subjects that
break it, over a connection of `leaves.open_seal`.
"""

import hmac
from datetime import date

import duckdb

from python_assets.ledger.secret import salt_of

_NAMED = 3  # subjects that a message names at most

_PERIODS = " UNION ALL ".join(
    f"SELECT {key} FROM {table} WHERE period IS DISTINCT FROM $period"
    for table, key in {
        "invoices": "invoice_id",
        "invoice_lines": "invoice_id",
        "top_up_balances": "top_up_id",
        "usage_allowances": "deployment_id",
    }.items()
)

_CHECKS = {
    "invoice_id occurs twice": "SELECT invoice_id FROM invoices GROUP BY ALL HAVING count(*) > 1",
    "invoice_id is not made of period, tenant and version": """
        SELECT invoice_id FROM invoices
        WHERE invoice_id IS DISTINCT FROM
            'INV-' || strftime(period, '%Y-%m') || '-' || tenant_id || '-' || CAST(version AS VARCHAR)""",
    "status is neither issued nor void": """
        SELECT invoice_id FROM invoices WHERE coalesce(status NOT IN ('issued', 'void'), true)""",
    "two issued invoices of one tenant": """
        SELECT tenant_id FROM invoices WHERE status = 'issued' GROUP BY ALL HAVING count(*) > 1""",
    "period is not that of the seal": _PERIODS,
    "issued_on is not the day of the seal": """
        SELECT invoice_id FROM invoices WHERE status = 'issued' AND issued_on IS DISTINCT FROM $sealed_on""",
    "subtotal is not total less tax": """
        SELECT invoice_id FROM invoices
        WHERE CAST(subtotal_cents AS HUGEINT) + tax_cents IS DISTINCT FROM CAST(total_cents AS HUGEINT)""",
    "lines have no invoice": """
        SELECT DISTINCT invoice_id FROM invoice_lines
        WHERE NOT EXISTS (FROM invoices WHERE invoices.invoice_id = invoice_lines.invoice_id)""",
    "lines do not add up to the invoice's total, or a void invoice has lines": """
        SELECT invoice_id FROM invoices
        LEFT JOIN (SELECT invoice_id, count(*) AS number, sum(amount_cents) AS cents FROM invoice_lines GROUP BY ALL)
            USING (invoice_id)
        WHERE CASE WHEN status = 'void' THEN number > 0
            ELSE coalesce(cents, 0) IS DISTINCT FROM CAST(total_cents AS HUGEINT) END""",
    "line_number does not run from 1 without gap": """
        SELECT invoice_id FROM invoice_lines GROUP BY ALL
        HAVING count(DISTINCT line_number) < count(*) OR min(line_number) <> 1 OR max(line_number) <> count(*)""",
    "lines name another tenant than their invoice": """
        SELECT DISTINCT invoice_id FROM invoice_lines JOIN invoices USING (invoice_id)
        WHERE invoice_lines.tenant_id IS DISTINCT FROM invoices.tenant_id""",
    "top_up_id occurs twice or is empty": """
        SELECT top_up_id FROM top_up_balances GROUP BY ALL HAVING count(*) > 1 OR top_up_id IS NULL""",
    "deployment and resource kind occur twice or are empty": """
        SELECT deployment_id FROM usage_allowances GROUP BY deployment_id, resource_kind
        HAVING count(*) > 1 OR deployment_id IS NULL OR resource_kind IS NULL""",
}


def faults(connection: duckdb.DuckDBPyConnection, period: date, sealed_on: date) -> list[str]:
    """One message for each check that the seal's rows break; empty if all hold."""
    values = {"period": period, "sealed_on": sealed_on}
    found = []
    for message, query in _CHECKS.items():
        used = {name: value for name, value in values.items() if f"${name}" in query}
        subjects = [row[0] for row in connection.execute(f"{query} ORDER BY 1 LIMIT {_NAMED}", used).fetchall()]
        if subjects:
            found.append(f"{message}: {_names(subjects)}")
    return found


def wrong_salts(connection: duckdb.DuckDBPyConnection, secret: bytes) -> list[str]:
    """One message if an invoice has another salt than the secret gives; empty if all are right."""
    wrong = []
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(invoice_id, ''), coalesce(salt, '') FROM invoices")
        while batch := cursor.fetchmany(20_000):
            wrong += [
                invoice_id
                for invoice_id, salt in batch
                if not hmac.compare_digest(salt_of(secret, invoice_id).encode(), salt.encode())
            ]
    return [f"salt does not follow from ledger/secret: {_names(sorted(wrong)[:_NAMED])}"] if wrong else []


def _names(subjects: list[str | None]) -> str:
    return ", ".join("(empty)" if subject is None else subject for subject in subjects)
