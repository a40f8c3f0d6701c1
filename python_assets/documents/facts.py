"""What stands on the document of an invoice, as plain data: both formats show these facts and decide nothing.

Source: rules.md R12 to R15 for what a document is; https://www.ato.gov.au (tax invoices; adjustment notes, GSTR 2013/2)
for what must be on it. Nothing here depends on payments, so that an issued document stays as it is.
"""

from collections.abc import Iterator
from datetime import date
from itertools import groupby
from typing import Any

import duckdb

from python_assets.abn import abn_text, parse_abn
from python_assets.documents.words import (
    amount_text,
    clean,
    day_of_month_text,
    day_text,
    days_of_text,
    month_text,
    quantity_text,
    unit_price_text,
    unit_text,
)
from python_assets.home import Supplier

Facts = dict[str, Any]
Row = dict[str, Any]

_HEADINGS = {"tax_invoice": "Tax invoice", "adjustment_note": "Adjustment note", "invoice": "Invoice"}


def documents_of(marts: duckdb.DuckDBPyConnection, period: date, supplier: Supplier) -> Iterator[Facts]:
    """The facts of every version that was issued for a month, void ones too, by tenant and version."""
    invoices = _rows(
        marts,
        "select invoices.*, seals.audit_hash, seals.sealed_on, "
        "lag(invoice_id) over versions as replaces, lead(invoice_id) over versions as replaced_by "
        "from billing.invoices as invoices inner join audit.seals as seals using (seal_number) "
        "where invoices.period = ? window versions as (partition by tenant_id order by version) "
        "order by tenant_id, version",
        period,
    )
    lines = _rows(
        marts,
        "select lines.* from billing.invoice_lines as lines inner join billing.invoices as invoices using (invoice_id) "
        "where lines.period = ? and invoices.seal_number is not null "
        "order by lines.tenant_id, invoices.version, lines.line_number",
        period,
    )
    groups = groupby(lines, lambda line: line["invoice_id"])
    invoice_id, group = next(groups, (None, ()))
    for invoice in invoices:
        if invoice["invoice_id"] == invoice_id:
            yield document_facts(invoice, list(group), supplier)
            invoice_id, group = next(groups, (None, ()))
        else:
            yield document_facts(invoice, [], supplier)


def _rows(marts: duckdb.DuckDBPyConnection, query: str, period: date) -> Iterator[Row]:
    """The rows of a query, a batch at a time: a month may have a million lines."""
    result = marts.cursor().execute(query, [period])
    names = [column[0] for column in result.description]
    while batch := result.fetchmany(10_000):
        yield from (dict(zip(names, row, strict=True)) for row in batch)


def document_facts(invoice: Row, lines: list[Row], supplier: Supplier) -> Facts:
    """The facts of one invoice: text, and lists and objects of text, ready to be shown.

    `invoice` is a row of billing.invoices with `audit_hash` and `sealed_on` of its seal, `replaces` and `replaced_by`;
    `lines` are its rows of billing.invoice_lines in order.
    """
    missing = _missing(supplier) if invoice["document_type"] != "invoice" and invoice["tax_cents"] else []
    charges = [line for line in lines if line["kind"] != "tax"]
    return {
        "heading": "Invoice" if missing and invoice["document_type"] == "tax_invoice" else _heading(invoice),
        "invoice_id": invoice["invoice_id"],
        "issued_on": invoice["issued_on"].isoformat(),
        "void": _void(invoice),
        "notices": _notices(invoice, missing),
        "details": _details(invoice),
        "supplier": {
            "name": clean(supplier.name),
            "abn": _abn(supplier.abn),
            "address": [clean(line) for line in supplier.address.splitlines() if clean(line)],
            "email": clean(supplier.email),
        },
        "buyer": {
            "name": clean(invoice["tenant_name"]) or invoice["tenant_id"],
            "abn": _abn(invoice["tenant_abn"]),
            "email": clean(invoice["tenant_email"]),
            "account": invoice["tenant_id"],
        },
        "reason": _reason(invoice, charges),
        "currency": invoice["currency"],
        "sections": _sections(charges),
        "totals": _totals(invoice, lines),
        "tax_statement": _tax_statement(invoice),
        "check": _check(invoice),
    }


def _heading(invoice: Row) -> str:
    return _HEADINGS[invoice["document_type"]]


def _abn(text: str | None) -> str:
    """Written with its spaces; empty if it cannot be one."""
    digits = parse_abn(text)
    return abn_text(digits) if digits else ""


def _missing(supplier: Supplier) -> list[str]:
    """What of the supplier must stand on a tax invoice or adjustment note and is not in the configuration."""
    return [what for what, text in (("name", supplier.name), ("ABN", supplier.abn)) if not text.strip()]


def _void(invoice: Row) -> str:
    """What a void document says; empty for any other."""
    if invoice["status"] != "void":
        return ""
    after = f"Replaced by {invoice['replaced_by']}." if invoice["replaced_by"] else "No invoice replaces it."
    return f"Void since {day_text(invoice['sealed_on'])}. {after} Nothing is to be paid on this document."


def _notices(invoice: Row, missing: list[str]) -> list[str]:
    if missing:
        kind = _heading(invoice).lower()
        return [f"Not a valid {kind}: the supplier's {' and '.join(missing)} must be added."]
    if invoice["document_type"] == "invoice" and invoice["tax_cents"]:
        return ["Not a tax invoice: it was issued when the supplier had given no ABN."]
    return []


def _details(invoice: Row) -> list[list[str]]:
    details = [
        ["Number", invoice["invoice_id"]],
        ["Date of issue", day_text(invoice["issued_on"])],
        ["Billing period", days_of_text(invoice["period"])],
        ["Currency", invoice["currency"]],
    ]
    if invoice["replaces"]:
        details.append(["Replaces", invoice["replaces"]])
    return details


def _reason(invoice: Row, charges: list[Row]) -> str:
    """Why an adjustment note credits something: it must say so."""
    if invoice["document_type"] != "adjustment_note":
        return ""
    months = sorted({line["adjusts_period"] for line in charges if line["adjusts_period"]})
    reasons = [f"correction of charges of {_and([month_text(month) for month in months])}"] if months else []
    if any(line["amount_cents"] < 0 and line["kind"] == "llm_usage" for line in charges):
        reasons.append("refunds of LLM usage")
    reason = _and(reasons) or "credits"
    return f"Reason: {reason}, which come to more than the charges of {month_text(invoice['period'])}."


def _and(parts: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(parts[:-1]), *parts[-1:]]))


def _sections(charges: list[Row]) -> list[Facts]:
    """The charges by deployment, in the order of the invoice; those of no deployment are campaigns'."""
    sections = []
    for deployment_id, group in groupby(charges, lambda line: line["deployment_id"]):
        lines = list(group)
        sections.append(
            {
                "name": clean(lines[0]["deployment_name"]) or deployment_id or "Campaigns",
                "id": deployment_id or "",
                "lines": [_line(line) for line in lines],
                "subtotal": amount_text(sum(line["amount_cents"] for line in lines)),
            }
        )
    return sections


def _line(line: Row) -> Facts:
    return {
        "description": clean(line["description"]),
        "when": _when(line),
        "quantity": quantity_text(line["quantity"]),
        "unit": unit_text(line["unit"], line["quantity"]),
        "unit_price": unit_price_text(line["unit_price_cents"]),
        "amount": amount_text(line["amount_cents"]),
    }


def _when(line: Row) -> str:
    """The days or the month that a line is for. An addon's first day is that of its segment, and says nothing of it."""
    if line["adjusts_period"]:
        return f"corrects {month_text(line['adjusts_period'])}"
    if not line["billed_days"]:
        return month_text(line["period"])
    days = f"{line['billed_days']} of {line['days_in_period']} days"
    if line["billed_days"] == line["days_in_period"] or line["kind"] == "addon" or not line["first_day"]:
        return days
    return f"{days}, from {day_of_month_text(line['first_day'])}"


def _totals(invoice: Row, lines: list[Row]) -> list[list[str]]:
    """Label and amount, the total last; of an adjustment note they are differences."""
    note = invoice["document_type"] == "adjustment_note"
    tax = [[line["description"], line["amount_cents"]] for line in lines if line["kind"] == "tax"]
    rows = [
        ["Difference in price before GST" if note else "Subtotal", invoice["subtotal_cents"]],
        *([f"Difference in {label}" if note else label, cents] for label, cents in tax),
        [f"Total {'difference ' if note else ''}{invoice['currency']}", invoice["total_cents"]],
    ]
    return [[label, amount_text(cents)] for label, cents in rows]


def _tax_statement(invoice: Row) -> str:
    """That the total includes GST; how much of it, where that is not exactly an eleventh."""
    total, tax = invoice["total_cents"], invoice["tax_cents"]
    if not tax:
        return "No GST is charged."
    price = "difference" if invoice["document_type"] == "adjustment_note" else "price"
    if 11 * tax == total:
        return f"Total {price} includes GST."
    return f"Total {price} includes GST of {invoice['currency']} {amount_text(tax)}."


def _check(invoice: Row) -> list[list[str]]:
    """How anyone can see that this is what was sealed: sentences, each with what is to be typed or compared."""
    return [
        [
            f"This document shows entry {invoice['invoice_id']} of seal {invoice['seal_number']}, "
            f"made on {day_text(invoice['sealed_on'])}, with the audit hash",
            invoice["audit_hash"],
        ],
        [
            "Whoever has the entry's proof can check it, without trusting anyone; the answer must have this hash:",
            "counterfoil audit check-proof proof.json",
        ],
    ]
