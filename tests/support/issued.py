"""Published tables made by hand: a few issued invoices, as the books would have them."""

from datetime import date
from decimal import Decimal
from typing import Any

import duckdb

MAY = date(2026, 5, 1)
_INVOICE = {
    "invoice_id": "VARCHAR",
    "tenant_id": "VARCHAR",
    "period": "DATE",
    "version": "INTEGER",
    "is_current": "BOOLEAN",
    "document_type": "VARCHAR",
    "status": "VARCHAR",
    "currency": "VARCHAR",
    "subtotal_cents": "BIGINT",
    "tax_cents": "BIGINT",
    "total_cents": "BIGINT",
    "issued_on": "DATE",
    "seal_number": "INTEGER",
    "tenant_name": "VARCHAR",
    "tenant_abn": "VARCHAR",
    "tenant_email": "VARCHAR",
}
_LINE = {
    "invoice_id": "VARCHAR",
    "line_number": "INTEGER",
    "tenant_id": "VARCHAR",
    "period": "DATE",
    "deployment_id": "VARCHAR",
    "kind": "VARCHAR",
    "description": "VARCHAR",
    "quantity": "DECIMAL(38,15)",
    "unit": "VARCHAR",
    "unit_price_cents": "DECIMAL(15,6)",
    "amount_cents": "BIGINT",
    "billed_days": "INTEGER",
    "days_in_period": "INTEGER",
    "first_day": "DATE",
    "adjusts_period": "DATE",
    "deployment_name": "VARCHAR",
}
_SEAL = {"seal_number": "INTEGER", "period": "DATE", "audit_hash": "VARCHAR", "sealed_on": "DATE"}


class Issued:
    """Invoices of May 2026; amounts follow from the lines, tax is a tenth of them unless told."""

    def __init__(self) -> None:
        self.marts = duckdb.connect()
        self.marts.execute("create schema billing; create schema audit")
        for table, columns in {
            "billing.invoices": _INVOICE,
            "billing.invoice_lines": _LINE,
            "audit.seals": _SEAL,
        }.items():
            self.marts.execute(f"create table {table} ({', '.join(f'{n} {kind}' for n, kind in columns.items())})")
        self._insert("audit.seals", seal_number=1, period=MAY, audit_hash="ab" * 32, sealed_on=date(2026, 6, 2))

    def _insert(self, table: str, **row: Any) -> None:
        marks = ", ".join("?" * len(row))
        self.marts.execute(f"insert into {table} ({', '.join(row)}) values ({marks})", list(row.values()))

    def add(self, tenant_id: str, lines: list[dict[str, Any]], tax_cents: int | None = None, **invoice: Any) -> str:
        """An invoice of a tenant; its id."""
        subtotal = sum(line["amount_cents"] for line in lines)
        tax = round(subtotal / 10) if tax_cents is None else tax_cents
        invoice = {
            "tenant_id": tenant_id,
            "period": MAY,
            "version": 1,
            "is_current": True,
            "document_type": "tax_invoice" if tax else "invoice",
            "status": "issued",
            "currency": "AUD",
            "subtotal_cents": subtotal,
            "tax_cents": tax,
            "total_cents": subtotal + tax,
            "issued_on": date(2026, 6, 2),
            "seal_number": 1,
            "tenant_name": tenant_id.title(),
        } | invoice
        invoice["invoice_id"] = f"INV-2026-05-{tenant_id}-{invoice['version']}"
        self._insert("billing.invoices", **invoice)
        taxes = [{"kind": "tax", "description": "GST (10%)", "amount_cents": tax}] if tax else []
        for number, row in enumerate([*lines, *taxes], 1):
            keys = {"invoice_id": invoice["invoice_id"], "line_number": number, "tenant_id": tenant_id, "period": MAY}
            self._insert("billing.invoice_lines", **keys, **row)
        return invoice["invoice_id"]


def charge(cents: int, **more: Any) -> dict[str, Any]:
    """A line of one deployment: its plan for all of May, unless told."""
    return {
        "deployment_id": "d-one",
        "deployment_name": "One",
        "kind": "plan_base",
        "description": "Plan: studio v1",
        "quantity": Decimal(1),
        "unit": "month",
        "unit_price_cents": Decimal(cents),
        "amount_cents": cents,
        "billed_days": 31,
        "days_in_period": 31,
        "first_day": MAY,
    } | more
