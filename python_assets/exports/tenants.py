"""`tenants/<tenant_id>/`: what one tenant is handed for a month, and nothing of anyone else.

For every tenant with a current sealed invoice: `invoice.json` (as sealed), `invoice_lines.csv` and `usage.csv` (for
people, so risky text is neutralised), `proof.json`, and the invoice's document where there is one. All tenants of a
seal are written in one pass, in the order of its leaves: rows are merged to them as they come, so that memory does
not grow with the month, and the ledger is read once.
"""

import csv
import io
import json
from collections.abc import Iterator
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Any

import duckdb

from python_assets.errors import UserError
from python_assets.exports.control import Control, Controls
from python_assets.exports.tables import cells_sql, columns_of
from python_assets.home import Home, Supplier
from python_assets.ledger import prove_all, read_seals
from python_assets.links import link_or_copy

DOCUMENT_ENDINGS = (".pdf", ".html")

INVOICES = """
select seal_number, tenant_id, invoice_id, status, tenant_name, tenant_abn, tenant_email, currency, total_cents
from billing.invoices
where period = {period} and is_current and status <> 'draft'
order by seal_number, tenant_id
"""

LINES = """
select
    lines.tenant_id, invoice_id, line_number, lines.period, currency, deployment_id, campaign_id, kind, resource_kind,
    description, quantity, unit, unit_price_cents, amount_cents, billed_days, days_in_period, first_day, source_id,
    adjusts_period, adjusts_kind
from billing.invoice_lines as lines
inner join billing.invoices as invoices using (invoice_id)
where lines.period = {period} and lines.is_current and seal_number = {seal_number}
order by lines.tenant_id, line_number
"""

USAGE = """
select
    tenant_id, period, deployment_id, resource_kind, used_qty, unbilled_qty, non_billable_qty, included_qty, addon_qty,
    allowance_qty, covered_qty, top_up_qty, overage_qty, capped_qty, unpriced_qty
from billing.usage_allowances as allowances
where period = {period} and tenant_id in (
    select tenant_id from billing.invoices
    where period = {period} and is_current and status <> 'draft' and seal_number = {seal_number}
)
order by tenant_id, deployment_id, resource_kind
"""


def write_tenants(
    home: Home, marts: duckdb.DuckDBPyConnection, period: date, folder: Path
) -> tuple[Controls, dict[str, Path]]:
    """Writes a folder per tenant below `folder/tenants`, without documents; which folder each invoice is in.

    UserError if the ledger does not hold an invoice that was published, or cannot be read.
    """
    invoices = marts.execute(INVOICES.format(period=f"date '{period}'")).fetchall()
    seals = {seal.seal_number: seal for seal in read_seals(home)} if invoices else {}
    controls: Controls = {}
    folders: dict[str, Path] = {}
    for number, rows in groupby(invoices, key=lambda row: row[0]):
        wanted = {row[2]: row for row in rows}
        lines = _Grouped(marts, LINES, period, number)
        usage = _Grouped(marts, USAGE, period, number)
        for proof in prove_all(seals[number]):
            leaf = proof["leaf"]
            if leaf["invoice_id"] in wanted:
                invoice = wanted.pop(leaf["invoice_id"])
                own = {
                    "invoice.json": (_json(_invoice(home.config.supplier, invoice, leaf)), 1, "total_cents"),
                    "proof.json": (_json(proof), 1, "total_cents"),
                    "invoice_lines.csv": (*lines.take(leaf["tenant_id"]), "amount_cents"),
                    "usage.csv": (*usage.take(leaf["tenant_id"]), ""),
                }
                target = folders[leaf["invoice_id"]] = _new_folder(folder / "tenants" / leaf["tenant_id"])
                controls |= _write_tenant(target, invoice, own)
        if wanted:
            raise UserError(f"{seals[number].folder}: does not hold {min(wanted)}, which is published; run again")
    return controls, folders


def hand_out_documents(documents: Path, folders: dict[str, Path]) -> None:
    """Puts the documents that there are of invoices into their folders."""
    for invoice_id, target in folders.items():
        for ending in DOCUMENT_ENDINGS:
            document = documents / f"{invoice_id}{ending}"
            if document.exists():
                link_or_copy(document, target / document.name)


def _write_tenant(target: Path, invoice: tuple, files: dict[str, tuple[bytes, int, str]]) -> Controls:
    *_, currency, total = invoice
    controls = {}
    for name, (content, rows, money) in files.items():
        (target / name).write_bytes(content)
        # The lines of an invoice add up to its total, so every file with money has the same sum.
        controls[f"tenants/{target.name}/{name}"] = Control(rows, {currency: {money: total}} if money else {})
    return controls


def _new_folder(path: Path) -> Path:
    """A folder of the tenant's own, also where `Acme` and `acme` are one name to the file system (`~` is in no id)."""
    number, target = 1, path
    while True:
        try:
            target.mkdir(parents=True)
            return target
        except FileExistsError:
            number += 1
            target = path.with_name(f"{path.name}~{number}")


def _invoice(supplier: Supplier, invoice: tuple, leaf: dict[str, Any]) -> dict[str, Any]:
    """The invoice as sealed; status, supplier and names as published."""
    _, tenant_id, _, status, name, abn, email, *_ = invoice
    sealed = {key: value for key, value in leaf.items() if key not in ("salt", "lines", "tenant_id", "status")}
    return {
        **sealed,
        "status": status,
        "supplier": _filled(name=supplier.name, abn=supplier.abn, address=supplier.address, email=supplier.email),
        "tenant": _filled(tenant_id=tenant_id, name=name, abn=abn, email=email),
        "lines": [
            {key: value for key, value in line.items() if key not in ("invoice_id", "tenant_id", "period")}
            for line in leaf["lines"]
        ],
    }


def _filled(**values: str | None) -> dict[str, str]:
    return {name: value for name, value in values.items() if value}


def _json(document: dict[str, Any]) -> bytes:
    # On one line: indenting takes Python's slow encoder, a second for 4 000 tenants.
    return (json.dumps(document, ensure_ascii=False) + "\n").encode()


class _Grouped:
    """A query whose rows come by tenant, as CSV for people; tenants are asked for in its order."""

    def __init__(self, marts: duckdb.DuckDBPyConnection, query: str, period: date, seal_number: int):
        source = f"({query.format(period=f'date {period.isoformat()!r}', seal_number=seal_number)})"
        columns = columns_of(marts, source)
        self._names = list(columns)
        # A cursor of its own: other queries run in between.
        self._result = marts.cursor().execute(f"select tenant_id as key, {cells_sql(columns)} from {source}")
        self._groups = groupby(self._rows(), key=lambda row: row[0])
        self._next = next(self._groups, None)

    def _rows(self) -> Iterator[tuple]:
        while batch := self._result.fetchmany(5_000):
            yield from batch

    def take(self, tenant_id: str) -> tuple[bytes, int]:
        """The tenant's rows as the bytes of a CSV file, and their number."""
        rows: list[tuple] = []
        if self._next and self._next[0] == tenant_id:
            rows = [row[1:] for row in self._next[1]]
            self._next = next(self._groups, None)
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(self._names)
        writer.writerows(rows)
        return text.getvalue().encode(), len(rows)
