"""Finance's folder of the example: every file comes to what was sealed."""

import csv
import json
from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import duckdb
import openpyxl
import pytest
from beancount import loader
from beancount.core import data
from support.worlds import World

from python_assets.ledger import audit_hash_of, check_proof
from python_assets.periods import parse_period

MONTHS = ("2026-03", "2026-04", "2026-05")
GST = {"GST on Income": Decimal("0.1"), "GST Free Income": Decimal(0)}


def folder_of(world: World, month: str) -> Path:
    return world.home.published / "exports" / f"period={month}"


def sealed_of(world: World, month: str) -> dict[str, tuple[str, str, int, int, int]]:
    """(tenant_id, currency, subtotal, tax, total) by invoice, from the ledger's own files."""
    with duckdb.connect() as connection:
        rows = connection.execute(
            "select invoice_id, tenant_id, currency, subtotal_cents, tax_cents, total_cents "
            f"from read_parquet('{world.home.ledger}/seal=*/invoices.parquet') where period = ?",
            [parse_period(month)],
        ).fetchall()
    return {invoice_id: tuple(row) for invoice_id, *row in rows}


def of_csv(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(params=MONTHS)
def month(request) -> str:
    return request.param


def test_the_csv_of_invoices_comes_to_what_was_sealed(example, month):
    assert {
        row["invoice_id"]: (
            row["tenant_id"],
            row["currency"],
            *(int(row[f"{name}_cents"]) for name in ("subtotal", "tax", "total")),
        )
        for row in of_csv(folder_of(example, month) / "invoices.csv")
    } == sealed_of(example, month)


def test_lines_come_to_what_was_sealed(example, month):
    totals: dict[str, int] = defaultdict(int)
    for row in of_csv(folder_of(example, month) / "invoice_lines.csv"):
        totals[row["invoice_id"]] += int(row["amount_cents"])
    assert totals == {invoice_id: total for invoice_id, (*_, total) in sealed_of(example, month).items()}


def test_parquet_comes_to_what_was_sealed(example, month):
    folder = folder_of(example, month)
    with duckdb.connect() as connection:
        invoices = connection.execute(
            "select invoice_id, tenant_id, currency, subtotal_cents, tax_cents, total_cents "
            f"from read_parquet('{folder}/invoices.parquet')"
        ).fetchall()
        lines = connection.execute(
            f"select invoice_id, sum(amount_cents) from read_parquet('{folder}/invoice_lines.parquet') group by 1"
        ).fetchall()
    sealed = sealed_of(example, month)
    assert {invoice_id: tuple(row) for invoice_id, *row in invoices} == sealed
    assert dict(lines) == {invoice_id: total for invoice_id, (*_, total) in sealed.items()}


def test_the_workbook_comes_to_what_was_sealed(example, month):
    workbook = openpyxl.load_workbook(folder_of(example, month) / "workbook.xlsx", data_only=True, read_only=True)
    header, *rows = workbook["invoices"].iter_rows(values_only=True)
    names = ("tenant_id", "currency", "subtotal", "tax", "total")
    found = {}
    for row in rows:
        cells = dict(zip(header, row, strict=True))
        tenant, currency, *amounts = (cells[name] for name in names)
        found[cells["invoice_id"]] = (tenant, currency, *(round(amount * 100) for amount in amounts))
    sealed = sealed_of(example, month)
    assert found == sealed
    sums: dict[str, int] = defaultdict(int)
    for _, currency, _, _, total in sealed.values():
        sums[currency] += total
    totals = workbook["Totals"].iter_rows(values_only=True)
    while next(totals)[0] != "Sealed and current, to be booked":
        pass
    next(totals)
    assert [(row[0], round(row[5] * 100)) for row in (next(totals) for _ in sums)] == sorted(sums.items())


def test_what_xero_computes_comes_to_what_was_sealed(example, month):
    computed: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for row in of_csv(folder_of(example, month) / "xero_sales_invoices_01.csv"):
        amount = Decimal(row["*Quantity"]) * Decimal(row["*UnitAmount"]) * 100
        computed[row["*InvoiceNumber"]][0] += int(amount)
        tax = (amount * GST[row["*TaxType"]]).quantize(Decimal(1), ROUND_HALF_UP)
        assert tax == Decimal(row["TaxAmount"]) * 100
        computed[row["*InvoiceNumber"]][1] += int(tax)
    assert computed == {
        invoice_id: [subtotal, tax] for invoice_id, (_, _, subtotal, tax, _) in sealed_of(example, month).items()
    }


def test_the_journal_comes_to_what_was_sealed(example, month):
    entries, errors, _ = loader.load_file(str(folder_of(example, month) / "journal.beancount"))
    assert errors == []
    found, bills = {}, []
    for entry in data.filter_txns(entries):
        amounts: dict[str, Decimal] = defaultdict(Decimal)
        for posting in entry.postings:
            amounts[posting.account.split(":")[0]] += posting.units.number * 100
        if "tenant" in entry.meta:
            found[entry.meta["invoice"]] = (
                entry.meta["tenant"],
                entry.postings[0].units.currency,
                -amounts["Income"],
                -amounts["Liabilities"],
                amounts["Assets"],
            )
        else:
            bills.append((entry.meta["invoice"], -amounts["Liabilities"] / 100))
    assert found == sealed_of(example, month)
    assert bills == example.rows(
        "select invoice_uuid, gross from cost.invoices where period = ? order by 1", parse_period(month)
    )


def test_tenants_folders_come_to_what_was_sealed_and_their_proofs_hold(example, month):
    sealed = sealed_of(example, month)
    folders = list((folder_of(example, month) / "tenants").iterdir())
    assert {path.name for path in folders} == {tenant for tenant, *_ in sealed.values()}
    audit_hash = audit_hash_of(example.home, parse_period(month))
    for path in folders:
        invoice = json.loads((path / "invoice.json").read_text())
        names = ("currency", "subtotal_cents", "tax_cents", "total_cents")
        assert (path.name, *(invoice[name] for name in names)) == sealed[invoice["invoice_id"]]
        proof = json.loads((path / "proof.json").read_text())
        assert proof["leaf"]["invoice_id"] == invoice["invoice_id"]
        assert check_proof(proof, audit_hash=audit_hash).ok
        assert sum(int(row["amount_cents"]) for row in of_csv(path / "invoice_lines.csv")) == invoice["total_cents"]


def test_a_tenants_folder_tells_nothing_of_another(example, month):
    known = example.rows(
        "select distinct tenant_id, tenant_name from billing.invoices union all "
        "select distinct tenant_id, deployment_id from billing.usage_allowances"
    )
    ids = {tenant for tenant, _ in known}
    for path in (folder_of(example, month) / "tenants").iterdir():
        text = "".join(file.read_text() for file in path.iterdir() if file.suffix in (".json", ".csv"))
        others = {name for tenant, name in known if tenant != path.name} | (ids - {path.name})
        assert [name for name in others if f'"{name}"' in text or f"-{name}-" in text or f",{name}," in text] == []


def test_the_manifest_comes_to_what_was_sealed(example, month):
    manifest = json.loads((folder_of(example, month) / "manifest.json").read_text())
    sums: dict[str, int] = defaultdict(int)
    for _, currency, *_, total in sealed_of(example, month).values():
        sums[currency] += total
    for name in ("invoices.csv", "invoices.parquet", "workbook.xlsx", "xero_sales_invoices_01.csv"):
        told = manifest["files"][name]["control_totals"]
        assert {currency: cents["total_cents"] for currency, cents in told.items()} == sums, name
    assert manifest["audit_hash"] == audit_hash_of(example.home, parse_period(month))


def test_reconciliation_of_april_says_who_billed_what(example):
    rows = of_csv(folder_of(example, "2026-04") / "reconciliation.csv")
    assert len([row for row in rows if row["kind"] == "provider_invoice"]) == 1
    assert {row["subject"] for row in rows if row["kind"] == "tenant"} == {
        tenant for tenant, *_ in sealed_of(example, "2026-04").values()
    }
    assert [
        tuple(row[name] for name in ("subject", "expected_cents", "billed_cents", "delta_cents", "verdict"))
        for row in rows
        if row["verdict"] != "ok"
    ] == [("coral", "4400", "5500", "1100", "overcharge"), ("pilot", "7064", "6325", "-739", "undercharge")]


def test_findings_name_their_tenant_as_its_invoice_does(example):
    named = example.rows(
        "select anomalies.tenant_name, invoices.tenant_name from reconciliation.anomalies as anomalies "
        "inner join billing.invoices as invoices using (tenant_id, period) where invoices.is_current"
    )
    assert named
    assert all(name and name == on_invoice for name, on_invoice in named)
