"""What an accounting service is given: payables and receivables of the example, and of a month that is reissued."""

import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from support.finance_service import IMPATIENT, SECRET, FakeFinance, serving
from support.worlds import Accounts, World
from typer.testing import CliRunner

from orchestration.cli import app
from python_assets.finance import service as service_module

MONTHS = ("2026-03", "2026-04", "2026-05")
BILL = "0b3c5a52-3c0f-4f1c-9d53-0d6f6a0d4c11"


def documents(world: World, kind: str, month: str) -> list[dict]:
    return json.loads((world.home.published / "exports" / f"period={month}" / f"{kind}.json").read_text())


@pytest.mark.parametrize("month", MONTHS)
def test_a_payable_is_the_providers_invoice(example, month):
    [payable] = documents(example, "payables", month)
    [(uuid, net, tax, gross)] = example.rows(
        "select invoice_uuid, net::decimal(9,2)::text, tax::decimal(9,2)::text, gross::decimal(9,2)::text "
        "from cost.invoices where period = ?::date",
        f"{month}-01",
    )
    assert payable["external_id"] == uuid
    assert (payable["net"], payable["tax"], payable["gross"]) == (net, tax, gross)
    assert (payable["source"], payable["supplier"], payable["currency"]) == ("digitalocean", "DigitalOcean", "USD")
    assert payable["period"] == month


def test_the_payable_of_april_is_that_of_the_examples_readme(example):
    [payable] = documents(example, "payables", "2026-04")
    amounts = {name: payable[name] for name in payable if name.startswith(("net", "tax", "gross"))}
    assert amounts == {
        "net": "79.02",
        "tax": "7.90",
        "gross": "86.92",
        "net_cents": 7902,
        "tax_cents": 790,
        "gross_cents": 8692,
    }


@pytest.mark.parametrize("month", MONTHS)
def test_receivables_are_the_current_invoices(example, month):
    receivables = documents(example, "receivables", month)
    assert [
        (r["external_id"], r["net_cents"], r["tax_cents"], r["gross_cents"], r["currency"]) for r in receivables
    ] == (
        example.rows(
            "select invoice_id, subtotal_cents, tax_cents, total_cents, currency from billing.invoices "
            "where period = ?::date and is_current order by tenant_id",
            f"{month}-01",
        )
    )
    assert {r["document"] for r in receivables} == {"invoice"}


@pytest.mark.parametrize("kind", ["payables", "receivables"])
@pytest.mark.parametrize("month", MONTHS)
def test_text_cents_and_lines_agree(example, kind, month):
    for document in documents(example, kind, month):
        for name in ("net", "tax", "gross"):
            assert document[name] == f"{document[f'{name}_cents'] / 100:.2f}"
        assert document["net_cents"] + document["tax_cents"] == document["gross_cents"]
        assert sum(line["amount_cents"] for line in document["lines"]) == document["net_cents"]


@pytest.fixture(scope="module")
def service() -> Iterator[FakeFinance]:
    with serving() as fake:
        yield fake


@pytest.fixture(autouse=True)
def _environment(service, monkeypatch):
    monkeypatch.setenv("FINANCE_URL", service.url)
    monkeypatch.setenv("FINANCE_JWT_SECRET", SECRET)
    monkeypatch.setattr(service_module, "PATIENCE", IMPATIENT)


@pytest.fixture(scope="module")
def accounts() -> Accounts:
    made = Accounts()
    for name in ("acme", "beta", "gone", "held"):
        made.tenant(name)
    made.tables["deployments"][3]["billing_action_suspended"] = "true"
    made.used("acme", "droplet_hours", 1500, "2026-01-10")
    return made


@pytest.fixture(scope="module")
def world(tmp_path_factory, accounts) -> World:
    """A month with a bill of parts of cents, and a tenant on hold, whose invoice is a draft; nothing is closed yet."""
    made = World(tmp_path_factory.mktemp("payloads"))
    accounts.deliver(made, "2026-01")
    line = {"product": "Droplets", "start": "2026-01-01 00:00:00 +0000", "end": "2026-02-01 00:00:00 +0000"}
    lines = [line | {"description": name, "hours": 1, "USD": "0.0025"} for name in ("one", "other")]
    lines.append(line | {"product": "Taxes", "description": "GST", "hours": "", "USD": "0.005"})
    made.deliver("digitalocean_invoices", "2026-01", f"{BILL}.csv", lines)
    return made


def close_again(world: World) -> None:
    """As `run`, without Dagster."""
    world.close("2026-01", as_of="2026-02-03", everything=True)


def run(world: World, *options: str):
    command = ["run", "--home", str(world.root), "--period", "2026-01", "--as-of", "2026-02-03", *options]
    return CliRunner().invoke(app, command)


def files(world: World) -> dict[str, bytes]:
    folder = world.home.published / "exports"
    names = ("payables.json", "receivables.json")
    return {str(path.relative_to(folder)): path.read_bytes() for name in names for path in sorted(folder.rglob(name))}


def books_of(service: FakeFinance, tenant: str | None) -> list[tuple[str, int]]:
    booked = [document for document in service.booked.values() if document["tenant_id"] == tenant]
    return [(document["external_id"], document["gross_cents"]) for document in booked]


def test_a_run_for_drafts_pushes_nothing_and_a_draft_is_no_document(world, service):
    result = run(world, "--draft")
    assert result.exit_code == 0, result.output
    assert "nothing pushed: a run for drafts" in result.output
    assert service.requests == []
    assert documents(world, "receivables", "2026-01") == []


def test_a_failing_push_leaves_the_close_as_it_is_and_is_told(world, service):
    service.always = 500
    result = run(world)
    service.always = None
    assert result.exit_code == 0, result.output
    told = "0 pushed, 0 were there, 0 have a receipt, 4 left; the service answered 500 (Internal Server Error)"
    assert f"finance   {told}" in result.output
    assert world.invoice("acme", "2026-01") == ("issued", 5012, 501, 5513)
    assert not service.booked
    assert not any(SECRET.encode() in path.read_bytes() for path in world.root.rglob("*") if path.is_file())


def test_the_next_run_pushes_what_is_sealed_and_no_draft(world, service):
    before = files(world)
    result = run(world, "--json")
    assert json.loads(result.stdout)["finance"] == "4 pushed, 0 were there, 0 have a receipt, 0 left"
    assert files(world) == before
    assert service.books == [BILL, *(f"INV-2026-01-{name}-1" for name in ("acme", "beta", "gone"))]
    assert [request.document for request in service.requests[-4:]] == [
        *documents(world, "payables", "2026-01"),
        *documents(world, "receivables", "2026-01"),
    ]


def test_parts_of_cents_are_told_exactly_and_rounded_so_that_they_add_up(world):
    [payable] = documents(world, "payables", "2026-01")
    assert (payable["net"], payable["tax"], payable["gross"]) == ("0.005", "0.005", "0.01")
    assert (payable["net_cents"], payable["tax_cents"], payable["gross_cents"]) == (0, 1, 1)


def test_run_again_pushes_nothing(world, service):
    asked = len(service.requests)
    close_again(world)
    assert len(service.requests) == asked


def test_a_payment_changes_no_document(world, service, accounts):
    before, asked = files(world), len(service.requests)
    accounts.add("payments", payment_id="p1", invoice_id="INV-2026-01-beta-1", amount_cents=5500, paid_at="2026-02-02")
    accounts.deliver(world, "2026-01")
    close_again(world)
    assert world.invoice("beta", "2026-01")[0] == "paid"
    assert files(world) == before
    assert len(service.requests) == asked


def test_a_reissue_pushes_a_reversal_of_the_old_version_and_the_new_one(world, service, accounts):
    accounts.metering[0]["quantity"] = 1600
    accounts.tables["subscriptions"] = [s for s in accounts.tables["subscriptions"] if s["deployment_id"] != "d-gone"]
    accounts.deliver(world, "2026-01")
    result = run(world, "--force", "--tenant", "acme", "--tenant", "gone", "--as-of", "2026-02-05")
    assert "3 pushed, 0 were there, 4 have a receipt, 0 left" in result.output
    assert books_of(service, "acme") == [
        ("INV-2026-01-acme-1", 5513),
        ("INV-2026-01-acme-1:void", -5513),
        ("INV-2026-01-acme-2", 5623),
    ]
    assert books_of(service, "gone") == [("INV-2026-01-gone-1", 5500), ("INV-2026-01-gone-1:void", -5500)]


def test_what_is_booked_comes_to_what_is_to_be_paid(world, service):
    booked: dict[str, int] = defaultdict(int)
    for document in service.booked.values():
        if document["tenant_id"]:
            booked[document["tenant_id"]] += document["gross_cents"]
    current = world.rows("select tenant_id, total_cents from billing.invoices where is_current and status <> 'draft'")
    assert booked == dict(current) | {"gone": 0}


def test_the_new_version_names_the_one_that_it_replaces_and_the_old_document_stays(world, service):
    first, reversal, second = (d for d in documents(world, "receivables", "2026-01") if d["tenant_id"] == "acme")
    assert first == service.asked_for("INV-2026-01-acme-1")[0].document
    assert [(d["document"], d["replaces"], d["issued_on"]) for d in (first, reversal, second)] == [
        ("invoice", None, "2026-02-03"),
        ("reversal", None, "2026-02-05"),
        ("invoice", "INV-2026-01-acme-1", "2026-02-05"),
    ]
    assert [(line["kind"], line["amount"]) for line in reversal["lines"]] == [
        ("plan_base", "-50.00"),
        ("overage", "-0.12"),
    ]


def test_documents_and_receipts_are_made_again_alike(world, service):
    """Only landing and ledger must be kept; the service books nothing twice."""
    before, books, asked = files(world), dict(service.booked), len(service.requests)
    for path in (world.home.warehouse, *world.home.receipts.rglob("*.json")):
        Path(path).unlink()
    close_again(world)
    assert len(service.requests) == asked + 7
    assert files(world) == before
    assert service.booked == books
    assert date.fromisoformat(documents(world, "receivables", "2026-01")[0]["issued_on"]) == date(2026, 2, 3)
