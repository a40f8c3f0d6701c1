"""CSV for people, Parquet for machines."""

import csv
from pathlib import Path

import duckdb
import pytest
from support.finance_books import APRIL, Books

from python_assets.exports.tables import TABLES, make_tables, write_tables

# What is delivered, and what a person is shown.
RISKY = {
    "=1+1": "'=1+1",
    "+1": "'+1",
    "-1": "'-1",
    "@sum(1)": "'@sum(1)",
    "\t=1": "' =1",
    "\r=1": "' =1",
    "\n=1": "' =1",
    "\x00=1": "' =1",
    " =1": "' =1",
    "\xa0\u3000=1": "'\xa0\u3000=1",
    "\u200b\ufeff=1": "'\u200b\ufeff=1",
    "\u202e\u2800\u0301=1": "'\u202e\u2800\u0301=1",
    "\x85\u2028\u2029@x": "' @x",
    "\uff1d1+1": "'\uff1d1+1",
    "\uff0b1": "'\uff0b1",
    "\uff0d1": "'\uff0d1",
    " \uff20sum(1)": "' \uff20sum(1)",
    "\u22121": "'\u22121",
    "\ufe661": "'\ufe661",
}
IN_LINES = {
    "Spring\r=cmd|' /C calc'!A0": "Spring =cmd|' /C calc'!A0",
    "a\r\nb\nc\td": "a b c d",
    "a\x0bb\x0cc\x1cd\x85e\u2028f": "a b c d e f",
    '"\r\n=1","': '" =1","',
    "\x01\x1f\x7f": " ",
}
HARMLESS = ["1=1", "a-b", "'=1", "", "Café; =x", 'say "no"', " 1", "\u200bnot seen"]
SHOWN = RISKY | IN_LINES | {text: text for text in HARMLESS}


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    books = Books(tmp_path_factory.mktemp("tables"))
    for number, text in enumerate(SHOWN):
        books.invoice(f"t-{number:02d}", -500, 14, name=text, description=text)
    books.seal()
    folder = tmp_path_factory.mktemp("files")
    make_tables(books.marts, APRIL)
    controls = write_tables(books.marts, folder)
    assert controls["invoices.csv"].cents == {
        "AUD": {"subtotal_cents": -486 * len(SHOWN), "tax_cents": -49 * len(SHOWN), "total_cents": -535 * len(SHOWN)}
    }
    books.marts.close()
    return folder


def of_csv(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def of_parquet(path: Path) -> list[dict]:
    with duckdb.connect() as connection:
        result = connection.execute(f"from read_parquet('{path}')")
        names = [column[0] for column in result.description]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def test_text_that_a_spreadsheet_would_run_is_behind_an_apostrophe_and_all_text_is_on_one_line(folder):
    names = [row["tenant_name"] for row in of_csv(folder / "invoices.csv")]
    assert names == list(SHOWN.values())
    described = {row["description"] for row in of_csv(folder / "invoice_lines.csv") if row["kind"] != "tax"}
    assert described == set(SHOWN.values())


def test_a_record_is_a_line_to_every_parser(folder):
    text = (folder / "invoice_lines.csv").read_bytes().decode()
    lines = len(SHOWN) * 3 + 1
    assert text.count("\n") == len(text.splitlines()) == lines
    fields = {len(record) for record in csv.reader(text.splitlines())}
    assert fields == {len(text.split("\n")[0].split(","))}


def test_parquet_is_never_altered(folder):
    assert [row["tenant_name"] for row in of_parquet(folder / "invoices.parquet")] == list(SHOWN)


def test_numbers_are_never_altered(folder):
    for row in of_csv(folder / "invoice_lines.csv"):
        assert row["amount_cents"] in ("-500", "14", "-49")
        assert row["quantity"] in ("1.5", "")


def test_cents_are_whole_numbers_in_parquet(folder):
    for name in TABLES:
        with duckdb.connect() as connection:
            types = connection.execute(
                f"select column_name, column_type from (describe from read_parquet('{folder / name}.parquet'))"
            ).fetchall()
        cents = {kind for column, kind in types if column.endswith("_cents") and column != "unit_price_cents"}
        assert cents == {"BIGINT"}
        assert not {kind for _, kind in types} & {"DOUBLE", "FLOAT", "HUGEINT"}


def test_csv_and_parquet_have_the_same_rows(folder):
    for name in TABLES:
        assert len(of_csv(folder / f"{name}.csv")) == len(of_parquet(folder / f"{name}.parquet"))


def reconciled(books: Books) -> list[tuple]:
    make_tables(books.marts, APRIL)
    return books.marts.execute(
        "select kind, subject, expected_cents, billed_cents, delta_cents, verdict from export_reconciliation"
    ).fetchall()


def test_reconciliation_has_a_row_per_provider_invoice_and_per_tenant(tmp_path):
    books = Books(tmp_path)
    for tenant in ("acme", "beta", "less", "gone"):
        books.invoice(tenant, 5000)
    books.seal()
    run = books.marts.execute
    run("update billing.invoices set is_current = false, status = 'void' where tenant_id = 'gone'")
    run("insert into cost.invoices values ('a', '2026-04-01', 86.924, 7.9, 79.024, 86.92, 'USD')")
    run("insert into cost.invoices values ('b', '2026-04-01', 10.005, 0, 10.005, null, 'USD')")
    run("insert into cost.invoices values ('c', '2026-05-01', 10, 0, 10, null, 'USD')")
    run(
        "insert into reconciliation.entitlement_matrix values ('2026-04-01', 'less', 'd', 'gb', 70, 50, 'undercharged')"
    )
    for month, billed in (("2026-04-01", 5000), ("2026-05-01", 5400)):  # told twice: the newest comparison counts
        run(
            "insert into reconciliation.shadow_invoices values "
            f"('{month}', '2026-04-01', 'beta', 'AUD', 5500, {billed}, 'undercharge', 'a line was left out')"
        )
    run(
        "insert into reconciliation.shadow_invoices values "
        "('2026-05-01', '2026-04-01', 'else', null, null, 900, 'unexpected_invoice', null)"
    )
    assert reconciled(books) == [
        ("provider_invoice", "a", 8692, 8692, 0, "provider_total_mismatch"),
        ("provider_invoice", "b", None, 1001, 1001, "no_summary"),
        ("tenant", "acme", 5500, 5500, 0, "ok"),
        ("tenant", "beta", 5500, 5400, -100, "undercharge"),
        ("tenant", "else", None, 900, 900, "unexpected_invoice"),
        ("tenant", "gone", 0, 0, 0, "ok"),
        ("tenant", "less", 5520, 5500, -20, "undercharge"),
    ]


FINDINGS = (
    {"tenant_id": "a", "tenant_name": "=Acme", "expected_cents": 100, "actual_cents": 130, "currency": "AUD"},
    {"tenant_id": "b", "tenant_name": "Birch", "expected_cents": 5, "actual_cents": 0, "currency": "AUD"},
    {"tenant_id": "c", "tenant_name": "Cedar", "expected_cents": 0, "actual_cents": 7, "currency": "USD"},
    # Another system billed somebody whom no invoice here names: in what currency, nobody knows.
    {"tenant_id": "d", "expected_cents": 0, "actual_cents": 1000},
    {"subject": "a file"},
)


def test_findings_say_who_it_is_in_what_currency_and_what_to_do(tmp_path):
    books = Books(tmp_path / "books")
    for row in FINDINGS:
        delta = row["actual_cents"] - row["expected_cents"] if "actual_cents" in row else None
        same = {"period": APRIL, "rule": "undercharge", "severity": "critical", "what_to_do": "Ask."}
        row = same | {"delta_cents": delta} | row
        books.marts.execute(
            f"insert into reconciliation.anomalies ({', '.join(row)}) values ({', '.join('?' * len(row))})",
            list(row.values()),
        )
    make_tables(books.marts, APRIL)
    controls = write_tables(books.marts, tmp_path)
    rows = [(row["tenant_name"], row["currency"], row["what_to_do"]) for row in of_csv(tmp_path / "anomalies.csv")]
    assert rows == [
        ("'=Acme", "AUD", "Ask."),
        ("Birch", "AUD", "Ask."),
        ("Cedar", "USD", "Ask."),
        ("", "", "Ask."),
        ("", "", "Ask."),
    ]
    assert next(iter(of_parquet(tmp_path / "anomalies.parquet")))["tenant_name"] == "=Acme"
    assert controls["anomalies.csv"].rows == len(FINDINGS)
    assert controls["anomalies.csv"].cents == {
        "AUD": {"expected_cents": 105, "actual_cents": 130, "delta_cents": 25},
        "USD": {"expected_cents": 0, "actual_cents": 7, "delta_cents": 7},
    }
