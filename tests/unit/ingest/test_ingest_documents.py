"""JSON beside or instead of rows: the provider's answers, and what an analytics export declares."""

import json
from datetime import date, datetime
from decimal import Decimal

import pytest

from python_assets.errors import UserError

UUID = "22737513-0ea7-4206-8ceb-98a575af7681"
PROVIDER_CSV = (
    "product,group_description,description,hours,start,end,USD,project_name,category\n"
    "Floating IPs,,Unused Floating IP - 1.1.1.1,100,2020-07-01 00:00:00 +0000,2020-07-22 18:14:39 +0000,$3.11,,iaas\n"
    "Taxes,,STATE SALES TAX (6.25%),,2020-07-01 00:00:00 +0000,2020-07-31 23:59:59 +0000,$0.16,,iaas\n"
)
ITEM = {
    "product": "Kubernetes Clusters",
    "resource_uuid": "711157cb-37c8-4817-b371-44fa3504a39c",
    "group_description": "my-doks-cluster",
    "description": "a56e086a317d8410c8b4cfd1f4dc9f82",
    "amount": "12.34",
    "duration": "744",
    "duration_unit": "Hours",
    "start_time": "2020-01-01T00:00:00Z",
    "end_time": "2020-02-01T00:00:00Z",
}


def test_providers_own_example_of_an_invoice(landing):
    landing.put("digitalocean_invoices", f"{UUID}.csv", PROVIDER_CSV)
    landing.ingest("digitalocean_invoices")
    columns = 'invoice_uuid, product, description, hours, "start", "end", USD, project_name, category, _row'
    assert landing.rows("digitalocean_invoices", columns) == [
        (
            UUID,
            "Floating IPs",
            "Unused Floating IP - 1.1.1.1",
            Decimal(100),
            datetime(2020, 7, 1),
            datetime(2020, 7, 22, 18, 14, 39),
            Decimal("3.11"),
            None,
            "iaas",
            0,
        ),
        (
            UUID,
            "Taxes",
            "STATE SALES TAX (6.25%)",
            None,
            datetime(2020, 7, 1),
            datetime(2020, 7, 31, 23, 59, 59),
            Decimal("0.16"),
            None,
            "iaas",
            1,
        ),
    ]


@pytest.mark.parametrize("is_quoted", [False, True])
def test_invoice_without_category_and_with_amounts_in_every_style(landing, is_quoted):
    amounts = ["$5.00", "-$5.00", "$-5.00", "($5.00)", '"$1,234.56"', "$x"]
    header = "product,group_description,description,hours,start,end,USD,project_name\n"
    amounts = amounts if is_quoted else [amount.replace(",", "").strip('"') for amount in amounts]
    row = "Droplets,,web-1,1,2020-04-01,2020-05-01,{},acme\n"
    landing.put("digitalocean_invoices", f"{UUID}.csv", header + "".join(map(row.format, amounts)))
    landing.ingest("digitalocean_invoices")
    usd = [amount for (amount,) in landing.rows("digitalocean_invoices", "USD")]
    assert usd == [Decimal(text) for text in ("5", "-5", "-5", "-5", "1234.56")]
    assert landing.quarantine() == [(7, "USD", "$x", "is not an amount in dollars")]


def test_column_invoice_uuid_in_the_csv_does_not_override_the_files_name(landing):
    text = "".join(
        f"{prefix},{line}\n"
        for prefix, line in zip(["invoice_uuid", "x", '"y"'], PROVIDER_CSV.splitlines(), strict=True)
    )
    landing.put("digitalocean_invoices", f"{UUID}.csv", text)
    landing.put("digitalocean_invoices", "other.csv", text.replace('"y"', "y"))
    landing.ingest("digitalocean_invoices")
    assert landing.rows("digitalocean_invoices", "invoice_uuid") == [(UUID,), (UUID,), ("other",), ("other",)]


def test_summary_of_an_invoice(landing):
    summary = {
        "invoice_uuid": UUID,
        "billing_period": "2020-01",
        "amount": "27.13",
        "user_name": "Sammy Shark",
        "product_charges": {"name": "Product usage charges", "amount": "12.34", "items": []},
        "taxes": {"name": "Taxes", "amount": "4.56"},
        "credits_and_adjustments": {"name": "Credits & adjustments", "amount": "-6.78"},
    }
    landing.put("digitalocean_invoices", f"{UUID}.summary.json", json.dumps(summary))
    landing.put("digitalocean_invoices", "b.summary.json", json.dumps({"amount": 27.123456}))
    (one, two) = landing.ingest("digitalocean_invoices")
    assert (one.table, one.rows_read, two.rows_accepted) == ("digitalocean_summaries", 1, 1)
    columns = "invoice_uuid, billing_period, amount, taxes_amount, credits_amount"
    assert landing.rows("digitalocean_summaries", columns) == [
        (UUID, date(2020, 1, 1), Decimal("27.13"), Decimal("4.56"), Decimal("-6.78")),
        ("b", None, Decimal("27.123456"), None, None),
    ]


@pytest.mark.parametrize(
    "document",
    [
        {"invoice_items": [ITEM, ITEM | {"amount": "x"}, "no item", ITEM], "links": {}, "meta": {"total": 6}},
        [ITEM, ITEM | {"amount": "x"}, "no item", ITEM],
        [{"invoice_items": [ITEM, ITEM | {"amount": "x"}]}, {"invoice_items": ["no item", ITEM]}],
    ],
    ids=["page", "list", "pages"],
)
def test_items_of_an_invoice_as_a_page_a_list_or_pages(landing, document):
    landing.put("digitalocean_invoices", f"{UUID}.items.json", json.dumps(document))
    (count,) = landing.ingest("digitalocean_invoices")
    assert (count.rows_read, count.rows_accepted, count.rows_quarantined) == (4, 2, 2)
    columns = "invoice_uuid, item_number, amount, duration, end_time"
    expected = (Decimal("12.34"), Decimal(744), datetime(2020, 2, 1))
    assert landing.rows("digitalocean_items", columns) == [(UUID, 1, *expected), (UUID, 4, *expected)]
    assert landing.quarantine() == [
        (2, "amount", "x", "is not an amount in dollars"),
        (3, None, "no item", "is not a JSON object"),
    ]


def test_balance(landing):
    balance = {
        "month_to_date_balance": "23.44",
        "account_balance": "-12.23",
        "month_to_date_usage": "11.21",
        "generated_at": "2019-07-09T15:01:12Z",
    }
    landing.put("digitalocean_balance", "any.json", json.dumps(balance))
    landing.ingest("digitalocean_balance")
    columns = "month_to_date_balance, account_balance, month_to_date_usage, generated_at"
    assert landing.rows("digitalocean_balance", columns) == [
        (Decimal("23.44"), Decimal("-12.23"), Decimal("11.21"), datetime(2019, 7, 9, 15, 1, 12))
    ]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.summary.json", "[]", "is not an invoice summary: it must be a JSON object"),
        ("a.summary.json", "{", "is not JSON: line 1"),
        ("a.summary.json", '{"amount": NaN}', "is not JSON"),
        ("a.items.json", "3", "is not a page of invoice items: it must be a JSON object"),
        ("a.items.json", "{}", "is no page of invoice items: 'invoice_items' is missing"),
        ("a.items.json", "[" * 100_000, "is not JSON"),
    ],
)
def test_document_that_is_none_fails_the_feed(landing, name, content, message):
    landing.put("digitalocean_invoices", name, content)
    with pytest.raises(UserError) as error:
        landing.ingest("digitalocean_invoices")
    assert str(error.value) == f"landing/digitalocean_invoices/period=2026-04/{name}: {message}"


EXPORT = "age,e_mail,age\n31,secret@example.com,1\n\n32\n33,secret@example.com,3\n34,x,secret@example.com,5\n"


def exports(landing):
    return landing.rows("analytics_exports", "export_id, k, quasi_identifiers, column_names, row_count")


def test_export_tells_its_shape_and_what_it_declares(landing):
    landing.put("analytics_exports", "x.csv", EXPORT)
    landing.put("analytics_exports", "x.json", '{"quasi_identifiers": ["age", "post\\"code"], "k": 11}')
    landing.put("analytics_exports", "y.csv", "a\n1\n")
    counts = landing.ingest("analytics_exports")
    assert exports(landing) == [
        ("x", 11, ["age", 'post"code'], ["age", "e_mail", "age"], 2),
        ("y", None, None, ["a"], 1),
    ]
    assert [(c.file, c.rows_read, c.rows_accepted, c.rows_quarantined) for c in counts] == [
        ("x.csv", 4, 2, 2),
        ("x.json", 1, 1, 0),
        ("y.csv", 1, 1, 0),
    ]


def test_no_cell_of_an_export_is_copied_anywhere(landing):
    landing.put("analytics_exports", "x.csv", EXPORT + '"secret@example.com"x\n')
    landing.ingest("analytics_exports")
    assert landing.quarantine("line, column_name, value") == [(4, None, None), (6, None, None), (7, None, None)]
    assert not any(b"secret" in path.read_bytes() for path in landing.home.raw.rglob("*") if path.is_file())


@pytest.mark.parametrize("k", ["0", "-1", '"x"', "1.5", "true", "1e2"])
def test_declaration_that_cannot_be_trusted_is_null_and_quarantined(landing, k):
    landing.put("analytics_exports", "x.csv", "a\n1\n")
    landing.put("analytics_exports", "x.json", f'{{"quasi_identifiers": "a", "k": {k}}}')
    counts = landing.ingest("analytics_exports")
    assert exports(landing) == [("x", None, None, ["a"], 1)]
    assert landing.quarantine("file, line, column_name, value") == [
        ("x.json", 1, "k", None),
        ("x.json", 1, "quasi_identifiers", None),
    ]
    assert [(c.rows_read, c.rows_quarantined) for c in counts] == [(1, 0), (1, 1)]


def test_export_is_read_again_when_its_declaration_comes_changes_or_goes(landing):
    landing.put("analytics_exports", "x.csv", "a\n1\n")
    landing.ingest("analytics_exports")
    path = landing.put("analytics_exports", "x.json", '{"k": 5}')
    landing.ingest("analytics_exports")
    assert exports(landing)[0][1] == 5
    path.write_text('{"k": 6}')
    landing.ingest("analytics_exports")
    assert exports(landing)[0][1] == 6
    path.unlink()
    assert [count.is_new for count in landing.ingest("analytics_exports")] == [True]
    assert exports(landing)[0][1] is None


def test_declaration_that_is_no_json_fails_the_feed_and_names_it(landing):
    landing.put("analytics_exports", "x.csv", "a\n1\n")
    landing.put("analytics_exports", "x.json", "k: 5")
    with pytest.raises(UserError, match=r"period=2026-04/x\.json: is not JSON"):
        landing.ingest("analytics_exports")
