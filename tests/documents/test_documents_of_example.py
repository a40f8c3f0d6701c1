"""What the example's tenants are sent, read back and held against the books."""

import re
from collections.abc import Iterator
from datetime import date

import duckdb
import pytest
from support.documents import Document, money, read

from python_assets.documents import write_documents


@pytest.fixture(scope="module")
def april_and_may(example, tmp_path_factory) -> dict[str, Document]:
    """Every document of the example's last two months, by invoice."""
    documents = {}
    with duckdb.connect(str(example.home.marts), read_only=True) as marts:
        for month in (4, 5):
            folder = tmp_path_factory.mktemp("month")
            count = write_documents(example.home, marts, date(2026, month, 1), folder, None)
            names = {path.stem for path in (folder / "documents").iterdir()}
            assert count == len(names)
            documents |= {name: read(folder / "documents", name) for name in names}
    return documents


def invoices(example) -> Iterator[dict]:
    columns = "invoice_id, tenant_id, document_type, currency, subtotal_cents, tax_cents, total_cents, period"
    for row in example.rows(f"select {columns} from billing.invoices where period >= '2026-04-01'"):
        yield dict(zip(columns.split(", "), row, strict=True))


def test_every_issued_invoice_has_its_document(example, april_and_may):
    assert set(april_and_may) == {invoice["invoice_id"] for invoice in invoices(example)}


def test_a_document_says_who_what_and_when(example, april_and_may):
    for invoice in invoices(example):
        for text in april_and_may[invoice["invoice_id"]].both:
            heading = {"tax_invoice": "Tax invoice", "invoice": "Invoice"}[invoice["document_type"]]
            assert re.search(rf"\b{heading}\b", text)
            assert ("Tax invoice" in text) == (invoice["document_type"] == "tax_invoice")
            assert "Harbour Grove Cloud Pty Ltd" in text
            assert "ABN 51 824 753 556" in text
            assert "Level 2, 18 Example Street, Hobart TAS 7000" in text
            assert "accounts@example.com" in text
            assert f"Number {invoice['invoice_id']}" in text
            issued_on = {4: "2 May 2026", 5: "2 June 2026"}[invoice["period"].month]
            assert f"Date of issue {issued_on}" in text
            month = {4: "1 to 30 April 2026", 5: "1 to 31 May 2026"}[invoice["period"].month]
            assert f"Billing period {month}" in text


def test_totals_are_the_sealed_cents(example, april_and_may):
    for invoice in invoices(example):
        for text in april_and_may[invoice["invoice_id"]].both:
            totals = f"Subtotal {money(invoice['subtotal_cents'])}"
            if invoice["tax_cents"]:
                totals += f" GST (10%) {money(invoice['tax_cents'])}"
            assert f"{totals} Total {invoice['currency']} {money(invoice['total_cents'])} " in text


def test_every_line_is_there_with_its_amount(example, april_and_may):
    lines = example.rows(
        "select invoice_id, description, amount_cents from billing.invoice_lines where period >= '2026-04-01'"
    )
    for invoice_id, description, cents in lines:
        for text in april_and_may[invoice_id].both:
            assert re.search(rf"{re.escape(description)} .*?{re.escape(money(cents))}", text), description


def test_buyers_are_named_as_they_were_called_at_the_month(april_and_may):
    """Lantern Street gave its ABN in May."""
    for text in april_and_may["INV-2026-05-lantern-1"].both:
        assert "Lantern Street Community Radio ABN 24 900 100 909 treasurer@lantern.example.org Account lantern" in text
    for text in april_and_may["INV-2026-04-lantern-1"].both:
        assert "Lantern Street Community Radio studio@lantern.example.org Account lantern" in text


def test_lines_stand_under_their_deployment_with_price_and_time(april_and_may):
    for text in april_and_may["INV-2026-05-kestrel-1"].both:
        assert re.search(r"Kestrel API d-kestrel-api Plan: studio_usd v1 31 of 31 days 1 month 35\.00 35\.00", text)
        assert re.search(r"Overage: droplet_hours 31 of 31 days 744 hours 0\.007 5\.21", text)
        assert "Adjustment of 2026-04: overage droplet_hours corrects April 2026 0.28" in text
        assert re.search(r"Sum 42\.98 Kestrel batch d-kestrel-batch .* Sum 35\.00 Subtotal 77\.98", text)


def test_a_document_says_how_to_check_it(example, april_and_may):
    [(audit_hash,)] = example.rows("select audit_hash from audit.seals where seal_number = 3")
    for text in april_and_may["INV-2026-05-pilot-1"].both:
        assert f"of seal 3, made on 2 June 2026, with the audit hash {audit_hash}" in text
        assert "counterfoil audit check-proof proof.json" in text


def test_a_tenant_without_tax_gets_an_invoice_that_says_so(april_and_may):
    for text in april_and_may["INV-2026-05-juniper-1"].both:
        assert "Total AUD 121.41 No GST is charged." in text
