"""Documents to an accounting service: each once, whatever happens on the way; over real HTTP."""

import json
import re
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from support import odd_server
from support.finance_service import IMPATIENT, SECRET, FakeFinance

from python_assets.finance import push
from python_assets.home import Home


def bill(external_id: str = "bill-1", gross: str = "86.92") -> dict:
    return {"tenant_id": None, "source": "digitalocean", "external_id": external_id, "gross": gross}


def invoice(tenant: str = "acme", version: int = 1, period: str = "2026-04", document: str = "invoice") -> dict:
    number = f"INV-{period}-{tenant}-{version}"
    return {
        "document": document,
        "tenant_id": tenant,
        "source": "counterfoil",
        "external_id": number if document == "invoice" else f"{number}:void",
        "period": period,
        "gross_cents": 7064,
    }


@pytest.fixture(autouse=True)
def _published(publish, environment):
    publish(payables=[bill()], receivables=[invoice("acme"), invoice("beta")])


ALL = ["bill-1", "INV-2026-04-acme-1", "INV-2026-04-beta-1"]


def counts(outcome) -> tuple[int, int, int, int]:
    return outcome.taken, outcome.there, outcome.with_receipt, outcome.left


def test_documents_go_to_the_path_of_their_kind_as_they_were_published(home, service):
    outcome = push(home)
    assert (counts(outcome), outcome.faults) == ((3, 0, 0, 0), [])
    assert [(r.path, r.document) for r in service.requests] == [
        ("/api/payables", bill()),
        ("/api/receivables", invoice("acme")),
        ("/api/receivables", invoice("beta")),
    ]


def test_run_again_pushes_nothing(home, service):
    push(home)
    assert counts(push(home)) == (0, 0, 3, 0)
    assert len(service.requests) == 3


def test_what_is_there_already_is_fine_and_gets_its_receipt(home, service):
    service.always = 409
    assert counts(push(home)) == (0, 3, 0, 0)
    assert counts(push(home)) == (0, 0, 3, 0)


@pytest.mark.parametrize("status", [500, 502, 503, 504, 429, 408, 0])
def test_a_service_that_comes_round_is_not_noticed(home, service, status):
    service.first.extend([status, status])
    outcome = push(home)
    assert (counts(outcome), outcome.faults) == ((3, 0, 0, 0), [])
    assert len({request.key for request in service.requests[:3]}) == 1


def test_an_answer_that_is_lost_on_the_way_books_nothing_twice(home, service):
    service.first.append(-1)
    assert counts(push(home)) == (3, 0, 0, 0)
    assert len(service.requests) == 4
    assert service.books == ALL


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (500, r"answered 500 \(Internal Server Error\)"),
        (429, r"answered 429 \(Too Many Requests\)"),
        (599, "answered 599$"),
        (302, r"answered 302 \(Found\)"),
        (401, r"does not accept what FINANCE_JWT_SECRET signs \(401\)"),
        (403, r"does not accept what FINANCE_JWT_SECRET signs \(403\)"),
        (0, "cannot be reached or broke off"),
    ],
)
def test_a_service_out_of_order_ends_the_push_and_the_next_run_makes_it_good(home, service, status, told):
    service.always = status
    outcome = push(home)
    assert counts(outcome) == (0, 0, 0, 3)
    assert not outcome.is_good
    assert re.search(told, outcome.faults[0])
    assert len(service.requests) == (4 if status in (500, 429, 0) else 1)
    assert not any("elsewhere" in request.path for request in service.requests)
    service.always = None
    assert counts(push(home)) == (3, 0, 0, 0)


def test_what_was_pushed_before_an_outage_is_not_pushed_again(home, service):
    service.first.extend([201, 500, 500, 500, 500])
    assert counts(push(home)) == (1, 0, 0, 2)
    assert counts(push(home)) == (2, 0, 1, 0)
    assert [len(service.asked_for(external_id)) for external_id in ALL] == [1, 5, 1]


def test_nobody_there(home, monkeypatch):
    monkeypatch.setenv("FINANCE_URL", "http://127.0.0.1:9")
    outcome = push(home)
    assert (counts(outcome), outcome.faults) == (
        (0, 0, 0, 3),
        ["the service cannot be reached or broke off: Connection refused"],
    )


def test_a_service_that_says_nothing_is_given_up(home, service, monkeypatch):
    from python_assets.finance import service as service_module

    monkeypatch.setattr(service_module, "PATIENCE", replace(IMPATIENT, seconds_per_attempt=0.1))
    answer = service.answer
    monkeypatch.setattr(service, "answer", lambda *of: (time.sleep(0.3), answer(*of))[1])
    assert push(home).faults == ["the service did not answer in time"]


def test_a_body_that_comes_byte_by_byte_holds_no_push(home, monkeypatch):
    answer = b"HTTP/1.1 201 Created\r\nContent-Length: 1000000\r\n\r\n"
    with odd_server.serving(odd_server.trickles(answer, b"x")) as server:
        monkeypatch.setenv("FINANCE_URL", server.url)
        begun = time.monotonic()
        assert counts(push(home)) == (3, 0, 0, 0)
        assert time.monotonic() - begun < 1


def test_a_header_that_comes_byte_by_byte_ends_the_push_in_time(home, monkeypatch):
    with odd_server.serving(odd_server.trickles(b"HTTP/1.1 201 Created\r\nX-Long: ", b"x")) as server:
        monkeypatch.setenv("FINANCE_URL", server.url)
        begun = time.monotonic()
        assert push(home).faults == ["the service did not answer in time"]
        assert time.monotonic() - begun < 1.5  # a second in all


def test_a_refused_document_holds_what_comes_after_it_of_that_tenant_and_month_alone(home, service, publish):
    """Else a new version would be booked beside the one that it replaces."""
    publish(receivables=[invoice(), invoice(document="reversal"), invoice(version=2), invoice("beta")])
    publish("2026-05", receivables=[invoice(period="2026-05")])
    service.refused = {"INV-2026-04-acme-1:void": 422}
    outcome = push(home)
    assert service.books == ["INV-2026-04-acme-1", "INV-2026-04-beta-1", "INV-2026-05-acme-1"]
    assert counts(outcome) == (3, 0, 0, 2)
    [fault] = outcome.faults
    assert fault.startswith("INV-2026-04-acme-1:void: the service answered 422")
    service.refused = {}
    assert counts(push(home)) == (2, 0, 3, 0)
    assert service.books[3:] == ["INV-2026-04-acme-1:void", "INV-2026-04-acme-2"]


def test_an_amount_that_json_cannot_tell_exactly_is_not_sent_and_holds_nobody_else(home, service, publish):
    publish(receivables=[invoice() | {"gross_cents": 2**53}, invoice("beta")])
    outcome = push(home)
    assert service.books == ["INV-2026-04-beta-1"]
    assert counts(outcome) == (1, 0, 0, 1)
    assert outcome.faults[0].startswith("INV-2026-04-acme-1: an amount of 2^53 cents and more")


def test_many_refusals_are_told_shortly(home, service, publish):
    publish(payables=[bill(f"bill-{number}") for number in range(8)])
    service.always = 400
    outcome = push(home)
    assert len(outcome.faults) == 8
    assert outcome.note.startswith("0 pushed, 0 were there, 0 have a receipt, 8 left; bill-0: ")
    assert outcome.note.endswith("; and 3 more")


def test_without_receipts_the_keys_are_the_same_and_nothing_is_booked_twice(home, service):
    push(home)
    shutil.rmtree(home.receipts)
    assert counts(push(home)) == (3, 0, 0, 0)
    assert service.books == ALL
    first, second = service.requests[:3], service.requests[3:]
    assert [request.key for request in first] == [request.key for request in second]


def test_the_key_says_tenant_source_external_id_and_content(home, service, publish):
    one, other = bill(), bill()
    other["source"] = "hetzner"
    tenants = [invoice(), invoice() | {"tenant_id": "beta"}]
    publish(payables=[one, other, bill("bill-2")], receivables=tenants)
    push(home)
    publish(payables=[bill(gross="87.00")])
    push(home)
    keys = [request.key for request in service.requests]
    assert len(set(keys)) == len(keys) == 6
    assert all(len(key) == 64 for key in keys)


def test_a_bill_that_was_delivered_anew_is_pushed_anew(home, service, publish):
    push(home)
    publish(payables=[bill(gross="90.00")])
    assert counts(push(home)) == (1, 0, 0, 0)
    assert [request.document["gross"] for request in service.asked_for("bill-1")] == ["86.92", "90.00"]


def test_a_bill_that_goes_back_to_what_it_was_is_no_repetition(home, service, publish):
    for gross in ("86.92", "90.00", "86.92"):
        publish(payables=[bill(gross=gross)])
        push(home)
    requests = service.asked_for("bill-1")
    assert [request.document["gross"] for request in requests] == ["86.92", "90.00", "86.92"]
    assert len({request.key for request in requests}) == 3
    assert counts(push(home)) == (0, 0, 1, 0)


def test_a_service_that_keeps_an_old_bill_is_told_of(home, service, publish):
    """409 is fine for what it has, not for what has changed since it was pushed."""
    push(home)
    publish(payables=[bill(gross="90.00")])
    service.always = 409
    outcome = push(home)
    assert counts(outcome) == (0, 0, 0, 1)
    assert "bill-1: the service keeps what it was given before" in outcome.faults[0]


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"pushes": [1]}', b'{"pushes": 1}', b"\xff"])
def test_a_damaged_receipt_counts_as_none(home, service, damage):
    push(home)
    for path in home.receipts.rglob("*.json"):
        path.write_bytes(damage)
    assert counts(push(home)) == (3, 0, 0, 0)
    assert service.books == ALL
    assert counts(push(home)) == (0, 0, 3, 0)


def test_another_service_has_receipts_of_its_own(home, service, monkeypatch):
    push(home)
    monkeypatch.setenv("FINANCE_URL", service.url.replace("127.0.0.1", "localhost"))
    service.url = service.url.replace("127.0.0.1", "localhost")
    assert counts(push(home)) == (3, 0, 0, 0)


def test_a_receipt_says_what_went_where(home: Home, service: FakeFinance):
    push(home)
    receipts = [json.loads(path.read_bytes()) for path in home.receipts.rglob("*.json")]
    [receipt] = [receipt for receipt in receipts if receipt["external_id"] == "bill-1"]
    [pushed] = receipt.pop("pushes")
    assert receipt == {
        "service": service.url,
        "kind": "payables",
        "tenant_id": None,
        "source": "digitalocean",
        "external_id": "bill-1",
    }
    assert (pushed["status"], pushed["idempotency_key"]) == (200, service.requests[0].key)


def test_ids_do_not_become_paths(home, publish):
    publish(payables=[bill("../../../outside")])
    push(home)
    assert [path.parent.name for path in home.receipts.rglob("*.json")] == ["payables"]


def test_a_receipt_that_cannot_be_written_ends_the_push(home, service):
    home.receipts.write_text("no folder")
    outcome = push(home)
    assert "cannot be written" in outcome.faults[0]
    assert counts(outcome) == (0, 0, 0, 3)
    home.receipts.unlink()
    assert counts(push(home)) == (3, 0, 0, 0)
    assert service.books == ALL


@pytest.mark.parametrize("unset", [None, "", " "])
def test_without_a_service_it_is_skipped(home, service, monkeypatch, unset):
    for name in ("FINANCE_URL", "FINANCE_JWT_SECRET"):
        monkeypatch.delenv(name) if unset is None else monkeypatch.setenv(name, unset)
    outcome = push(home)
    assert outcome.is_good
    assert outcome.note == "nothing pushed: FINANCE_URL and FINANCE_JWT_SECRET are not set"
    assert (service.requests, home.receipts.exists()) == ([], False)


@pytest.mark.parametrize(
    ("lacking", "told"),
    [
        ("FINANCE_URL", "FINANCE_JWT_SECRET is set and FINANCE_URL is not"),
        ("FINANCE_JWT_SECRET", "FINANCE_URL is set and FINANCE_JWT_SECRET is not"),
    ],
)
def test_half_of_the_settings_is_told(home, monkeypatch, lacking, told):
    monkeypatch.delenv(lacking)
    [fault] = push(home).faults
    assert told in fault
    assert SECRET not in fault


PUSHING = """
import sys
from pathlib import Path
from python_assets.home import Home
from python_assets.lock import push_lock
with push_lock(Home(Path(sys.argv[1])), 0):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_push_waits_and_takes_what_is_published_then(home, service, publish, monkeypatch):
    """Else it could be followed by the older version that another push still has in hand."""
    module = sys.modules["python_assets.finance.push"]  # the package has a function of that name
    program = [sys.executable, "-c", PUSHING, home.root]
    other = subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert other.stdout
    assert other.stdout.readline() == "held\n"
    monkeypatch.setattr(module, "_WAIT_SECONDS", 0.1)
    [fault] = push(home).faults
    assert f"documents are being pushed by process {other.pid}" in fault
    assert fault.endswith("What is left goes with the next run")
    assert service.requests == []
    monkeypatch.setattr(module, "_WAIT_SECONDS", 10)
    with ThreadPoolExecutor() as threads:
        second = threads.submit(push, home)
        time.sleep(0.3)
        publish(payables=[bill(gross="90.00")])
        other.communicate("")
        assert counts(second.result()) == (1, 0, 0, 0)
    assert [request.document["gross"] for request in service.requests] == ["90.00"]


def test_a_home_without_a_publication_has_nothing_to_push(home, service):
    shutil.rmtree(home.published)
    assert counts(push(home)) == (0, 0, 0, 0)
