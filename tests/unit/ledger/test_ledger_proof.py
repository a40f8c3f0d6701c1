"""A tenant checks its invoice with the proof and the seal alone."""

import copy
import json

import pytest
from ledger_rows import APRIL, HUGE, JUNE, MAY, invoice, invoice_id, new_home, seal_month

from python_assets.errors import UserError
from python_assets.ledger import audit_hash_of, check_proof, prove, prove_all, read_seals


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    home = new_home(tmp_path_factory.mktemp("proofs"))
    seal_month(home, APRIL, [invoice(APRIL, f"t-{n}", 500 + n) for n in range(7)] + [invoice(APRIL, "t-big", HUGE)])
    seal_month(home, MAY)
    reissue = [invoice(APRIL, "t-0", 500, status="void"), invoice(APRIL, "t-0", 600, version=2, issued_on=JUNE)]
    seal_month(home, APRIL, reissue, on=JUNE)
    return home


def proof_of(home, tenant="t-3"):
    return json.loads(json.dumps(prove(home, invoice_id(APRIL, tenant))))


@pytest.mark.parametrize("tenant", [*(f"t-{n}" for n in range(7)), "t-big"])
def test_every_invoice_is_proved(home, tenant):
    verdict = check_proof(proof_of(home, tenant))
    assert (verdict.ok, verdict.faults, verdict.invoice_id) == (True, [], invoice_id(APRIL, tenant))


def test_the_hash_is_that_of_the_seal(home):
    seal = read_seals(home)[0]
    proof = proof_of(home)
    assert check_proof(proof).audit_hash == seal.audit_hash
    assert check_proof(proof, seal.document(), seal.audit_hash).ok
    assert check_proof({**proof, "seal": None}, seal.document()).ok
    assert not check_proof(proof, audit_hash=audit_hash_of(home, MAY)).ok
    assert not check_proof(proof, read_seals(home)[1].document()).ok


def test_the_newest_entry_or_the_chosen_one_is_proved(home):
    newest, first = prove(home, invoice_id(APRIL, "t-0")), prove(home, invoice_id(APRIL, "t-0"), status="issued")
    assert (newest["leaf"]["status"], newest["seal"]["seal_number"], newest["leaf"]["lines"]) == ("void", 3, [])
    assert (first["leaf"]["status"], first["seal"]["seal_number"]) == ("issued", 1)
    assert check_proof(newest).ok
    assert check_proof(first).ok


def test_all_proofs_of_a_seal_at_once_are_those_of_each_invoice(home):
    proofs = list(prove_all(read_seals(home)[0]))
    assert [proof["leaf_index"] for proof in proofs] == list(range(8))
    assert all(check_proof(proof).ok for proof in proofs)
    assert proofs[3] == prove(home, proofs[3]["leaf"]["invoice_id"])


def test_a_proof_tells_nothing_of_other_tenants(home):
    text = json.dumps(prove(home, invoice_id(APRIL, "t-3")))
    assert not any(f"t-{n}" in text for n in (0, 1, 2, 4, 5, 6))


def changed(proof, *path_and_value):
    proof, (*path, last, value) = copy.deepcopy(proof), path_and_value
    part = proof
    for step in path:
        part = part[step]
    part[last] = value
    return proof


@pytest.mark.parametrize(
    "change",
    [
        ("leaf", "total_cents", 1),
        ("leaf", "salt", "0" * 64),
        ("leaf", "lines", 0, "amount_cents", 1),
        ("leaf", "lines", []),
        ("leaf_index", 2),
        ("leaf_index", 8),
        ("leaf_index", -1),
        ("tree_size", 4),
        ("tree_size", 10**30),
        ("path", []),
        ("path", 0, "0" * 64),
        ("seal", "merkle_root", "0" * 64),
    ],
    ids=str,
)
def test_a_tampered_proof_fails(home, change):
    assert not check_proof(changed(proof_of(home), *change)).ok


@pytest.mark.parametrize(
    "change",
    [
        ("format", 2),
        ("format", True),
        ("leaf", None),
        ("leaf", "lines", {}),
        ("leaf", "lines", [None]),
        ("leaf", "total_cents", 1.0),
        ("leaf", "total_cents", 2**53),
        ("leaf", "currency", None),
        ("leaf", "currency", "\ud800"),
        ("leaf", "é", "x"),
        ("leaf_index", "3"),
        ("leaf_index", True),
        ("path", "x"),
        ("path", [1]),
        ("path", ["0" * 63]),
        ("seal", None),
        ("seal", "period", "2026-4-1"),
        ("seal", "timezone", "\ud800"),
        ("seal", "seal_number", 10**40),
        ("seal", "merkle_root", "X" * 64),
        ("extra", 1),
    ],
    ids=ascii,
)
def test_a_malformed_proof_is_told(home, change):
    with pytest.raises(UserError, match="malformed"):
        check_proof(changed(proof_of(home), *change))


def test_a_proof_without_its_seal_needs_one_to_lead_to(home):
    proof = proof_of(home)
    seal = proof.pop("seal")
    assert check_proof(proof, seal).ok
    with pytest.raises(UserError, match="malformed: it has no seal, and none was named"):
        check_proof(proof)


@pytest.mark.parametrize("proof", [None, [], "x", 1.5, {}, {"format": 1}])
def test_what_is_no_proof_is_told(proof):
    with pytest.raises(UserError, match="malformed"):
        check_proof(proof)


def test_an_unknown_invoice_is_told(home, tmp_path):
    with pytest.raises(UserError, match="no such invoice"):
        prove(home, "INV-2026-04-nobody-1")
    with pytest.raises(UserError, match="no such invoice"):
        prove(new_home(tmp_path), "INV-2026-04-t-1-1")
