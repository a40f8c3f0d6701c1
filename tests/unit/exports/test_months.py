"""A month's folder as a whole: its manifest, and that what has not changed is not written again."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest
from support.finance_books import APRIL, MAY, Books

from python_assets.exports import write_exports
from python_assets.home import Config
from python_assets.takeover import Earlier


@pytest.fixture
def books(tmp_path) -> Books:
    books = Books(tmp_path / "home")
    for period in (APRIL, MAY):
        books.invoice("acme", 5000, 1, period=period)
        books.invoice("beta", 700, period=period, currency="USD")
        books.seal(period)
    return books


def files(folder: Path) -> dict[str, Path]:
    return {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()}


def inodes(folder: Path) -> dict[str, int]:
    return {name: path.stat().st_ino for name, path in files(folder).items()}


def test_the_manifest_tells_of_every_file(books, tmp_path):
    write_exports(books.home, books.marts, tmp_path / "one", Earlier())
    folder = tmp_path / "one" / "period=2026-04"
    manifest = json.loads((folder / "manifest.json").read_text())
    found = files(folder)
    assert set(manifest["files"]) == set(found) - {"manifest.json"}
    for name, entry in manifest["files"].items():
        content = found[name].read_bytes()
        assert entry["sha256"] == hashlib.sha256(content).hexdigest()
        assert entry["bytes"] == len(content)
        assert entry["rows"] >= 0
    assert manifest["totals"] == [
        {
            "currency": currency,
            "status": "issued",
            "invoice_count": 1,
            "subtotal_cents": net,
            "tax_cents": tax,
            "total_cents": net + tax,
        }
        for currency, net, tax in (("AUD", 5001, 500), ("USD", 700, 70))
    ]
    for ending in (".pdf", ".html"):
        document = f"INV-2026-04-acme-1{ending}"
        assert found[f"tenants/acme/{document}"].read_bytes() == found[f"documents/{document}"].read_bytes()
    told = {
        name: (entry["rows"], entry["control_totals"])
        for name, entry in manifest["files"].items()
        if not name.startswith(("focus", "pay", "anomalies", "tenants/beta", "documents/INV-2026-04-beta"))
    }
    sums = {"AUD": {"subtotal_cents": 5001, "tax_cents": 500, "total_cents": 5501}}
    sums["USD"] = {"subtotal_cents": 700, "tax_cents": 70, "total_cents": 770}
    lines = {"AUD": {"amount_cents": 5501}, "USD": {"amount_cents": 770}}
    assert told["invoices.csv"] == told["invoices.parquet"] == (2, sums)
    assert told["invoice_lines.csv"] == told["invoice_lines.parquet"] == (5, lines)
    assert told["workbook.xlsx"] == (9, sums)
    assert told["journal.beancount"] == (2, {"AUD": {"receivable_cents": 5501}, "USD": {"receivable_cents": 770}})
    assert told["xero_sales_invoices_01.csv"][1]["USD"] == {"tax_cents": 70, "total_cents": 770}
    assert told["receivables.json"][1]["AUD"]["gross_cents"] == 5501
    assert told["tenants/acme/invoice_lines.csv"] == (3, {"AUD": {"amount_cents": 5501}})
    assert told["tenants/acme/usage.csv"] == (1, {})


def test_nothing_is_written_again_that_has_not_changed(books, tmp_path):
    first = write_exports(books.home, books.marts, tmp_path / "one", Earlier())
    again = write_exports(books.home, books.marts, tmp_path / "two", Earlier(tmp_path / "one"))
    assert (first.months, first.unchanged_months, again.unchanged_months, again.files_written) == (2, 0, 2, 0)
    assert inodes(tmp_path / "one") == inodes(tmp_path / "two")
    assert all(path.stat().st_mode & 0o222 == 0 for path in files(tmp_path / "two").values())


def test_made_again_from_nothing_every_byte_is_the_same(books, tmp_path):
    write_exports(books.home, books.marts, tmp_path / "one", Earlier())
    write_exports(books.home, books.marts, tmp_path / "two", Earlier())
    one, two = files(tmp_path / "one"), files(tmp_path / "two")
    assert {name: path.read_bytes() for name, path in one.items()} == {
        name: path.read_bytes() for name, path in two.items()
    }
    assert set(inodes(tmp_path / "one").values()).isdisjoint(inodes(tmp_path / "two").values())


CHANGES = {
    "a payment": "update billing.invoices set status = 'paid' where invoice_id = 'INV-2026-05-acme-1'",
    "a name": "update billing.invoices set tenant_name = 'New' where invoice_id = 'INV-2026-05-acme-1'",
    "a line": "update billing.invoice_lines set description = 'New' where invoice_id = 'INV-2026-05-acme-1'",
    "usage": "update billing.usage_allowances set used_qty = 3 where period = '2026-05-01' and tenant_id = 'acme'",
    "a finding": "insert into reconciliation.anomalies (period, rule, severity) values "
    "('2026-05-01', 'late_usage', 'critical')",
    "what another system billed": "insert into reconciliation.shadow_invoices "
    "(period, invoice_period, tenant_id, verdict) values ('2026-07-01', '2026-05-01', 'acme', 'missing_invoice')",
    "a provider invoice": "insert into cost.invoices values ('u', '2026-05-01', 1, 0, 1, 1, 'USD')",
    "its charges": "insert into cost.focus values (1, 'USD', '2026-05-01', 'u', 1)",
    "an entitlement": "insert into reconciliation.entitlement_matrix (period, tenant_id) values ('2026-05-01', 'acme')",
}


def test_a_month_whose_rows_have_changed_is_written_again_and_no_other(books, tmp_path):
    write_exports(books.home, books.marts, tmp_path / "0", Earlier())
    for number, (change, statement) in enumerate(CHANGES.items()):
        books.marts.execute(statement)
        one, two = tmp_path / f"{number}", tmp_path / f"{number + 1}"
        exports = write_exports(books.home, books.marts, two, Earlier(one))
        assert (exports.months, exports.unchanged_months) == (2, 1), change
        before, after = inodes(one), inodes(two)
        linked = {name for name in after if after[name] == before.get(name)}
        # A document whose invoice has not changed is linked by itself.
        assert {name.split("/")[0] for name in linked if not name.endswith((".pdf", ".html"))} == {"period=2026-04"}
    write_exports(books.home, books.marts, tmp_path / "fresh", Earlier())
    assert {name: path.read_bytes() for name, path in files(two).items()} == {
        name: path.read_bytes() for name, path in files(tmp_path / "fresh").items()
    }


def test_another_configuration_writes_every_month_again(books, tmp_path):
    write_exports(books.home, books.marts, tmp_path / "one", Earlier())
    home = replace(books.home, config=Config())
    assert write_exports(home, books.marts, tmp_path / "two", Earlier(tmp_path / "one")).unchanged_months == 0


def test_a_name_that_a_later_tenant_has_too_changes_the_months_where_it_is_a_contact(books, tmp_path):
    write_exports(books.home, books.marts, tmp_path / "one", Earlier())
    books.invoice("other", 100, period=MAY, name="ACME", version=1)
    books.seal(MAY)
    assert write_exports(books.home, books.marts, tmp_path / "two", Earlier(tmp_path / "one")).unchanged_months == 0
    rows = (tmp_path / "two" / "period=2026-04" / "xero_sales_invoices_01.csv").read_text()
    assert "Acme (acme)" in rows


def test_a_month_that_lacks_something_is_not_taken_over(books, tmp_path):
    write_exports(books.home, books.marts, tmp_path / "one", Earlier())
    before = {name: path.read_bytes() for name, path in files(tmp_path / "one").items()}
    april = tmp_path / "one" / "period=2026-04"
    (april / "tenants" / "acme" / "invoice.json").unlink()
    cut = tmp_path / "one" / "period=2026-05" / "invoices.csv"
    cut.chmod(0o644)
    cut.write_text("")
    exports = write_exports(books.home, books.marts, tmp_path / "two", Earlier(tmp_path / "one"))
    assert exports.unchanged_months == 0
    assert {name: path.read_bytes() for name, path in files(tmp_path / "two").items()} == before


def test_months_of_outdated_publications_are_moved_and_their_documents_with_them(books, tmp_path):
    write_exports(books.home, books.marts, tmp_path / "one", Earlier())
    write_exports(books.home, books.marts, tmp_path / "two", Earlier(tmp_path / "one"))
    before = inodes(tmp_path / "two")
    books.marts.execute(CHANGES["a name"])
    taken = []
    exports = write_exports(
        books.home,
        books.marts,
        tmp_path / "three",
        Earlier(tmp_path / "two", [tmp_path / "one"]),
        when_taken_over=lambda: taken.extend(sorted(path.name for path in (tmp_path / "one").iterdir())),
    )
    assert exports.unchanged_months == 1
    assert "period=2026-04" not in taken
    assert "period=2026-05" in taken
    after = inodes(tmp_path / "three")
    assert all(after[name] == before[name] for name in after if name.startswith("period=2026-04"))
    assert inodes(tmp_path / "two") == before
    write_exports(books.home, books.marts, tmp_path / "fresh", Earlier())
    assert {name: path.read_bytes() for name, path in files(tmp_path / "three").items()} == {
        name: path.read_bytes() for name, path in files(tmp_path / "fresh").items()
    }


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"period=2026-04": 1}', '{"period=2026-04": ["x"]}'])
def test_without_a_usable_record_every_month_is_written_again(books, tmp_path, damage):
    write_exports(books.home, books.marts, tmp_path / "one", Earlier())
    (tmp_path / ".one.made_of.json").write_text(damage)
    exports = write_exports(books.home, books.marts, tmp_path / "two", Earlier(tmp_path / "one"))
    assert exports.unchanged_months == 0
