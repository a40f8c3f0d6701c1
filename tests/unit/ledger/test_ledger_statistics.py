"""Statistics in the files' footers decide nothing here, and verifying tells where they are wrong."""

import struct

import duckdb
import pytest
from ledger_rows import APRIL, MAY, invoice, lines_of, new_home, seal_month

from python_assets.ledger import open_rows, read_seals, verify
from python_assets.ledger.leaves import open_seal


@pytest.fixture
def home(tmp_path):
    home = new_home(tmp_path)
    seal_month(home, APRIL, [invoice(APRIL, "t-a", 1017), invoice(APRIL, "t-b", 2017)])
    return home


def restate(path, old: bytes, new: bytes) -> None:
    """Replaces a value in a file's footer, and nothing else."""
    content = path.read_bytes()
    begin = len(content) - 8 - struct.unpack("<I", content[-8:-4])[0]
    footer = content[begin:-8]
    assert old in footer
    assert len(old) == len(new)
    path.write_bytes(content[:begin] + footer.replace(old, new) + content[-8:])


def cents(number: int) -> bytes:
    return struct.pack("<q", number)


ISSUED, JSSUED = b"\x06issued", b"\x06jssued"  # with their length: `issued_on` is the name of a column
WRONG = {
    "text above all": ("invoices", "status", ISSUED, JSSUED),
    "text below all": ("invoices", "status", ISSUED, b"\x06hssued"),
    "least amount": ("invoices", "total_cents", cents(1017), cents(1018)),
    "greatest amount": ("invoices", "total_cents", cents(2017), cents(2016)),
    "a date": ("top_up_balances", "period", struct.pack("<i", 20544), struct.pack("<i", 20545)),
    "a decimal": ("top_up_balances", "applied_qty", (2_500_000_000).to_bytes(16), (2_500_000_001).to_bytes(16)),
    "a file that is not hashed": ("inputs", "feed", b"metering", b"metersng"),
}


@pytest.mark.parametrize("case", WRONG)
def test_statistics_that_contradict_the_rows_are_named(home, case):
    table, column, old, new = WRONG[case]
    restate(home.ledger / "seal=000001" / f"{table}.parquet", old, new)
    verdict = verify(home)
    assert verdict.broken_seal == 1
    assert verdict.faults == [
        f"seal=000001: {table}.parquet: the file's statistics contradict its rows: {column}",
    ]


def test_the_same_rows_are_read_whatever_the_statistics_say(home):
    [seal] = read_seals(home)
    path = seal.folder / "invoices.parquet"
    restate(path, ISSUED, JSSUED)
    query = "SELECT count(*), min(status), max(status) FROM {} WHERE status = 'issued'"
    # What this is about: a filter on the file itself finds nothing.
    assert duckdb.sql(query.format(f"read_parquet('{path}')")).fetchall() == [(0, None, None)]
    with open_rows([seal], "invoices") as rows:
        assert rows.execute(query.format("invoices")).fetchone() == (2, "issued", "issued")
    with open_seal(seal.folder) as rows:
        assert rows.execute(query.format("invoices")).fetchone() == (2, "issued", "issued")


def test_statistics_of_long_or_odd_text_are_right(tmp_path):
    """Writers cut long text: its bounds lie beside the values, not among them."""
    home = new_home(tmp_path)
    for number, text in enumerate(("é" * 300, "\U0010ffff" * 200, "a" + "\U0010ffff" * 99, "\0a", "", "ÿ" * 256)):
        row = invoice(APRIL, f"t-{number}", -(10**15), issued_on=MAY)
        seal_month(home, APRIL, [row], lines_of(row, description=text))
    assert verify(home).faults == []
