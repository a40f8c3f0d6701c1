"""Seals that are right by themselves must also be right one after another: months, dates, versions."""

import re

import pytest
from ledger_rows import APRIL, JUNE, MAY, invoice, new_home, seal_month

from python_assets.errors import UserError
from python_assets.ledger import InternalInconsistency, read_seals, verify

A1, A2, A3 = (invoice(APRIL, "t-a", 500 + version, version=version) for version in (1, 2, 3))
B1 = invoice(APRIL, "t-b", 700)
VOID_A1, VOID_A2 = A1 | {"status": "void"}, A2 | {"status": "void"}
LATE = {"issued_on": JUNE}

# Each a list of seals (month, invoices, date), of which the last one is wrong, and what is said of it.
WRONG = {
    "a second version, the first not voided": ([(APRIL, [A1]), (APRIL, [A2])], "issued already"),
    "the same version again": ([(APRIL, [A1]), (APRIL, [A1])], "issued already"),
    "two versions too far": ([(APRIL, [A1]), (APRIL, [VOID_A1, A3])], "count from 1: INV-2026-04-t-a-3"),
    "a first version of 2": ([(APRIL, [A2])], "count from 1: INV-2026-04-t-a-2"),
    "the voided version issued again": ([(APRIL, [A1]), (APRIL, [VOID_A1]), (APRIL, [A1])], "count from 1"),
    "void of what was not issued": ([(APRIL, [B1]), (APRIL, [VOID_A1])], "not current .* INV-2026-04-t-a-1"),
    "void of other amounts": (
        [(APRIL, [A1]), (APRIL, [invoice(APRIL, "t-a", 502, status="void")])],
        "not current",
    ),
    "void of another currency": ([(APRIL, [A1]), (APRIL, [VOID_A1 | {"currency": "USD"}])], "not current"),
    "void twice": ([(APRIL, [A1]), (APRIL, [VOID_A1]), (APRIL, [VOID_A1])], "not current"),
    "void of an earlier version": ([(APRIL, [A1]), (APRIL, [VOID_A1, A2]), (APRIL, [VOID_A1])], "not current"),
    "a month left out": ([(APRIL, [A1]), (JUNE, [])], "2026-0[45]"),
    "a month before the first": ([(MAY, []), (APRIL, [])], "2026-0[45]"),
    "a date before that of the seal before": ([(APRIL, [A1 | LATE], JUNE), (APRIL, [B1], MAY)], "2026-05-01"),
}
RIGHT = {
    "reissued twice": [(APRIL, [A1]), (APRIL, [VOID_A1, A2]), (APRIL, [VOID_A2, A3])],
    "voided, and issued later": [(APRIL, [A1, B1]), (APRIL, [VOID_A1]), (MAY, []), (APRIL, [A2 | LATE], JUNE)],
    "a tenant that comes late": [(APRIL, [A1]), (MAY, []), (APRIL, [B1 | LATE], JUNE)],
}


@pytest.fixture
def home(tmp_path):
    return new_home(tmp_path)


@pytest.fixture
def careless(monkeypatch):
    """Sealing that refuses nothing for what other seals say."""
    room = "python_assets.ledger.seal"
    monkeypatch.setattr(f"{room}.history.conflicts", lambda *_: [])
    for check in ("check_may_seal", "check_seal_date"):
        monkeypatch.setattr(f"{room}.{check}", lambda *_: None)


def seal(home, month, invoices, *on):
    seal_month(home, month, invoices, on=on[0] if on else None)


@pytest.mark.parametrize("case", WRONG)
def test_verifying_names_the_first_seal_that_contradicts_an_earlier_one(home, careless, case):
    seals, message = WRONG[case]
    for each in seals[:-1]:
        seal(home, *each)
    assert verify(home).ok
    seal(home, *seals[-1])
    verdict = verify(home)
    assert (verdict.ok, verdict.broken_seal) == (False, len(seals))
    assert all(fault.startswith(f"seal={len(seals):06d}: ") for fault in verdict.faults)
    assert re.search(message, verdict.faults[0])


@pytest.mark.parametrize("case", WRONG)
def test_what_contradicts_earlier_seals_is_not_sealed(home, case):
    seals, message = WRONG[case]
    for each in seals[:-1]:
        seal(home, *each)
    with pytest.raises((InternalInconsistency, UserError), match=message):
        seal(home, *seals[-1])
    assert len(read_seals(home)) == len(seals) - 1
    assert verify(home).ok


@pytest.mark.parametrize("case", RIGHT)
def test_versions_that_follow_each_other_are_right(home, case):
    for each in RIGHT[case]:
        seal(home, *each)
    assert verify(home).faults == []


def test_a_date_before_the_newest_seal_names_that_seal_and_what_to_do(home):
    seal(home, APRIL, [A1 | LATE], JUNE)
    with pytest.raises(UserError, match=r"seal=000001 of 2026-04 is dated 2026-06-01.* --as-of 2026-06-01 or a later"):
        seal(home, MAY, [], MAY.replace(day=31))


def test_where_nothing_is_new_the_date_does_not_matter(home):
    seal(home, APRIL, [A1 | LATE], JUNE)
    assert seal_month(home, APRIL, [], on=MAY) is None
