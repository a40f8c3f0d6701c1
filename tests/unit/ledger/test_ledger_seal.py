"""Issuing appends whole, consistent seals in order, and nothing else."""

import hmac
import json
import stat
from datetime import date

import duckdb
import pytest
import rfc8785
from ledger_rows import APRIL, HUGE, JUNE, MAY, invoice, invoice_id, lines_of, new_home, plain, seal_month, sources

from python_assets.errors import UserError
from python_assets.ledger import (
    InternalInconsistency,
    audit_hash_of,
    check_may_seal,
    issue,
    newest_period,
    open_rows,
    read_seals,
    sealed_periods,
    verify,
)
from python_assets.ledger.merkle import tree_root
from python_assets.ledger.seal import MOST_CENTS
from python_assets.ledger.tables import TABLES


@pytest.fixture
def home(tmp_path):
    return new_home(tmp_path / "it's [a] home, period=2020")


def rows(home, table):
    with open_rows(read_seals(home), table) as con:
        return con.execute(f"FROM {table}").fetchall()


def test_an_issue_is_sealed_and_chained(home):
    first, second = seal_month(home, APRIL), seal_month(home, MAY)
    assert [seal.folder.name for seal in read_seals(home)] == ["seal=000001", "seal=000002"]
    assert (first.previous_hash, second.previous_hash) == ("0" * 64, first.audit_hash)
    assert sealed_periods(home) == [APRIL, MAY]
    assert newest_period(home) == MAY
    assert audit_hash_of(home, MAY) == second.audit_hash
    assert verify(home).ok
    assert verify(home).last_hash == second.audit_hash


def test_the_same_input_gives_the_same_hash(tmp_path, home):
    other = new_home(tmp_path / "other")
    other.ledger.mkdir()
    first = seal_month(home, APRIL)
    (other.ledger / "secret").write_text((home.ledger / "secret").read_text())
    assert seal_month(other, APRIL).audit_hash == first.audit_hash


def test_the_roots_are_those_of_the_contract(home):
    """Computed here a second time from Python's values and the rfc8785 library, zeros and empty text included."""
    invoices = [invoice(APRIL, "t-b", 17, subtotal_cents=17, tax_cents=0), invoice(APRIL, "t-a", HUGE)]
    seal = seal_month(home, APRIL, invoices, lines_of(invoices[0], unit="") + lines_of(invoices[1]))

    def stored(table, *keys):
        with open_rows(read_seals(home), table) as con:
            con.execute(f"SELECT * FROM {table} ORDER BY {', '.join(keys)}")
            names = [column[0] for column in con.description]
            found = [dict(zip(names, values, strict=True)) for values in con.fetchall()]
        return [plain({name: row[name] for name in TABLES[table]}) for row in found]

    lines = stored("invoice_lines", "invoice_id", "line_number")
    assert any(line.get("unit") == "" for line in lines)
    leaves = [
        row | {"lines": [line for line in lines if line["invoice_id"] == row["invoice_id"]]}
        for row in stored("invoices", "tenant_id", "version")
    ]
    assert [(leaf["tenant_id"], leaf["tax_cents"], leaf["total_cents"]) for leaf in leaves] == [
        ("t-a", 10, str(HUGE)),
        ("t-b", 0, 17),
    ]
    expected = {
        "merkle_root": leaves,
        "balances_root": stored("top_up_balances", "top_up_id"),
        "allowances_root": stored("usage_allowances", "deployment_id", "resource_kind"),
    }
    assert {name: tree_root(map(rfc8785.dumps, rows)).hex() for name, rows in expected.items()} == {
        name: getattr(seal, name) for name in expected
    }
    salts = {leaf["invoice_id"]: leaf["salt"] for leaf in leaves}
    key = bytes.fromhex((home.ledger / "secret").read_text())
    assert salts == {name: hmac.new(key, name.encode(), "sha256").hexdigest() for name in salts}


def test_the_secret_is_its_owners_alone(home):
    seal_month(home, APRIL)
    assert stat.S_IMODE((home.ledger / "secret").stat().st_mode) == 0o600


def test_an_empty_month_is_sealed_once(home):
    assert seal_month(home, APRIL, []) is not None
    assert seal_month(home, APRIL, []) is None
    assert verify(home).seals == 1


def test_nothing_new_writes_nothing(home):
    seal_month(home, APRIL)
    before = sorted(path.name for path in home.ledger.rglob("*"))
    assert seal_month(home, APRIL, []) is None
    assert sorted(path.name for path in home.ledger.rglob("*")) == before


def test_a_reissue_voids_and_issues(home):
    seal_month(home, APRIL, [invoice(APRIL, "t-a", 500)])
    reissue = [invoice(APRIL, "t-a", 500, status="void"), invoice(APRIL, "t-a", 600, version=2)]
    seal_month(home, APRIL, reissue)
    assert verify(home).ok
    entries = [(row[-1], row[0], row[5], row[9]) for row in rows(home, "invoices")]
    assert entries == [
        (1, "INV-2026-04-t-a-1", "issued", 500),
        (2, "INV-2026-04-t-a-1", "void", 500),
        (2, "INV-2026-04-t-a-2", "issued", 600),
    ]


def test_rows_have_their_columns_with_and_without_seals(home):
    for is_sealed in (False, True):
        if is_sealed:
            seal_month(home, APRIL)
        for table, columns in TABLES.items():
            with open_rows(read_seals(home), table) as con:
                described = {name: kind for name, kind, *_ in con.execute(f"DESCRIBE {table}").fetchall()}
                assert described == {**columns, "seal_number": "INTEGER"}
                assert bool(con.execute(f"FROM {table}").fetchall()) is is_sealed
    assert {row[2] for row in rows(home, "invoices")} == {APRIL}


def test_months_close_in_order(home):
    seal_month(home, APRIL)
    with pytest.raises(UserError, match=r"2026-06 cannot be sealed: 2026-05 is not sealed yet; run .* 2026-05` first"):
        seal_month(home, JUNE)
    with pytest.raises(UserError, match=r"2026-08 .* --period 2026-05 --through 2026-07` first"):
        check_may_seal(home, date(2026, 8, 1), "UTC")
    with pytest.raises(UserError, match="the ledger begins with 2026-04"):
        check_may_seal(home, date(2026, 3, 1), "UTC")
    check_may_seal(home, APRIL, "UTC")
    check_may_seal(home, MAY, "UTC")


def test_another_time_zone_is_refused(tmp_path):
    seal_month(new_home(tmp_path), APRIL)
    with pytest.raises(UserError, match=r"UTC.*Australia/Sydney"):
        seal_month(new_home(tmp_path, "Australia/Sydney"), MAY)


def test_a_lost_secret_stops_sealing(home):
    seal_month(home, APRIL)
    (home.ledger / "secret").unlink()
    with pytest.raises(UserError, match="restore it"):
        seal_month(home, MAY)
    assert not (home.ledger / "secret").exists()


def test_another_secret_stops_sealing(home):
    seal_month(home, APRIL)
    (home.ledger / "secret").write_text("ab" * 32)
    with pytest.raises(UserError, match="seal=000001: salt does not follow from ledger/secret"):
        seal_month(home, MAY)


def test_leftovers_of_a_killed_writer_do_not_matter(home):
    home.ledger.mkdir()
    leftover = home.ledger / ".unfinished-000001"
    leftover.mkdir()
    (leftover / "invoices.parquet").write_text("half")
    (home.ledger / ".unfinished-secret").write_text("half")
    assert verify(home).ok
    assert read_seals(home) == []
    seal_month(home, APRIL)
    assert sorted(path.name for path in home.ledger.iterdir()) == ["seal=000001", "secret"]


def test_a_writer_killed_before_the_rename_leaves_an_empty_ledger(home, monkeypatch):
    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("python_assets.ledger.seal._publish", killed)
        with pytest.raises(KeyboardInterrupt):
            seal_month(home, APRIL)
    assert read_seals(home) == []
    assert seal_month(home, APRIL).seal_number == 1


def test_a_gap_or_a_foreign_folder_is_told(home):
    seal_month(home, APRIL)
    (home.ledger / "seal=000003").mkdir()
    with pytest.raises(UserError, match="seal=000002: is missing"):
        read_seals(home)
    (home.ledger / "seal=000003").rename(home.ledger / "seal=x")
    with pytest.raises(UserError, match="seal=x"):
        read_seals(home)


def test_no_hash_of_a_month_that_is_not_sealed(home):
    with pytest.raises(UserError, match="2026-04 is not sealed"):
        audit_hash_of(home, APRIL)


A = invoice(APRIL, "t-a", 500)
INCONSISTENT = {
    "lines do not add up": ([A], lines_of(A)[:2]),
    "line without invoice": ([], lines_of(A)),
    "line numbers with a gap": ([A], [line | {"line_number": line["line_number"] + 1} for line in lines_of(A)]),
    "line number twice": ([A], [line | {"line_number": 1} for line in lines_of(A)]),
    "subtotal": ([A | {"subtotal_cents": 1}], lines_of(A)),
    "id twice": ([A, A], lines_of(A)),
    "two versions of a tenant": ([A, invoice(APRIL, "t-a", 500, version=2)], None),
    "id of another month": ([A | {"invoice_id": invoice_id(MAY, "t-a")}], None),
    "another period": ([invoice(MAY, "t-a", 500)], None),
    "another day": ([A | {"issued_on": APRIL}], None),
    "status": ([A | {"status": "paid"}], lines_of(A)),
    "void with lines": ([A | {"status": "void"}], lines_of(A)),
    "void of nothing": ([A | {"status": "void"}], []),
    "another tenant's line": ([A], [line | {"tenant_id": "t-b"} for line in lines_of(A)]),
}


@pytest.mark.parametrize("case", INCONSISTENT)
def test_rows_that_contradict_each_other_are_not_sealed(home, case):
    with pytest.raises(InternalInconsistency):
        seal_month(home, APRIL, *INCONSISTENT[case])
    assert sorted(path.name for path in home.ledger.iterdir()) == ["secret"]


def test_what_cannot_be_added_up_is_not_sealed(home):
    almost = [invoice(APRIL, name, MOST_CENTS // 2) for name in ("t-a", "t-b")]
    with pytest.raises(UserError, match=r"  t-a: plan_base d-1: 49999999999999983 cents\n"):
        seal_month(home, APRIL, almost)
    assert verify(home).seals == 0
    seal_month(home, APRIL, [almost[0], invoice(APRIL, "t-b", MOST_CENTS // 2 - 1)])
    assert verify(home).ok


@pytest.mark.parametrize(
    "again",
    [
        [invoice(APRIL, "t-a", 600)],
        [invoice(APRIL, "t-a", 600, version=2)],
        [invoice(APRIL, "t-a", 501, status="void"), invoice(APRIL, "t-a", 600, version=2)],
    ],
)
def test_what_is_issued_is_not_issued_again(home, again):
    seal_month(home, APRIL, [A])
    with pytest.raises(InternalInconsistency):
        seal_month(home, APRIL, again)
    assert verify(home).seals == 1


@pytest.mark.parametrize(
    "change",
    [
        "SELECT * REPLACE (CAST(total_cents AS DOUBLE) AS total_cents) FROM ({})",
        "SELECT * EXCLUDE (currency) FROM ({})",
        "SELECT * REPLACE (total_cents + 0.4 AS total_cents) FROM ({})",
    ],
)
def test_a_value_that_does_not_fit_exactly_is_refused(home, change):
    given = sources([A])
    with duckdb.connect() as con, pytest.raises((InternalInconsistency, duckdb.Error)):
        issue(home, con, APRIL, MAY, **given | {"invoices": change.format(given["invoices"])})


def test_wider_types_and_more_columns_are_taken(home):
    given = sources([A])
    wider = (
        "SELECT 1 AS extra, * REPLACE (CAST(total_cents AS HUGEINT) AS total_cents) FROM ({}) -- as the model has it"
    )
    with duckdb.connect() as con:
        issue(home, con, APRIL, MAY, **given | {"invoices": wider.format(given["invoices"])})
    assert verify(home).ok


def test_seal_json_tells_no_amounts(home):
    seal = seal_month(home, APRIL)
    assert json.loads((seal.folder / "seal.json").read_bytes()) == seal.document()
    assert len(seal.document()) == 9
