"""`journal.beancount`: a month's books in double entry, complete in itself, for Beancount and what reads it.

Tenant invoices stand on the day of issue, voided ones again with all signs turned on the day of the seal that voids
them; drafts are no documents. A provider invoice stands on the last day of its month. Payments are not among the
published tables and so not here. Source of the syntax: https://beancount.github.io/docs/beancount_language_syntax.html.
"""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby
from pathlib import Path

import duckdb

from python_assets.exports.control import Control, Controls
from python_assets.exports.payloads import money_text
from python_assets.exports.text import on_one_line
from python_assets.periods import add_months

TAX_PAYABLE = "Liabilities:GST:Payable"
TAX_PAID = "Assets:GST:Paid"
PROVIDER = "Liabilities:Payable:DigitalOcean"

SALES = """
select
    invoices.invoice_id, invoices.tenant_id, coalesce(invoices.tenant_name, invoices.tenant_id) as tenant_name,
    invoices.document_type, invoices.currency, invoices.issued_on, invoices.total_cents,
    case when invoices.status = 'void' then seals.sealed_on end as voided_on,
    lines.kind, sum(lines.amount_cents)::bigint as amount_cents
from billing.invoices as invoices
inner join audit.seals as seals using (seal_number)
inner join billing.invoice_lines as lines using (invoice_id)
where invoices.period = {period}
group by all
order by invoices.tenant_id, invoices.invoice_id, min(lines.line_number)
"""

PURCHASES = """
select invoices.invoice_uuid, invoices.currency, lines.product, lines.is_tax, sum(lines.amount) as amount
from cost.invoices as invoices
inner join cost.lines as lines using (invoice_uuid)
where invoices.period = {period}
group by all
order by invoices.invoice_uuid, lines.is_tax, lines.product
"""


def write_journal(
    marts: duckdb.DuckDBPyConnection, period: date, title: str, reporting_currency: str, folder: Path
) -> Controls:
    """`journal.beancount`: options, accounts, transactions. Its control counts transactions and what tenants owe."""
    sales = [list(rows) for _, rows in groupby(_rows(marts, SALES, period), key=lambda row: row[0])]
    purchases = [list(rows) for _, rows in groupby(_rows(marts, PURCHASES, period), key=lambda row: row[0])]
    entries = [entry for rows in sales for entry in _sale(rows)]
    entries += [_purchase(rows, add_months(period, 1) - timedelta(days=1)) for rows in purchases]
    entries.sort(key=lambda entry: entry.day)  # stable: by tenant and version within a day
    first = min([period, *(entry.day for entry in entries)])
    accounts = sorted({account for entry in entries for account, _, _ in entry.postings})
    tenants = {receivable(rows[0][1]): rows[0][1] for rows in sales}
    with (folder / "journal.beancount").open("w", encoding="utf-8", newline="\n") as file:
        file.write(f'option "title" {_text(title)}\noption "operating_currency" "{reporting_currency}"\n\n')
        for account in accounts:
            file.write(f"{first} open {account}\n")
            if account in tenants:
                file.write(f"  tenant: {_text(tenants[account])}\n")
        for entry in entries:
            file.write("\n" + entry.text())
    owed: dict[str, dict[str, int]] = {}
    for rows in sales:
        _, _, _, _, currency, _, total, voided_on, *_ = rows[0]
        owed.setdefault(currency, {"receivable_cents": 0})["receivable_cents"] += 0 if voided_on else total
    return {"journal.beancount": Control(len(entries), dict(sorted(owed.items())))}


def receivable(tenant_id: str) -> str:
    """A tenant's account: letters and digits as they are, the other characters of ids in two, so that no two meet."""
    marks = {"-": "--", ".": "-d", "_": "-u", ":": "-c", "@": "-a"}
    return "Assets:Receivable:T-" + "".join(marks.get(character, character) for character in tenant_id)


class Entry:
    """A transaction whose postings add up to nothing; amounts in major units."""

    def __init__(self, day: date, payee: str, narration: str, meta: dict[str, str], currency: str):
        self.day = day
        self.postings: list[tuple[str, Decimal, str]] = []
        self._head = f"{day} * {_text(payee)} {_text(narration)}\n"
        self._meta = meta
        self._currency = currency

    def post(self, account: str, amount: Decimal) -> None:
        self.postings.append((account, amount, self._currency))

    def text(self) -> str:
        meta = "".join(f"  {name}: {_text(value)}\n" for name, value in self._meta.items())
        return self._head + meta + "".join(f"  {a}  {money_text(n)} {c}\n" for a, n, c in self.postings)


def _sale(rows: list[tuple]) -> Iterator[Entry]:
    invoice_id, tenant_id, tenant_name, document_type, currency, issued_on, total, voided_on, *_ = rows[0]
    narration = f"{document_type.replace('_', ' ')} {invoice_id}"
    for day, sign in ((issued_on, 1), (voided_on, -1)):
        if day is None:
            continue
        entry = Entry(
            day,
            tenant_name,
            narration if sign == 1 else f"void: {narration}",
            {"invoice": invoice_id, "tenant": tenant_id},
            currency,
        )
        entry.post(receivable(tenant_id), sign * _major(total))
        for *_, kind, cents in rows:
            entry.post(TAX_PAYABLE if kind == "tax" else f"Income:{_component(kind)}", -sign * _major(cents))
        yield entry


def _purchase(rows: list[tuple], day: date) -> Entry:
    invoice_uuid, currency, *_ = rows[0]
    entry = Entry(day, "DigitalOcean", f"invoice {invoice_uuid}", {"invoice": invoice_uuid}, currency)
    for _, _, product, is_tax, amount in rows:
        entry.post(TAX_PAID if is_tax else f"Expenses:DigitalOcean:{_component(product)}", amount)
    entry.post(PROVIDER, -sum(amount for *_, amount in rows))
    return entry


def _component(text: str) -> str:
    """Part of an account's name: ASCII letters and digits of a text, `plan_base` as `Plan-Base`."""
    words = re.findall(r"[A-Za-z0-9]+", text)
    return "-".join(word[0].upper() + word[1:] for word in words)[:60] or "Other"


def _text(text: str) -> str:
    """A string of Beancount's, on one line."""
    return '"' + re.sub(r"\s+", " ", on_one_line(text)).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _major(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)


def _rows(marts: duckdb.DuckDBPyConnection, query: str, period: date) -> list[tuple]:
    return marts.execute(query.format(period=f"date '{period}'")).fetchall()
