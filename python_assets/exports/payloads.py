"""`payables.json` and `receivables.json`: what an accounting service is to book, one object per document.

A receivable is never changed once it is there, as the sealed invoice that it tells of: a reissue adds a reversal of the
invoice that it replaces, with its amounts turned round, and the new version. So the documents of a tenant and month
always add up to what it is to pay now. Drafts are no documents.
"""

import json
from collections.abc import Iterable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import duckdb

from python_assets.exports.control import Control, Controls
from python_assets.periods import period_text

Payload = dict[str, Any]

PAYABLES, RECEIVABLES = "payables", "receivables"
_CENT = Decimal("0.01")


def write_payables(marts: duckdb.DuckDBPyConnection, period: date, folder: Path) -> Controls:
    """`payables.json` of a month: a list, by external id."""
    return _write(folder / f"{PAYABLES}.json", payables(marts, period))


def write_receivables(marts: duckdb.DuckDBPyConnection, period: date, folder: Path) -> Controls:
    """`receivables.json` of a month: a list, by tenant and in the order in which documents came about."""
    return _write(folder / f"{RECEIVABLES}.json", receivables(marts, period))


def payables(marts: duckdb.DuckDBPyConnection, period: date) -> list[Payload]:
    """The provider's invoices of a month: source, external_id, supplier, period, currency, amounts, lines."""
    invoices = marts.execute(
        "select invoice_uuid, currency, net, tax, gross from cost.invoices where period = ? order by 1", [period]
    ).fetchall()
    return [
        {
            "document": "bill",
            "tenant_id": None,
            "source": "digitalocean",
            "external_id": uuid,
            "supplier": "DigitalOcean",
            "period": period_text(period),
            "currency": currency,
            **_amounts(net, tax, gross),
            "lines": _provider_lines(marts, uuid),
        }
        for uuid, currency, net, tax, gross in invoices
    ]


def _provider_lines(marts: duckdb.DuckDBPyConnection, invoice_uuid: str) -> list[Payload]:
    """Net by product."""
    return _lines(
        "product",
        marts.execute(
            "select product, count(*), sum(amount) from cost.lines where invoice_uuid = ? and not is_tax "
            "group by product order by product",
            [invoice_uuid],
        ).fetchall(),
    )


def receivables(marts: duckdb.DuckDBPyConnection, period: date) -> list[Payload]:
    """The sealed tenant invoices of a month, and a reversal after each that is void.

    Nothing in them changes with payments, with what a tenant is called, or with later reissues.
    """
    invoices = marts.execute(
        "select invoice_id, tenant_id, version, document_type, currency, subtotal_cents, tax_cents, "
        "invoices.total_cents, issued_on, status = 'void', sealed_on, "
        "lag(invoice_id) over (partition by tenant_id order by version) "
        "from billing.invoices as invoices inner join audit.seals as seals using (seal_number) "
        "where invoices.period = ? order by tenant_id, version",
        [period],
    ).fetchall()
    lines_of = _tenant_lines(marts, period)
    documents = []
    for invoice_id, tenant_id, version, kind, currency, *cents, issued_on, is_void, voided_on, replaces in invoices:
        invoice = {
            "document": "invoice",
            "tenant_id": tenant_id,
            "source": "counterfoil",
            "external_id": invoice_id,
            "invoice_id": invoice_id,
            "version": version,
            "replaces": replaces,
            "document_type": kind,
            "period": period_text(period),
            "issued_on": issued_on.isoformat(),
            "currency": currency,
        }
        lines = lines_of.get(invoice_id, [])
        documents.append(invoice | _amounts(*map(_major, cents)) | {"lines": _lines("kind", lines)})
        if is_void:
            reversal = {
                "document": "reversal",
                "external_id": f"{invoice_id}:void",
                "replaces": None,
                "issued_on": voided_on.isoformat(),
            }
            reversed_lines = [(kind, count, -amount) for kind, count, amount in lines]
            documents.append(
                invoice | reversal | _amounts(*(-_major(c) for c in cents)) | {"lines": _lines("kind", reversed_lines)}
            )
    return documents


def _tenant_lines(marts: duckdb.DuckDBPyConnection, period: date) -> dict[str, list[tuple[str, int, Decimal]]]:
    """Before tax, by invoice and kind of line, in the order of the invoice: one query for all tenants."""
    rows = marts.execute(
        "select invoice_id, kind, count(*), sum(amount_cents)::bigint from billing.invoice_lines "
        "where period = ? and kind <> 'tax' group by invoice_id, kind order by invoice_id, min(line_number)",
        [period],
    ).fetchall()
    lines: dict[str, list[tuple[str, int, Decimal]]] = {}
    for invoice_id, kind, count, cents in rows:
        lines.setdefault(invoice_id, []).append((kind, count, _major(cents)))
    return lines


def _lines(name: str, rows: Iterable[tuple[str, int, Decimal]]) -> list[Payload]:
    return [
        {name: value, "count": count, "amount": money_text(amount), "amount_cents": cents_of(amount)}
        for value, count, amount in rows
    ]


def _amounts(net: Decimal, tax: Decimal, gross: Decimal) -> Payload:
    """In major units exactly, as text; in cents rounded half away from zero, net so that it adds up."""
    return {
        "net": money_text(net),
        "tax": money_text(tax),
        "gross": money_text(gross),
        "net_cents": cents_of(gross) - cents_of(tax),
        "tax_cents": cents_of(tax),
        "gross_cents": cents_of(gross),
    }


def _major(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)


def cents_of(amount: Decimal) -> int:
    """Whole cents of an amount in major units, half a cent away from zero."""
    return int(amount.quantize(_CENT, ROUND_HALF_UP).scaleb(2))


def money_text(amount: Decimal) -> str:
    """An amount with two decimals, or with all of those that it has: no sign before a positive one, no exponent."""
    is_whole_cents = amount == amount.quantize(_CENT, ROUND_HALF_UP)
    return format(amount.quantize(_CENT) + 0 if is_whole_cents else amount.normalize(), "f")


def _write(path: Path, documents: list[Payload]) -> Controls:
    path.write_text(json.dumps(documents, indent=2, ensure_ascii=False) + "\n", "utf-8")
    cents: dict[str, dict[str, int]] = {}
    for document in documents:
        sums = cents.setdefault(document["currency"], {"net_cents": 0, "tax_cents": 0, "gross_cents": 0})
        for name in sums:
            sums[name] += document[name]
    return {path.name: Control(len(documents), dict(sorted(cents.items())))}
