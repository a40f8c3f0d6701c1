"""A run reads the ledger only as it was sealed, and does not recompute what has not changed."""

import json
import os
import shutil
from importlib import import_module

import pytest
from ledger_rows import APRIL, JUNE, MAY, invoice_id, new_home, seal_month

from python_assets.errors import UserError
from python_assets.ledger import check_proof, prove, read_seals, verified_seals, verify
from python_assets.ledger.leaves import open_seal
from python_assets.ledger.tables import TABLES

SEALS = ["seal=000001", "seal=000002", "seal=000003"]


@pytest.fixture(scope="module")
def sealed(tmp_path_factory):
    home = new_home(tmp_path_factory.mktemp("verified"))
    for period in (APRIL, MAY, JUNE):
        seal_month(home, period)
    return home


@pytest.fixture
def home(sealed, tmp_path):
    """A copy that was verified once."""
    shutil.copytree(sealed.ledger, tmp_path / "ledger")
    home = new_home(tmp_path)
    verified_seals(home)
    return home


@pytest.fixture
def opened(monkeypatch) -> list[str]:
    """The seals whose rows are read to verify them."""
    names = []
    room = import_module("python_assets.ledger.verify")  # the package has a function of that name
    monkeypatch.setattr(room, "open_seal", lambda folder: names.append(folder.name) or open_seal(folder))
    return names


def change(path) -> None:
    """One bit of a file's first values, and the time that it says it was changed set back."""
    before, content = path.stat(), bytearray(path.read_bytes())
    content[60] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)


@pytest.mark.parametrize("file", [*(f"{table}.parquet" for table in TABLES if table != "inputs"), "seal.json"])
def test_a_file_that_changed_stops_at_its_seal(home, file):
    change(home.ledger / "seal=000002" / file)
    with pytest.raises(UserError, match="seal=000002"):
        verified_seals(home)


def test_it_says_what_is_wrong_and_what_to_do(home):
    change(home.ledger / "seal=000001" / "invoices.parquet")
    with pytest.raises(UserError, match=r"(?s)nothing is derived.*  seal=000001: .*invoices.parquet.*from a backup"):
        verified_seals(home)


def test_a_file_that_is_gone_stops_at_its_seal(home):
    (home.ledger / "seal=000002" / "inputs.parquet").unlink()
    with pytest.raises(UserError, match=r"seal=000002: inputs.parquet: is missing"):
        verified_seals(home)


def test_nothing_is_recomputed_that_has_not_changed(home, opened):
    assert [seal.folder.name for seal in verified_seals(home)] == SEALS
    assert opened == []
    (home.ledger / "seal=000002" / "invoices.parquet").touch()
    verified_seals(home)
    assert opened == ["seal=000002"]


def test_what_was_just_sealed_is_not_recomputed(tmp_path, opened):
    home = new_home(tmp_path)
    for period in (APRIL, MAY):
        seal_month(home, period)
    verified_seals(home)
    assert opened == []


def test_without_the_record_all_is_recomputed_once(home, opened):
    shutil.rmtree(home.raw)
    for _ in range(2):
        verified_seals(home)
    assert opened == SEALS


@pytest.mark.parametrize("content", ["", "[]", '{"hmac": 1, "seals": {}}', '{"hmac": "", "seals": []}', "[" * 100_000])
def test_a_damaged_record_counts_for_nothing(home, opened, content):
    (home.raw / "verified_seals.json").write_text(content)
    verified_seals(home)
    assert opened == SEALS


def test_a_record_that_someone_else_wrote_counts_for_nothing(home):
    path = home.ledger / "seal=000002" / "invoices.parquet"
    change(path)
    record = home.raw / "verified_seals.json"
    document = json.loads(record.read_text())
    stat = path.stat()
    document["seals"]["2"][1] = [stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino]
    record.write_text(json.dumps(document))
    with pytest.raises(UserError, match="seal=000002"):
        verified_seals(home)


def test_seals_that_are_gone_or_exchanged_are_missed(home):
    (home.ledger / "seal=000002").rename(home.ledger / "elsewhere")
    with pytest.raises(UserError, match="seal=000002: is missing"):
        verified_seals(home)
    (home.ledger / "seal=000003").rename(home.ledger / "seal=000002")
    with pytest.raises(UserError, match="seal=000002"):
        verified_seals(home)


def test_an_earlier_seal_of_another_ledger_is_noticed(home, tmp_path_factory):
    other = new_home(tmp_path_factory.mktemp("other"))
    other.ledger.mkdir()
    shutil.copy(home.ledger / "secret", other.ledger / "secret")
    seal_month(other, APRIL, [])
    shutil.rmtree(home.ledger / "seal=000001")
    shutil.copytree(other.ledger / "seal=000001", home.ledger / "seal=000001")
    with pytest.raises(UserError, match="the chain is broken"):
        verified_seals(home)


def test_another_secret_or_none_is_noticed(home):
    secret = home.ledger / "secret"
    secret.write_text("ab" * 32)
    with pytest.raises(UserError, match="salt does not follow from ledger/secret"):
        verified_seals(home)
    secret.unlink()
    with pytest.raises(UserError, match="secret: is missing"):
        verified_seals(home)


def test_nothing_is_sealed_after_a_damaged_seal(home):
    change(home.ledger / "seal=000001" / "invoice_lines.parquet")
    with pytest.raises(UserError, match="seal=000001"):
        seal_month(home, JUNE, [])
    assert len(read_seals(home)) == 3


def test_an_audit_believes_no_record(home, opened):
    assert verify(home).ok
    assert opened == SEALS


def test_nothing_is_proved_from_a_damaged_seal(home):
    proof = prove(home, invoice_id(MAY, "t-a"))
    change(home.ledger / "seal=000002" / "usage_allowances.parquet")
    with pytest.raises(UserError, match="seal=000002"):
        prove(home, invoice_id(MAY, "t-a"))
    assert check_proof(prove(home, invoice_id(APRIL, "t-a"))).ok
    assert check_proof(proof).ok
