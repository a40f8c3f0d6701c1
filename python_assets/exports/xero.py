"""`xero_sales_invoices_NN.csv`: the month's sealed current invoices for Xero's import of sales invoices.

Amounts are without tax (choose "tax exclusive" when importing). Xero ignores Total and TaxAmount and computes the tax
of each line from its amount and tax type, rounded to cents, and then adds up
(https://developer.xero.com/documentation/guides/how-to-guides/rounding-in-xero); ours is rounded once per invoice
(R12). So every line is one unit at its whole amount, and where rounding by line would give another tax, lines of the
same rate are put together, from the last one up, until it gives ours. An adjustment note is an invoice of a negative
total (whether Xero takes it for a credit note was not tried); one of 0 is imported like any other.
A file for a machine: text is not altered, but stands on one line.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from itertools import groupby
from pathlib import Path

import duckdb

from python_assets.exports.control import Control, Controls
from python_assets.exports.text import on_one_line
from python_assets.periods import period_text

_COLUMNS = """
*ContactName EmailAddress POAddressLine1 POAddressLine2 POAddressLine3 POAddressLine4 POCity PORegion POPostalCode
POCountry *InvoiceNumber Reference *InvoiceDate *DueDate Total InventoryItemCode *Description *Quantity *UnitAmount
Discount *AccountCode *TaxType TaxAmount TrackingName1 TrackingOption1 TrackingName2 TrackingOption2 Currency
BrandingTheme
"""
COLUMNS = _COLUMNS.split()
INVOICES_PER_FILE = 500
PAYMENT_DAYS = 14
MAX_DESCRIPTION = 4000

# Accounts and tax rates of Xero's own Australian chart.
SALES, GST_ACCOUNT = "200", "820"
GST_FREE, NOT_REPORTED = "GST Free Income", "BAS Excluded"
_TAX_TYPES = {Decimal("0.1"): "GST on Income", Decimal(0): GST_FREE}

# Two tenants of one name would become one contact of Xero's: they carry their ids.
QUERY = """
with shared_names as (

    select lower(tenant_name) as name
    from billing.invoices
    group by lower(tenant_name)
    having count(distinct tenant_id) > 1

)

select
    invoices.invoice_id, invoices.tenant_id,
    case
        when coalesce(tenant_name, '') = '' then invoices.tenant_id
        when lower(tenant_name) in (select name from shared_names) then tenant_name || ' (' || invoices.tenant_id || ')'
        else tenant_name
    end as contact,
    coalesce(tenant_email, '') as email, invoices.currency, invoices.issued_on, invoices.tax_cents,
    invoices.total_cents, lines.description, lines.kind, lines.amount_cents, lines.tax_rate
from billing.invoices as invoices
inner join billing.invoice_lines as lines using (invoice_id)
where invoices.period = {period} and invoices.is_current and invoices.status <> 'draft' and lines.kind <> 'tax'
order by invoices.tenant_id, invoices.invoice_id, lines.line_number
"""


@dataclass(frozen=True)
class Line:
    """A line before tax; `rate` is a fraction. `account` and `tax_type` only where they are not those of its rate."""

    description: str
    cents: int
    rate: Decimal
    account: str = SALES
    tax_type: str = ""

    @cached_property
    def tax_cents(self) -> int:
        """What Xero computes."""
        return int((self.cents * self.rate).quantize(Decimal(1), ROUND_HALF_UP))


def write_xero(
    marts: duckdb.DuckDBPyConnection, period: date, folder: Path, per_file: int = INVOICES_PER_FILE
) -> Controls:
    """At least one file, with `per_file` invoices at most; no invoice is cut in two."""
    controls: Controls = {}
    invoices = groupby(_rows(marts, period), key=lambda row: row[0])
    number = 0
    while True:
        number += 1
        name = f"xero_sales_invoices_{number:02d}.csv"
        control = _write_file(folder / name, invoices, period, per_file)
        if number > 1 and not control.rows:
            (folder / name).unlink()
            return controls
        controls[name] = control


def _write_file(path: Path, invoices: Iterator, period: date, per_file: int) -> Control:
    rows, cents = 0, {}
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for _ in range(per_file):
            _, found = next(invoices, (None, ()))
            lines = list(found)
            if not lines:
                break
            invoice_id, _, contact, email, currency, issued_on, tax, total = lines[0][:8]
            sums = cents.setdefault(currency, {"tax_cents": 0, "total_cents": 0})
            sums["tax_cents"] += tax
            sums["total_cents"] += total
            for line in xero_lines([Line(row[8] or row[9], row[10], row[11]) for row in lines], tax):
                rows += 1
                values = {
                    "*ContactName": contact,
                    "EmailAddress": email,
                    "*InvoiceNumber": invoice_id,
                    "Reference": period_text(period),
                    "*InvoiceDate": _day(issued_on),
                    "*DueDate": _day(issued_on + timedelta(days=PAYMENT_DAYS)),
                    "Total": _major(total),
                    "*Description": line.description,
                    "*Quantity": "1",
                    "*UnitAmount": _major(line.cents),
                    "*AccountCode": line.account,
                    "*TaxType": line.tax_type or tax_type(line.rate),
                    "TaxAmount": _major(line.tax_cents),
                    "Currency": currency,
                }
                writer.writerow([on_one_line(values.get(column, "")) for column in COLUMNS])
    return Control(rows, dict(sorted(cents.items())))


def _rows(marts: duckdb.DuckDBPyConnection, period: date) -> Iterator[tuple]:
    result = marts.execute(QUERY.format(period=f"date '{period}'"))
    while batch := result.fetchmany(5_000):
        yield from batch


def xero_lines(lines: list[Line], tax_cents: int) -> list[Line]:
    """The lines of an invoice so that the tax that Xero computes for each adds up to `tax_cents`.

    If no rounding of these rates gives it (the tenant's region was corrected since the invoice was sealed), the tax
    is a line of its own on the GST account, and the others bear none: the total is right in any case.
    """
    rates = sorted({line.rate for line in lines}, reverse=True)
    together = {rate: _agreeing([line for line in lines if line.rate == rate]) for rate in rates}
    if sum(line.tax_cents for agreed in together.values() for line in agreed) == tax_cents:
        return [line for rate in rates for line in together[rate]]
    untaxed = [Line(line.description, line.cents, Decimal(0)) for line in lines]
    return [*untaxed, Line("GST", tax_cents, Decimal(0), GST_ACCOUNT, NOT_REPORTED)]


def _agreeing(lines: list[Line]) -> list[Line]:
    """Lines of one rate, as few of them put together as it takes that rounding each is like rounding once."""
    target = Line("", sum(line.cents for line in lines), lines[0].rate).tax_cents
    tax = sum(line.tax_cents for line in lines)
    kept, last, described = list(lines), None, []
    while tax != target:
        merged = kept.pop() if last is None else last
        described = described or [merged.description]
        above = kept.pop()
        described.append(above.description)
        last = Line("", above.cents + merged.cents, merged.rate)
        tax += last.tax_cents - above.tax_cents - merged.tax_cents
    if last is None:
        return kept
    text = "; ".join(reversed(described))
    text = text if len(text) <= MAX_DESCRIPTION else text[: MAX_DESCRIPTION - 1] + "…"
    return [*kept, Line(text, last.cents, last.rate)]


def tax_type(rate: Decimal) -> str:
    """The display name of a tax rate in Xero; one of another percentage must be made there under this name."""
    return _TAX_TYPES.get(rate) or f"{(rate * 100).normalize():f}% Tax on Income"


def _day(day: date) -> str:
    return f"{day:%d/%m/%Y}"


def _major(cents: int) -> str:
    return format(Decimal(cents).scaleb(-2), "f")
