"""What must stand on a document, and what others write on it: invoices made by hand, both formats read back."""

import re
from datetime import date
from decimal import Decimal

import pytest
from markupsafe import escape
from support.documents import money, places, read, write
from support.issued import Issued, charge

from python_assets.home import Supplier


def test_how_much_of_the_total_is_gst(tmp_path):
    issued = Issued()
    eleventh, rounded = issued.add("even", [charge(5000)]), issued.add("odd", [charge(6422)])
    folder = write(issued, tmp_path)
    for text in read(folder, eleventh).both:
        assert "Total AUD 55.00 Total price includes GST." in text
    for text in read(folder, rounded).both:
        assert "Total AUD 70.64 Total price includes GST of AUD 6.42." in text


def test_above_a_thousand_dollars_the_buyer_is_named_whatever_is_known(tmp_path):
    issued = Issued()
    known = issued.add("known", [charge(250000)], tenant_name="Known Pty Ltd", tenant_abn="47 555 222 000")
    nameless = issued.add("nameless", [charge(250000)], tenant_name=None, tenant_abn="47555222001")
    folder = write(issued, tmp_path)
    for text in read(folder, known).both:
        assert "Billed to Known Pty Ltd ABN 47 555 222 000 Account known" in text
        assert "Total AUD 2,750.00" in text
    for text in read(folder, nameless).both:
        assert "Billed to nameless Account nameless" in text


def test_an_adjustment_note_says_why_and_what_changes(tmp_path):
    correction = charge(
        -20000,
        kind="adjustment",
        description="Adjustment of 2026-03: plan base",
        quantity=None,
        unit=None,
        unit_price_cents=None,
        billed_days=None,
        first_day=None,
        adjusts_period=date(2026, 3, 1),
    )
    refund = charge(-51, kind="llm_usage", description="LLM usage", unit_price_cents=None, billed_days=None)
    issued = Issued()
    invoice_id = issued.add("gone", [correction, refund], document_type="adjustment_note")
    for text in read(write(issued, tmp_path), invoice_id).both:
        assert "Adjustment note" in text
        assert "Tax invoice" not in text
        assert "Reason: correction of charges of March 2026 and refunds of LLM usage" in text
        assert "Adjustment of 2026-03: plan base corrects March 2026 \N{MINUS SIGN}200.00" in text
        assert (
            "Difference in price before GST \N{MINUS SIGN}200.51 Difference in GST (10%) \N{MINUS SIGN}20.05 "
            "Total difference AUD \N{MINUS SIGN}220.56 Total difference includes GST of AUD \N{MINUS SIGN}20.05."
        ) in text


def test_a_void_invoice_says_so_and_by_what_it_is_replaced(tmp_path):
    issued = Issued()
    first = issued.add("twice", [charge(5000)], status="void", is_current=False)
    second = issued.add("twice", [charge(6000)], version=2)
    alone = issued.add("none", [charge(5000)], status="void", is_current=False)
    folder = write(issued, tmp_path)
    for text in read(folder, first).both:
        assert f"Void since 2 June 2026. Replaced by {second}. Nothing is to be paid on this document." in text
        assert "Total AUD 55.00" in text
    for text in read(folder, second).both:
        assert "Void" not in text
        assert f"Replaces {first}" in text
    for text in read(folder, alone).both:
        assert "No invoice replaces it." in text


def test_drafts_have_no_document(tmp_path):
    issued = Issued()
    issued.add("waits", [charge(5000)], status="draft", issued_on=None, seal_number=None)
    issued.add("done", [charge(5000)])
    assert {path.name for path in write(issued, tmp_path).iterdir()} == {
        "INV-2026-05-done-1.pdf",
        "INV-2026-05-done-1.html",
    }


@pytest.mark.parametrize(
    ("supplier", "told"),
    [
        (Supplier(), "Not a valid tax invoice: the supplier's name and ABN must be added."),
        (Supplier(abn="51824753556"), "Not a valid tax invoice: the supplier's name must be added."),
    ],
)
def test_what_lacks_the_supplier_is_not_called_a_tax_invoice(tmp_path, supplier, told):
    issued = Issued()
    invoice_id = issued.add("pilot", [charge(5000)])
    for text in read(write(issued, tmp_path, supplier=supplier), invoice_id).both:
        assert told in text
        assert "Tax invoice" not in text


def test_what_was_issued_without_an_abn_stays_an_invoice(tmp_path):
    issued = Issued()
    invoice_id = issued.add("pilot", [charge(5000)], document_type="invoice")
    for text in read(write(issued, tmp_path), invoice_id).both:
        assert "Not a tax invoice: it was issued when the supplier had given no ABN." in text
        assert "Tax invoice" not in text


HOSTILE = (
    '#import "x": * *bold* _it_ $x^2$ `raw` @ref // c /* \\ {{x}}',
    "<script>alert(1)</script> & <b>",
    "Zoë Łukasz Ελληνικά Кириллица",
    '=cmd|"/c calc"!A1',
    "]#panic()[",
)


def test_names_are_shown_and_never_run(tmp_path):
    issued = Issued()
    names = {
        issued.add(f"t{n}", [charge(5000, deployment_name=name)], tenant_name=name): name
        for n, name in enumerate(HOSTILE)
    }
    folder = write(issued, tmp_path)
    for invoice_id, name in names.items():
        document = read(folder, invoice_id)
        assert document.pdf.count(name) == 2
        page = (folder / f"{invoice_id}.html").read_text("utf-8")
        assert page.count(f"<bdi>{escape(name)}</bdi>") == 2
        assert "<script" not in page


def test_what_turns_text_round_and_control_characters_are_left_out(tmp_path):
    issued = Issued()
    invoice_id = issued.add("pilot", [charge(5000)], tenant_name="Pay\u202e 00.5 \u2066not\x07 this\nmuch")
    for text in read(write(issued, tmp_path), invoice_id).both:
        assert "Pay 00.5 not this much" in text


def test_long_names_stay_on_the_page(tmp_path):
    issued = Issued()
    invoice_id = issued.add("t" * 128, [charge(5000, description="W" * 200)], tenant_name="N" * 200)
    [sheet] = read(write(issued, tmp_path), invoice_id).pages
    assert {letter: sheet.count(letter * 60) for letter in "WN"} == {"W": 0, "N": 0}
    assert (sheet.count("W"), sheet.count("N")) >= (200, 200)


@pytest.mark.parametrize("cents", [5000, 10**12, 9 * 10**16])
def test_a_large_total_is_not_printed_over_its_label(tmp_path, cents):
    """The amount ends at the right margin; a figure of it takes 6 points at least, the label 57."""
    issued = Issued()
    invoice_id = issued.add("pilot", [charge(cents, unit_price_cents=1)])
    [label] = places(write(issued, tmp_path) / f"{invoice_id}.pdf", "Total AUD")
    assert 538 - label >= 57 + 6 * len(money(cents))


@pytest.mark.parametrize("name", ["\U0001f9ff\U00012345", "For private use \ue000"])
def test_names_that_no_font_has_are_in_the_page_at_least(tmp_path, name):
    issued = Issued()
    invoice_id = issued.add("pilot", [charge(5000)], tenant_name=name)
    document = read(write(issued, tmp_path), invoice_id)
    assert name in document.page
    assert "Account pilot" in document.pdf


def test_a_long_invoice_has_its_header_on_every_page_and_all_its_lines(tmp_path):
    issued = Issued()
    lines = [charge(100 + n, description=f"Overage: kind_{n}", deployment_id=f"d-{n // 40}") for n in range(120)]
    invoice_id = issued.add("long", lines)
    document = read(write(issued, tmp_path), invoice_id)
    assert len(document.pages) > 2
    for number, sheet in enumerate(document.pages, 1):
        assert f"Page {number} of {len(document.pages)}" in sheet
        # At the foot of every page, and at the head of all but the first.
        assert sheet.count(f"Tax invoice {invoice_id}") == min(number, 2)
        assert sheet.count("Harbour Grove Cloud Pty Ltd") == 1
        assert ("Unit price" in sheet) == ("Overage" in sheet)
    for n in range(120):
        for text in document.both:
            assert re.search(rf"kind_{n} .*?{money(100 + n)}", text)


# Figures that leave little room for words.
WIDE = {"quantity": Decimal("123456789012345.123456789"), "unit_price_cents": Decimal("123456789.123456")}


@pytest.mark.parametrize(
    ("deployments", "description", "wide"),
    [
        (1, "Plan: studio v1", {}),
        (3, "Plan: studio v1", {}),
        (6, "Plan: studio v1", {}),
        (2, "Plan: " + "a longer name " * 8, {}),
        (2, "Plan: studio v1", WIDE),
    ],
)
def test_only_what_is_one_page_has_no_page_numbers(tmp_path, deployments, description, wide):
    address = "Level 1\n1 Quay Street\nHobart\nTasmania" if len(description) > 20 else ""
    supplier = Supplier("Harbour", "", address, "a@example.com")
    is_numbered = set()
    for lines in range(deployments, 36, deployments):
        charged = [
            charge(100, deployment_id=f"d-{n * deployments // lines}", description=description, **wide)
            for n in range(lines)
        ]
        issued = Issued()
        invoice_id = issued.add("pilot", charged)
        pages = read(write(issued, tmp_path / str(lines), supplier=supplier), invoice_id).pages
        assert "Page 1 of" in pages[0] or len(pages) == 1
        assert all(f"Invoice {invoice_id}" in page for page in pages)
        is_numbered.add("Page 1 of" in pages[0])
    assert is_numbered == {False, True}
