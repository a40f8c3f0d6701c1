"""The columns of the ledger's files, declared once: names and DuckDB types, in file order.

Source: the contract's "Published tables" and "Ledger and audit hash". Nothing here reads or writes.
Money is whole cents (BIGINT); quantities are exact decimals; a period is the first day of its month.
"""

_QTY = "DECIMAL(27,9)"

TABLES: dict[str, dict[str, str]] = {
    "invoices": {
        "invoice_id": "VARCHAR",
        "tenant_id": "VARCHAR",
        "period": "DATE",
        "version": "INTEGER",
        "document_type": "VARCHAR",
        "status": "VARCHAR",
        "currency": "VARCHAR",
        "subtotal_cents": "BIGINT",
        "tax_cents": "BIGINT",
        "total_cents": "BIGINT",
        "issued_on": "DATE",
        "salt": "VARCHAR",
    },
    "invoice_lines": {
        "invoice_id": "VARCHAR",
        "line_number": "INTEGER",
        "tenant_id": "VARCHAR",
        "period": "DATE",
        "deployment_id": "VARCHAR",
        "campaign_id": "VARCHAR",
        "kind": "VARCHAR",
        "resource_kind": "VARCHAR",
        "description": "VARCHAR",
        "quantity": "DECIMAL(38,15)",
        "unit": "VARCHAR",
        "unit_price_cents": "DECIMAL(15,6)",
        "amount_cents": "BIGINT",
        "billed_days": "INTEGER",
        "days_in_period": "INTEGER",
        "first_day": "DATE",
        "source_id": "VARCHAR",
        "adjusts_period": "DATE",
        "adjusts_kind": "VARCHAR",
    },
    "top_up_balances": {
        "period": "DATE",
        "top_up_id": "VARCHAR",
        "tenant_id": "VARCHAR",
        "deployment_id": "VARCHAR",
        "resource_kind": "VARCHAR",
        "opening_qty": _QTY,
        "applied_qty": _QTY,
        "expired_qty": _QTY,
        "closing_qty": _QTY,
    },
    "usage_allowances": {
        "period": "DATE",
        "tenant_id": "VARCHAR",
        "deployment_id": "VARCHAR",
        "resource_kind": "VARCHAR",
        "used_qty": _QTY,
        "unbilled_qty": _QTY,
        "non_billable_qty": _QTY,
        "included_qty": _QTY,
        "addon_qty": _QTY,
        "allowance_qty": _QTY,
        "covered_qty": _QTY,
        "top_up_qty": _QTY,
        "overage_qty": _QTY,
        "capped_qty": _QTY,
        "unpriced_qty": _QTY,
    },
    "inputs": {
        "feed": "VARCHAR",
        "period": "DATE",
        "file": "VARCHAR",
        "sha256": "VARCHAR",
    },
}

# The order of the rows in a file: total, so that the same input gives the same file.
FILE_ORDER: dict[str, list[str]] = {
    "invoices": ["tenant_id", "version"],
    "invoice_lines": ["invoice_id", "line_number"],
    "top_up_balances": ["top_up_id"],
    "usage_allowances": ["deployment_id", "resource_kind"],
    "inputs": ["feed", "period", "file"],
}

# One row per seal: the columns of `audit.seals`.
SEALS: dict[str, str] = {
    "seal_number": "INTEGER",
    "period": "DATE",
    "previous_hash": "VARCHAR",
    "merkle_root": "VARCHAR",
    "audit_hash": "VARCHAR",
    "invoice_count": "BIGINT",
    "total_cents": "BIGINT",
    "sealed_on": "DATE",
}
