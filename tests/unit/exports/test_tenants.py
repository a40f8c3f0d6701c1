"""A tenant's folder holds what is its own, and nothing else."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.finance_books import APRIL, MAY, Books

from python_assets.errors import UserError
from python_assets.exports.tenants import _new_folder, hand_out_documents, write_tenants
from python_assets.ledger import audit_hash_of, check_proof, prove

# Ids that begin like others; names that try to leave their place, or that are another tenant's.
TENANTS = {
    "a": "Marker-Apple",
    "a-1": "Marker-Banana",
    "a-10": "../a/Marker-Cherry",
    "A": 'Marker-Date",\n"a",=1+1',
    "a.b:c@d": "\r =Marker-Elder,\r=1\u20281",
}
FILES = {"invoice.json", "invoice_lines.csv", "usage.csv", "proof.json"}


@pytest.fixture(scope="module")
def books(tmp_path_factory) -> Iterator[Books]:
    books = Books(tmp_path_factory.mktemp("tenants"))
    for number, (tenant, name) in enumerate(TENANTS.items()):
        books.invoice(tenant, 1005 + number, -7, name=name, description=name, deployment=f"own-{number}-of-it")
    gone = books.invoice("gone", 900, name="Marker-Gone", deployment="own-gone")
    books.invoice("held", 900, name="Marker-Held", deployment="own-held")
    books.seal()
    books.invoice("a", 424_242_424, period=MAY, name="Marker-Apple", deployment="may-of-a")
    books.seal(MAY)
    books.void("INV-2026-04-a-1")
    books.void(gone)
    books.invoice("a", 2000, version=2, name="Marker-Apple", deployment="own-0-of-it")
    books.seal()
    books.marts.execute("update billing.invoices set status = 'draft' where tenant_id = 'held'")
    books.marts.execute("delete from billing.usage_allowances where tenant_id = 'a-1'")
    yield books
    books.marts.close()


@pytest.fixture(scope="module")
def folder(books, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("month")
    (folder / "documents").mkdir()
    for invoice in ("a-1", "a-2", "a-1-1", "A-1"):
        (folder / "documents" / f"INV-2026-04-{invoice}.pdf").write_text(f"document {invoice}")
    _, folders = write_tenants(books.home, books.marts, APRIL, folder)
    hand_out_documents(folder / "documents", folders)
    return folder / "tenants"


def values_of(value: Any) -> Iterator[str]:
    """Every value in a JSON document, as text."""
    if isinstance(value, dict):
        for member in value.values():
            yield from values_of(member)
    elif isinstance(value, list):
        for member in value:
            yield from values_of(member)
    else:
        yield str(value)


def all_values(folder: Path) -> set[str]:
    found: set[str] = set()
    for file in folder.iterdir():
        if file.suffix == ".json":
            found |= set(values_of(json.loads(file.read_text())))
        elif file.suffix == ".csv":
            with file.open(newline="") as lines:
                found |= {value for row in csv.reader(lines) for value in row}
    return found


def test_there_is_a_folder_for_every_tenant_with_a_current_sealed_invoice(folder):
    assert {path.name for path in folder.iterdir()} == set(TENANTS)
    for path in folder.iterdir():
        assert {file.name for file in path.iterdir() if file.suffix != ".pdf"} == FILES


@pytest.mark.parametrize("tenant", TENANTS)
def test_no_value_of_another_tenant_is_in_any_file(folder, tenant):
    own = list(TENANTS).index(tenant)
    text = "".join(file.read_text() for file in (folder / tenant).iterdir())
    for number, (other, name) in enumerate(TENANTS.items()):
        is_own = number == own
        assert (f"own-{number}-of-it" in text) == is_own
        assert (name.replace('"', "").split("Marker-")[1].split(",")[0] in text) == is_own
        if not is_own:
            values = all_values(folder / tenant)
            assert other not in values
            assert not any(
                value.startswith(f"INV-2026-04-{other}-") and value[:-2] == f"INV-2026-04-{other}" for value in values
            )
    for stranger in ("Gone", "Held", "own-gone", "own-held", "may-of-a", "424242424"):
        assert stranger not in text


def test_the_invoice_is_the_current_version_as_sealed(folder):
    invoice = json.loads((folder / "a" / "invoice.json").read_text())
    assert (invoice["invoice_id"], invoice["version"], invoice["status"]) == ("INV-2026-04-a-2", 2, "issued")
    assert (invoice["subtotal_cents"], invoice["tax_cents"], invoice["total_cents"]) == (2000, 200, 2200)
    assert invoice["supplier"] == {"name": "Harbour Grove", "abn": "51824753556"}
    assert invoice["tenant"] == {"tenant_id": "a", "name": "Marker-Apple"}
    assert [(line["kind"], line["amount_cents"]) for line in invoice["lines"]] == [("plan_base", 2000), ("tax", 200)]
    assert "salt" not in invoice


@pytest.mark.parametrize("tenant", TENANTS)
def test_the_proof_is_that_of_the_ledger_and_holds(books, folder, tenant):
    proof = json.loads((folder / tenant / "proof.json").read_text())
    assert proof == prove(books.home, proof["leaf"]["invoice_id"])
    assert proof["leaf"]["tenant_id"] == tenant
    assert check_proof(proof).ok
    if tenant == "a":
        assert check_proof(proof, audit_hash=audit_hash_of(books.home, APRIL)).ok


def test_lines_and_usage_are_the_tenants(folder):
    for tenant in TENANTS:
        with (folder / tenant / "invoice_lines.csv").open(newline="") as file:
            lines = list(csv.DictReader(file))
        invoice = json.loads((folder / tenant / "invoice.json").read_text())
        assert sum(int(line["amount_cents"]) for line in lines) == invoice["total_cents"]
        with (folder / tenant / "usage.csv").open(newline="") as file:
            used = [(row["tenant_id"], row["used_qty"]) for row in csv.DictReader(file)]
        assert used == ([(tenant, "2.5")] if tenant != "a-1" else [])


def test_text_in_a_tenants_csv_is_no_formula(folder):
    assert "'  =Marker-Elder, =1 1" in all_values(folder / "a.b:c@d")


def test_a_record_of_a_tenants_csv_is_a_line_to_every_parser(folder):
    for path in folder.rglob("*.csv"):
        text = path.read_bytes().decode()
        assert text.count("\n") == len(text.splitlines())
        assert len({len(record) for record in csv.reader(text.splitlines())}) == 1, path


def test_json_has_the_text_as_it_was_sealed(folder):
    lines = json.loads((folder / "a.b:c@d" / "invoice.json").read_text())["lines"]
    assert TENANTS["a.b:c@d"] in {line["description"] for line in lines}


def test_the_document_is_the_tenants_own(folder):
    documents = {path.name: [file.name for file in path.glob("*.pdf")] for path in folder.iterdir()}
    assert {tenant: found for tenant, found in documents.items() if found} == {
        "a": ["INV-2026-04-a-2.pdf"],
        "a-1": ["INV-2026-04-a-1-1.pdf"],
        "A": ["INV-2026-04-A-1.pdf"],
    }


def test_two_ids_that_are_one_name_to_the_file_system_do_not_share_a_folder(tmp_path):
    made = [_new_folder(tmp_path / "tenants" / "acme") for _ in range(3)]
    assert [path.name for path in made] == ["acme", "acme~2", "acme~3"]


def test_an_invoice_that_the_ledger_does_not_hold_stops_the_publication(tmp_path):
    books = Books(tmp_path / "home")
    books.invoice("a", 100)
    books.seal()
    books.marts.execute("update billing.invoices set invoice_id = 'INV-2026-04-a-9'")
    with pytest.raises(UserError, match="does not hold INV-2026-04-a-9"):
        write_tenants(books.home, books.marts, APRIL, tmp_path)
